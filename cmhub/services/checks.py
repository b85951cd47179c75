"""What people type, cleaned and judged before anything is done with it."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from secrets import token_hex
from zoneinfo import available_timezones

import idna

from cmhub.errors import Invalid
from cmhub.locales import known_language

LONGEST_EMAIL = 254
LONGEST_NAME = 120
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200

_LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LONGEST_LOCAL_PART = 64
# Letters that are no letter with an accent, and so do not fold by decomposition.
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})
_DIRECTIONS = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_LONGEST_SLUG = 40


class InvalidForm(Invalid):
    """Several values at once cannot be used; ``faults`` tells of each, by the field's name."""

    def __init__(self, faults: Mapping[str, Invalid]) -> None:
        first = next(iter(faults.values()))
        params = {name: value for name, value in first.params.items() if name != "reason"}
        super().__init__(str(first.params["reason"]), **params)
        self.faults = dict(faults)


def check_all(**checks: Callable[[], str]) -> dict[str, str]:
    """Return what each check returns, by name, so that a form tells all its faults at once.

    Raises:
        InvalidForm: at least one of them raised Invalid.
    """
    good: dict[str, str] = {}
    faults: dict[str, Invalid] = {}
    for name, check in checks.items():
        try:
            good[name] = check()
        except Invalid as fault:
            faults[name] = fault
    if faults:
        raise InvalidForm(faults)
    return good


def clean_name(value: str, missing: str) -> str:
    """Return a name on one line, without characters that cannot be seen.

    Raises:
        Invalid: it is empty (the reason is ``missing``) or longer than 120 characters.
    """
    seen = "".join(
        " " if unicodedata.category(character) in ("Cc", "Cs") else character
        for character in unicodedata.normalize("NFC", value)
        if character not in _DIRECTIONS
    )
    name = " ".join(seen.split())
    if not name:
        raise Invalid(missing)
    if len(name) > LONGEST_NAME:
        raise Invalid("too_long", most=LONGEST_NAME)
    return name


def clean_email(value: str) -> str:
    """Return an e-mail address in lower case, its domain as the DNS writes it.

    Raises:
        Invalid: it is empty or no address.
    """
    address = unicodedata.normalize("NFC", value).strip().lower()
    if not address:
        raise Invalid("email_missing")
    local, _, domain = address.rpartition("@")
    if not _LOCAL_PART.fullmatch(local) or len(local) > _LONGEST_LOCAL_PART or "." not in domain:
        raise Invalid("email_wrong")
    try:
        address = f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except (idna.IDNAError, UnicodeError):
        raise Invalid("email_wrong") from None
    if len(address) > LONGEST_EMAIL:
        raise Invalid("email_wrong")
    return address


def clean_password(value: str) -> str:
    """Return a password as it is hashed: the same keys give the same text on every system."""
    return unicodedata.normalize("NFKC", value)


def check_password(value: str, email: str) -> str:
    """Return a new password, cleaned.

    Raises:
        Invalid: it is shorter than 10 or longer than 200 characters, or the e-mail address.
    """
    password = clean_password(value)
    if not password:
        raise Invalid("password_missing")
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid("password_short", least=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise Invalid("password_long", most=LONGEST_PASSWORD)
    if password.casefold().strip() == email.strip().casefold():
        raise Invalid("password_email")
    return password


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_zone(value: str) -> str:
    """Return the name of a time zone, as IANA writes it.

    Raises:
        Invalid: there is no such zone.
    """
    if value not in _zones():
        raise Invalid("zone_unknown")
    return value


def usual_zone(value: str) -> str:
    """Return the time zone, or UTC when the browser gave none that we know."""
    return value if value in _zones() else "UTC"


def clean_language(value: str) -> str:
    """Return the language when we speak it, else English."""
    return known_language(value)


def folded(words: str) -> str:
    """Return words in lower case and without accents, as they are sought: ``Été`` is ``ete``."""
    apart = unicodedata.normalize("NFKD", words.lower().translate(_LIGATURES))
    return "".join(mark for mark in apart if not unicodedata.combining(mark))


def slug_of(name: str, otherwise: str) -> str:
    """Return a name as it can stand in an address: ``L’Œil d’été`` is ``l-oeil-d-ete``."""
    plain = re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")
    return plain[:_LONGEST_SLUG].rstrip("-") or otherwise


def slugs_for(name: str, otherwise: str) -> Iterator[str]:
    """Give addresses to try for a name, the most readable first; the last ones are never taken."""
    slug = slug_of(name, otherwise)
    yield slug
    for number in range(2, 12):
        yield f"{slug}-{number}"
    while True:
        yield f"{slug}-{token_hex(3)}"
