"""The State of the business hours: the week, the holidays' place, and special days."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import reflex as rx

from cmhub.actor import Permission
from cmhub.cpu import cpu
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError, Invalid
from cmhub.services import hours
from cmhub.services.business_hours import Range
from cmhub.services.hours import Hours, SpecialDayView, minutes, written
from cmhub.state.asked import asked_id, entered
from cmhub.state.base import tell, told
from cmhub.state.marks import requires
from cmhub.state.settings import Fault
from cmhub.state.visit import current_actor, current_visit, place

_USUAL: Range = (9 * 60, 18 * 60)


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a day in the form; ``id`` names its two fields."""

    id: str
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class Weekday:
    """A day of the week in the form: closed when it has no spans. Monday is 0."""

    number: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """A country or region to choose."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class DayRow:
    """A special day or a public holiday in a list; ``hours`` is empty when it is closed."""

    id: str
    day: str
    name: str
    hours: str


def row_of(one: SpecialDayView) -> DayRow:
    """A special day as the list shows it."""
    spans = ", ".join(f"{_shown(begins)} – {_shown(ends)}" for begins, ends in one.ranges)
    return DayRow(str(one.id), one.day.isoformat(), one.name, spans)


def _shown(value: int) -> str:
    """A time as a field of a form shows it, where the end of the day is midnight."""
    return written(value % (24 * 60))


class HoursState(rx.State):
    """What the page of hours shows; typed times stay in their fields until they are saved."""

    always: rx.Field[bool] = rx.field(True)
    week: rx.Field[list[Weekday]] = rx.field(default_factory=list[Weekday])
    countries: rx.Field[list[Option]] = rx.field(default_factory=list[Option])
    regions: rx.Field[list[Option]] = rx.field(default_factory=list[Option])
    country: rx.Field[str] = rx.field("")
    region: rx.Field[str] = rx.field("")
    special: rx.Field[list[DayRow]] = rx.field(default_factory=list[DayRow])
    holidays: rx.Field[list[DayRow]] = rx.field(default_factory=list[DayRow])
    open: rx.Field[bool] = rx.field(False)
    opens_at: rx.Field[str] = rx.field("")
    closes_at: rx.Field[str] = rx.field("")
    fault: rx.Field[Fault] = rx.field(default_factory=Fault)
    faulty_day: rx.Field[int] = rx.field(-1)
    day_fault: rx.Field[Fault] = rx.field(default_factory=Fault)
    loaded: rx.Field[bool] = rx.field(False)
    version: rx.Field[int] = rx.field(0)
    special_version: rx.Field[int] = rx.field(0)

    _made: int = 0
    _removed: SpecialDayView | None = None

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def load(self) -> None:
        """Load the hours, the holidays and the special days."""
        self.fault, self.day_fault, self.faulty_day = Fault(), Fault(), -1
        language = current_visit().info.language
        self.countries = [Option(*one) for one in await cpu(hours.countries, language)]
        await self._read()

    async def _read(self) -> None:
        found = await self._found()
        self._show(found)
        self.always, self.country, self.region = found.week is None, found.country, found.region
        self.regions = [Option(*one) for one in await cpu(hours.regions, found.country)]
        usual = tuple((_USUAL,) if day < 5 else () for day in range(7))
        self.week = [
            Weekday(number, tuple(self._span(one) for one in ranges))
            for number, ranges in enumerate(found.week or usual)
        ]
        self.loaded, self.version = True, self.version + 1

    async def _found(self) -> Hours:
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            return await hours.read_hours(
                session, actor, place(), language=current_visit().info.language,
                now=datetime.now(UTC),
            )  # fmt: skip

    def _show(self, found: Hours) -> None:
        self.special = [row_of(one) for one in found.special]
        self.holidays = [DayRow("", one.day.isoformat(), one.name, "") for one in found.holidays]
        self.open = found.open
        self.opens_at = found.opens_at.isoformat() if found.opens_at else ""
        self.closes_at = found.closes_at.isoformat() if found.closes_at else ""

    def _span(self, one: Range) -> Span:
        self._made += 1
        return Span(str(self._made), _shown(one[0]), _shown(one[1]))

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    async def choose_always(self, value: str) -> None:
        """Answer around the clock, or in business hours."""
        self.always = value == "always"

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    async def add_span(self, number: int) -> None:
        """Open a day once more: in the morning when it was closed, else in the evening."""
        self.week = [
            replace(day, spans=(*day.spans, self._span(_USUAL if not day.spans else (1140, 1260))))
            if day.number == number and len(day.spans) < hours.MOST_RANGES
            else day
            for day in self.week
        ]

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    async def remove_span(self, number: int, span_id: str) -> None:
        """Take a range off a day."""
        self.week = [
            replace(day, spans=tuple(one for one in day.spans if one.id != span_id))
            if day.number == number
            else day
            for day in self.week
        ]

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def choose_country(self, value: str) -> None:
        """Offer the regions of a country."""
        self.country, self.region = value, ""
        self.regions = [Option(*one) for one in await cpu(hours.regions, value)]

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def save(self, form: dict[str, Any]) -> None:
        """Save the hours; what cannot be used is told at its day."""
        self.fault, self.faulty_day = Fault(), -1
        actor = current_actor().within(place())
        try:
            week = None if self.always else [self._typed(day, form) for day in self.week]
            async with unit_of_work(actor) as session:
                await hours.save_hours(
                    session, actor, place(), week=week, country=entered(form, "country"),
                    region=entered(form, "region"),
                )  # fmt: skip
        except Invalid as error:
            self.fault = Fault(error.key, dict(error.params))
            return
        self.faulty_day = -1
        await self._read()
        await tell(self, "hours.saved")

    def _typed(self, day: Weekday, form: dict[str, Any]) -> tuple[Range, ...]:
        """The ranges of a day as they stand in the form; a fault is that day's."""
        self.faulty_day = day.number
        return hours.checked(
            [
                (
                    minutes(entered(form, f"opens-{one.id}")),
                    minutes(entered(form, f"closes-{one.id}"), end=True),
                )
                for one in day.spans
            ]
        )

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def add_day(self, form: dict[str, Any]) -> None:
        """Give a day hours of its own, or close it."""
        self.day_fault = Fault()
        actor = current_actor().within(place())
        try:
            day, ranges = _day(entered(form, "day")), _ranges(form)
            async with unit_of_work(actor) as session:
                await hours.add_special_day(
                    session, actor, place(), day=day, name=entered(form, "day_name"), ranges=ranges
                )
        except CMHubError as error:
            self.day_fault = Fault(error.key, dict(error.params))
            return
        self.special_version += 1
        self._show(await self._found())
        await tell(self, "hours.day.added")

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def remove_day(self, special_day_id: str) -> None:
        """Take a special day away, and offer to take that back."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            self._removed = await hours.remove_special_day(
                session, actor, place(), _id(special_day_id)
            )
        self._show(await self._found())
        await tell(self, "hours.day.removed", undo=True)

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def undo(self) -> None:
        """Put the special day back that was removed last."""
        removed, self._removed = self._removed, None
        if removed is None:
            raise Invalid("filter")
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await hours.add_special_day(
                session, actor, place(), day=removed.day, name=removed.name, ranges=removed.ranges
            )
        self._show(await self._found())
        await tell(self, "hours.day.restored")


def _id(value: str) -> UUID:
    found = asked_id({"id": value}, "id")
    if found is None:
        raise Invalid("filter")
    return found


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Invalid("day") from None


def _ranges(form: dict[str, Any]) -> tuple[Range, ...]:
    """The hours of a special day; none when both fields are empty."""
    opens, closes = entered(form, "day_opens"), entered(form, "day_closes")
    if not opens and not closes:
        return ()
    return ((minutes(opens), minutes(closes, end=True)),)
