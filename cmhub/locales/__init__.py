"""The words on screen and in mails, in every language.

A text is a string with ``{name}`` places, or a mapping of plural forms of the parameter ``n``.
Its key begins with its area, which is the name of its file: ``inbox.title`` in ``inbox.json``.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from babel.core import Locale
from babel.numbers import format_decimal

LANGUAGES = ("en", "fr")
DEFAULT_LANGUAGE = "en"
_FOLDER = Path(__file__).parent

Text = str | dict[str, str]


class _Forgiving(Formatter):
    """Leaves a place without a value empty: a missing word must not cost the whole page."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> object:
        return kwargs.get(key, "") if isinstance(key, str) else ""


_FORMATTER = _Forgiving()


@cache
def catalogue(language: str) -> dict[str, Text]:
    """Return every text of the language by key; English for a language we do not speak."""
    folder = _FOLDER / known_language(language)
    found: dict[str, Text] = {}
    for path in sorted(folder.glob("*.json")):
        found.update(json.loads(path.read_text(encoding="utf-8")))
    return found


def known_language(language: str | None) -> str:
    """Return the language when we speak it, else the default: ``fr-CA`` is ``fr``."""
    short = (language or "").replace("_", "-").split("-", 1)[0].lower()
    return short if short in LANGUAGES else DEFAULT_LANGUAGE


def preferred_language(accept: str | None) -> str:
    """Return the first language we speak of an ``Accept-Language`` header, by its weights."""
    wanted: list[tuple[float, str]] = []
    for position, part in enumerate((accept or "").split(",")):
        name, _, weight = part.strip().partition(";q=")
        short = name.split("-", 1)[0].lower()
        if short in LANGUAGES:
            wanted.append((-_weight(weight) + position / 10_000, short))
    return min(wanted)[1] if wanted else DEFAULT_LANGUAGE


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def text(key: str, language: str, **params: object) -> str:
    """Return the text, filled in; the key itself when there is no such text.

    Numbers are written as the language writes them; ``n`` chooses the plural form.
    """
    language = known_language(language)
    found = catalogue(language).get(key, key)
    if isinstance(found, dict):
        found = found.get(plural_form(language, params.get("n", 0)), found["other"])
    shown = {name: _shown(value, language) for name, value in params.items()}
    return _FORMATTER.vformat(found, (), shown) if "{" in found else found


def plural_form(language: str, n: object) -> str:
    """Return the plural form (``one``, ``many``, ``other``) that the language uses for a number."""
    count = n if isinstance(n, int | float) else 0
    return _locale(language).plural_form(count)


def plural_forms(language: str) -> frozenset[str]:
    """Return every plural form that the language has; French ``many`` begins at a million."""
    return frozenset({*_locale(language).plural_form.rules, "other"})


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


def _shown(value: object, language: str) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format_decimal(value, locale=_locale(language))
    return str(value)
