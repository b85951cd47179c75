"""Times as people and products write them, in French and English."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from cmhub.services.importing.source import BadLine
from cmhub.services.importing.words import folded

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "janvier", "janv", "jan"),
            ("february", "fevrier", "fevr", "fev", "feb"),
            ("march", "mars", "mar"),
            ("april", "avril", "avr", "apr"),
            ("may", "mai"),
            ("june", "juin", "jun"),
            ("july", "juillet", "juil", "jul"),
            ("august", "aout", "aug"),
            ("september", "septembre", "sept", "sep"),
            ("october", "octobre", "oct"),
            ("november", "novembre", "nov"),
            ("december", "decembre", "dec"),
        ),
        1,
    )
    for name in names
}
_CLOCK = (
    r"(?:[\s,]*(?:a|at|-)?[\s,]*(?P<hour>\d{1,2})(?:\s*[:h]\s*(?P<minute>\d{2}))?\s*h?"
    r"(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>am|pm|a\.m\.|p\.m\.)?"
    r"\s*(?P<zone>z|utc|gmt)?)?"
)
_SLASHED = re.compile(r"(?P<one>\d{1,2})[/.\-](?P<two>\d{1,2})[/.\-](?P<year>\d{4})" + _CLOCK)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[/.](?P<two>\d{1,2})[/.](?P<one>\d{1,2})" + _CLOCK)
_DAY_MONTH = re.compile(
    r"(?:[a-z]+\.?,?\s+)?(?P<one>\d{1,2})(?:er|st|nd|rd|th)?[\s\-]+(?P<name>[a-z]+)\.?,?[\s\-]+"
    r"(?P<year>\d{4})" + _CLOCK
)
_MONTH_DAY = re.compile(
    r"(?:[a-z]+,\s+)?(?P<name>[a-z]+)\.?\s+(?P<one>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})"
    + _CLOCK
)
_SECONDS = re.compile(r"\d{9,10}(?:\.\d+)?")
_MILLISECONDS = re.compile(r"\d{12,13}")
_AMERICAN = re.compile(r"\d\s*(?:am|pm|a\.m\.|p\.m\.)\b")


def is_month_first(samples: list[str]) -> bool:
    """Whether dates such as 03/04/2026 begin with the month.

    A number over 12 tells; without one a clock of twelve hours does, and else the day is first.
    """
    american = False
    for sample in samples:
        found = _SLASHED.match(folded(sample))
        if found is None:
            continue
        if int(found["one"]) > 12:
            return False
        if int(found["two"]) > 12:
            return True
        american = american or bool(_AMERICAN.search(folded(sample)))
    return american


def moment_of(written: str, zone: ZoneInfo, *, month_first: bool = False) -> datetime:
    """The moment that is meant, in UTC; without a zone of its own it is in ``zone``.

    Raises:
        BadLine: no known way of writing a time, or none that exists.
    """
    text = written.strip()
    if not text:
        raise BadLine("the date is missing")
    try:
        found = _iso(text) or _number(text) or _worded(folded(text), month_first) or _mail(text)
    except (ValueError, OverflowError, OSError):
        found = None
    if found is None:
        raise BadLine(f"not a date: {text[:60]}")
    try:
        aware = found if found.tzinfo is not None else found.replace(tzinfo=zone)
        moment = aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadLine(f"not a date: {text[:60]}") from None
    if not 1970 <= moment.year <= 9000:
        raise BadLine("the date is out of range")
    return moment


def _iso(text: str) -> datetime | None:
    if not text[:4].isdigit() or text[4:5] != "-":
        return None
    plain = re.sub(r"\s*(?:utc|gmt)$", "+00:00", text, flags=re.IGNORECASE)
    return datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", plain))


def _number(text: str) -> datetime | None:
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    if _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return None


def _worded(text: str, month_first: bool) -> datetime | None:
    for pattern in (_SLASHED, _YEAR_FIRST, _DAY_MONTH, _MONTH_DAY):
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        if "name" in parts:
            day, month = int(parts["one"]), _MONTHS.get(parts["name"], 0)
        else:
            day, month = int(parts["one"]), int(parts["two"])
            if month_first and pattern is _SLASHED:
                day, month = month, day
        return _at(int(parts["year"]), month, day, parts)
    return None


def _at(year: int, month: int, day: int, clock: dict[str, str | None]) -> datetime:
    hour = int(clock["hour"] or 0)
    half = (clock["half"] or "").replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half == "pm" else 0)
    minute, second = int(clock["minute"] or 0), int(clock["second"] or 0)
    made = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return made if clock["zone"] else made.replace(tzinfo=None)


def _mail(text: str) -> datetime | None:
    return parsedate_to_datetime(text)
