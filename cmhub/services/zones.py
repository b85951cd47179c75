"""The time zones to choose from, by part of the world, as the reader's language names them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.dates import get_timezone_location

from cmhub.locales import text

_FIRST = "Europe"


@dataclass(frozen=True, slots=True)
class Zone:
    """One time zone: its IANA name, its city with how far it is from UTC, its former names.

    Browsers still say some of those, as ``Asia/Calcutta``; they are parted by spaces.
    """

    name: str
    label: str
    also: str


@cache
def _names() -> tuple[str, ...]:
    """The zones of the IANA table: each place once, without names of the past."""
    table = (files("tzdata.zoneinfo") / "zone.tab").read_text(encoding="utf-8")
    lines = [line for line in table.splitlines() if line and not line.startswith("#")]
    return tuple(sorted(line.split("\t")[2] for line in lines))


def zones(language: str, chosen: str, now: datetime | None = None) -> dict[str, list[Zone]]:
    """Return zones by part of the world, Europe first; ``chosen`` is among them in any case."""
    found: dict[str, list[Zone]] = {}
    for name in dict.fromkeys((*_names(), "UTC", chosen or "UTC")):
        found.setdefault(_part(name, language), []).append(
            _zone(name, language, now or datetime.now(UTC))
        )
    first = text(f"web.zone.{_FIRST}", language)
    return dict(sorted(found.items(), key=lambda part: (part[0] != first, part[0])))


def _zone(name: str, language: str, now: datetime) -> Zone:
    label = f"{_city(name, language)} ({_offset(name, now)})"
    return Zone(name, label, " ".join(_former_names().get(name, ())))


@cache
def _former_names() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for former, present in get_global("zone_aliases").items():
        found.setdefault(present, []).append(former)
    return found


def present_name(zone: str) -> str:
    """Return what a time zone is called now: ``Asia/Calcutta`` became ``Asia/Kolkata``."""
    return get_global("zone_aliases").get(zone, zone)


def _part(name: str, language: str) -> str:
    part = name.partition("/")[0] if "/" in name else "Other"
    key = f"web.zone.{part}"
    found = text(key, language)
    return found if found != key else text("web.zone.Other", language)


@cache
def _city(name: str, language: str) -> str:
    if "/" not in name:
        return name
    return get_timezone_location(ZoneInfo(name), locale=language, return_city=True)


def _offset(name: str, now: datetime) -> str:
    away = now.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
    minutes = int(away.total_seconds() // 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "−"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
