"""Pages and mails that are made on the server: Jinja with escaping, and our own words."""

import hashlib
import re
from functools import cache, partial
from pathlib import Path

from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from cmhub.config import PROJECT
from cmhub.locales import text

_WHOLE = {"en": "¤#,##0", "fr": "#,##0\xa0¤"}
_WEB = Path(__file__).parent / "web"
STATIC = _WEB / "static"
_THEME = re.compile(r'\[data-theme="(cmhub|cmhub-dark)"\] \{\n(.*?)\n\}', re.DOTALL)


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(_WEB / "templates"),
        autoescape=select_autoescape(["html"], default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["static"] = static_address
    found.filters["euros"] = _euros
    return found


def _euros(cents: int, language: str) -> str:
    """An amount of euros as the language writes it, without cents where there are none."""
    whole = cents % 100 == 0
    return format_currency(
        cents / 100, "EUR", locale=language, format=None if not whole else _WHOLE[language],
        currency_digits=False,
    )  # fmt: skip


def render(template: str, language: str, **values: object) -> str:
    """Return the filled-in template; in it, ``t(key, …)`` is a text of the language."""
    words = partial(text, language=language)
    return _environment().get_template(template).render(t=words, language=language, **values)


@cache
def static_file(name: str) -> bytes:
    """Return one of our own small files for pages without Reflex: `site.css`, `site.js`, pictures.

    The colours of the style sheet are those of the application's, so that there is one source.
    """
    content = (STATIC / name).read_bytes()
    return _colours().encode() + content if name.endswith(".css") else content


def _colours() -> str:
    source = (PROJECT / "assets" / "cmhub.css").read_text(encoding="utf-8")
    theme = dict(_THEME.findall(source))
    light, dark = theme["cmhub"], theme["cmhub-dark"]
    return (
        f":root {{\n{light}\n}}\n"
        f"@media (prefers-color-scheme: dark) {{\n:root:not([data-theme]) {{\n{dark}\n}}\n}}\n"
        f'[data-theme="cmhub-dark"] {{\n{dark}\n}}\n'
    )


@cache
def static_address(name: str) -> str:
    """Return where `static_file` is served; the digest in it lets browsers keep it for ever."""
    stem, _, kind = name.partition(".")
    return f"/static/{stem}-{hashlib.sha256(static_file(name)).hexdigest()[:16]}.{kind}"
