"""Text on screen is in both languages, whole and well set."""

import re
from pathlib import Path

import pytest

from cmhub.locales import LANGUAGES, catalogue, plural_forms, preferred_language, text

FOLDER = Path(__file__).resolve().parents[1] / "cmhub"
USED = re.compile(r"""\b(?:t|text)\(\s*["']([a-z_]+\.[a-z0-9_.]+)["']""")
PLACE = re.compile(r"\{(\w+)\}")
TWO = {"!", "?", ";", ":", "»"}


def _phrases(language: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, words in catalogue(language).items():
        found += [(key, one) for one in ([words] if isinstance(words, str) else words.values())]
    return found


def test_both_languages_have_the_same_texts() -> None:
    assert catalogue("en").keys() == catalogue("fr").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_begins_with_the_name_of_its_file(language: str) -> None:
    for path in (FOLDER / "locales" / language).glob("*.json"):
        keys = re.findall(r'^  "([^"]+)":', path.read_text(encoding="utf-8"), re.MULTILINE)
        assert all(key.startswith(f"{path.stem}.") for key in keys), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_are_complete(language: str) -> None:
    # French says *many* from a million on; *other* stands in where it is not given.
    needed = plural_forms(language) - {"many"}
    for key, words in catalogue(language).items():
        if isinstance(words, dict):
            assert needed <= words.keys() <= plural_forms(language), key


def test_both_languages_fill_in_the_same_places() -> None:
    for key, english in catalogue("en").items():
        french = catalogue("fr")[key]
        assert type(english) is type(french), key
        assert set(PLACE.findall(str(english))) == set(PLACE.findall(str(french))), key


def test_every_text_that_is_used_exists() -> None:
    known = catalogue("en").keys()
    for path in FOLDER.rglob("*.py"):
        for key in USED.findall(path.read_text(encoding="utf-8")):
            assert key in known, f"{path.name}: {key}"


def test_french_is_set_as_french() -> None:
    for key, words in _phrases("fr"):
        assert "'" not in words, f"{key}: the apostrophe is ’"
        assert "!" not in words, f"{key}: no exclamation marks"
        for found in re.finditer(r"(.)([;:?»])(?=\s|$)", words):
            assert found[1] in "\u00a0\u202f", f"{key}: a no-break space belongs before {found[2]}"
        assert not re.search("«[^\u00a0\u202f]", words), f"{key}: and one after «"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_shouts_or_begs(language: str) -> None:
    for key, words in _phrases(language):
        assert not re.search(r"!|\b(successfully|please|avec succès)\b", words, re.IGNORECASE), key


def test_it_chooses_the_plural_and_writes_numbers_as_the_language_does() -> None:
    assert text("app.waiting", "en", n=1) == "1 waiting"
    assert text("app.waiting", "fr", n=1500) == "1\u202f500 en attente"
    assert text("app.new", "fr", n=0) == "0 nouveau"
    assert text("app.new", "fr", n=2_000_000).endswith("nouveaux")


def test_it_leaves_an_unknown_text_and_a_missing_value_readable() -> None:
    assert text("app.nonsense", "en") == "app.nonsense"
    assert text("app.waiting", "de", n=3) == "3 waiting"
    assert preferred_language("fr;q=oops, en") == "en"


def test_every_expected_failure_has_its_sentence() -> None:
    raised = re.compile(r"\b(Invalid|Conflict|NotReady)\(\s*\"([a-z_.]+)\"")
    areas = {"Invalid": "invalid", "Conflict": "conflict", "NotReady": "not_ready"}
    for folder in ("services", "state", "web", "jobs"):
        for path in (FOLDER / folder).rglob("*.py"):
            for kind, reason in raised.findall(path.read_text(encoding="utf-8")):
                key = f"error.{areas[kind]}.{reason}"
                assert key in catalogue("en"), f"{path.name}: {key}"
