"""The language of what members write."""

from cmhub.services.languages import language_of


def test_a_language_is_told_by_its_small_words() -> None:
    assert language_of("Bonjour, où est la notice de montage ?") == "fr"
    assert language_of("Hello, where is the manual for this?") == "en"
    for words in ("", "👍", "OK 42", "xyzzy"):
        assert language_of(words) is None
