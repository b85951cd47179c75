"""The business hours: the week, public holidays by country and region, special days."""

from typing import Any

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import button, icon_button, skeleton_card
from cmhub.components.form import field, text_field
from cmhub.components.icons import icon
from cmhub.components.shell import page
from cmhub.components.text import said, t, when
from cmhub.components.ways import tabs
from cmhub.pages.settings import part, told_fault
from cmhub.state.base import SessionState
from cmhub.state.hours import DayRow, HoursState, Option, Span, Weekday

_ZONE = SessionState.workspace_zone
_DAY = {"weekday": "long", "day": "numeric", "month": "long", "year": "numeric"}
_SOON = {"weekday": "long", "hour": "2-digit", "minute": "2-digit"}


def hours() -> rx.Component:
    """Show the business hours."""
    state = HoursState
    return page(
        tabs("hours"),
        rx.cond(
            state.loaded,
            rx.el.div(
                rx.el.form(
                    _week(),
                    _place(),
                    rx.el.div(
                        button(t("hours.save"), kind="primary", type="submit"),
                        class_name="form-foot",
                    ),
                    key=state.version.to(str),
                    on_submit=state.save,
                    class_name="contents",
                ),
                _special(),
                _holidays(),
                class_name="document",
            ),
            rx.el.div(skeleton_card("h-64"), skeleton_card("h-20"), class_name="document"),
        ),
        here="settings",
        title=t("settings.title"),
        line=rx.cond(state.loaded, _now(), ""),
        on_undo=state.undo,
    )


def _now() -> Var[Any]:
    state = HoursState
    opened = rx.cond(
        state.closes_at != "",
        t("hours.open", time=when(state.closes_at, _ZONE, **_SOON)),
        t("hours.open.always"),
    )
    closed = rx.cond(
        state.opens_at != "",
        t("hours.closed", time=when(state.opens_at, _ZONE, **_SOON)),
        t("hours.closed.never"),
    )
    return rx.cond(state.open, opened, closed)


def _week() -> rx.Component:
    state = HoursState
    return part(
        t("hours.week.title"),
        t("hours.week.line", zone=_ZONE),
        rx.el.fieldset(
            rx.el.legend(t("hours.week.title"), class_name="sr-only"),
            _choice("always", t("hours.always"), state.always),
            _choice("hours", t("hours.some"), ~state.always),
            class_name="flex flex-col",
        ),
        rx.cond(
            state.always,
            rx.fragment(),
            rx.el.div(rx.foreach(state.week, _weekday), class_name="week"),
        ),
    )


def _choice(value: str, words: Var[str], chosen: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio", name="always", value=value, default_checked=chosen,
            on_change=HoursState.choose_always(value), class_name="radio radio-sm",
        ),
        words,
        class_name="flex items-center gap-2 py-1",
    )  # fmt: skip


def _weekday(day: ObjectVar[Weekday]) -> rx.Component:
    state = HoursState
    name = said("hours.day." + day.number.to(str))
    wrong = told_fault(state.fault)
    return rx.el.div(
        rx.el.p(name, class_name="font-medium pt-2"),
        rx.el.div(
            rx.cond(
                day.spans.length() > 0,
                rx.foreach(day.spans, lambda one: _span(one, day, name)),
                rx.el.p(t("hours.day.closed"), class_name="text-muted py-2"),
            ),
            rx.cond(
                state.faulty_day == day.number,
                rx.el.p(
                    icon("circle-alert"), wrong, role="alert",
                    class_name="flex items-center gap-1 text-sm text-error",
                ),
            ),
            class_name="flex flex-col gap-2 min-w-0",
        ),
        icon_button(
            t("hours.span.add", day=name), "plus", on_click=state.add_span(day.number)
        ),
        key=day.number.to(str),
        class_name="weekday",
    )  # fmt: skip


def _span(one: ObjectVar[Span], day: ObjectVar[Weekday], name: Var[str]) -> rx.Component:
    return rx.el.div(
        _time("opens-" + one.id.to(str), t("hours.opens", day=name), one.opens),
        rx.el.span("–", aria_hidden="true"),
        _time("closes-" + one.id.to(str), t("hours.closes", day=name), one.closes),
        icon_button(
            t("hours.span.remove", day=name), "x", "btn-sm",
            on_click=HoursState.remove_span(day.number, one.id),
        ),
        key=one.id.to(str),
        class_name="flex items-center gap-2",
    )  # fmt: skip


def _time(name: Any, label: Var[str], value: Any) -> rx.Component:
    return rx.el.input(
        type="time", name=name, default_value=value, required=True, aria_label=label,
        class_name="input time",
    )  # fmt: skip


def _place() -> rx.Component:
    state = HoursState
    wrong = rx.cond(state.faulty_day == -1, told_fault(state.fault), "").to(str)
    return part(
        t("hours.place.title"),
        t("hours.place.line"),
        _select(
            "country", t("hours.country"), state.countries, t("hours.country.none"), state.country,
            error=wrong, on_change=state.choose_country,
        ),
        rx.cond(
            state.regions.length() > 0,
            _select(
                "region", t("hours.region"), state.regions, t("hours.region.none"), state.region,
                key=state.country,
            ),
        ),
    )  # fmt: skip


def _select(
    name: str, label: Var[str], options: Any, none: Var[str], chosen: Var[Any], *,
    error: Any = "", **props: Any,
) -> rx.Component:  # fmt: skip
    box = rx.el.select(
        rx.el.option(none, value=""),
        rx.foreach(options.to(list[Option]), lambda one: rx.el.option(
            one.name, value=one.value, key=one.value
        )),
        id=name, name=name, default_value=chosen, class_name="select w-full", **props,
    )  # fmt: skip
    return field(name, label, box, error=error)


def _special() -> rx.Component:
    state = HoursState
    wrong = told_fault(state.day_fault)
    return part(
        t("hours.special.title"),
        t("hours.special.line"),
        rx.cond(
            state.special.length() > 0,
            rx.el.ul(rx.foreach(state.special, _special_row), class_name="rows"),
        ),
        rx.el.form(
            rx.el.div(
                text_field("day", t("hours.special.day"), type="date", required=True),
                text_field("day_name", t("hours.special.name"), max_length=120, required=True),
                text_field("day_opens", t("hours.special.opens"), type="time"),
                text_field("day_closes", t("hours.special.closes"), type="time"),
                class_name="special-fields",
            ),
            rx.el.p(t("hours.special.hint"), class_name="text-sm text-muted"),
            rx.cond(
                wrong != "",
                rx.el.p(
                    icon("circle-alert"), wrong, role="alert",
                    class_name="flex items-center gap-1 text-sm text-error",
                ),
            ),
            button(t("hours.special.add"), type="submit", class_name="self-start"),
            key=state.special_version.to(str),
            on_submit=state.add_day,
            class_name="flex flex-col gap-3",
        ),
    )  # fmt: skip


def _special_row(one: ObjectVar[DayRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(one.name, class_name="font-medium truncate"),
            rx.el.p(
                _date(one), " · ", rx.cond(one.hours != "", one.hours, t("hours.day.closed")),
                class_name="text-sm text-muted",
            ),
            class_name="min-w-0 grow",
        ),
        button(
            t("hours.special.remove"), kind="quiet", class_name="btn-sm",
            on_click=HoursState.remove_day(one.id),
        ),
        key=one.id,
        class_name="flex flex-wrap items-center gap-3 py-3",
    )  # fmt: skip


def _holidays() -> rx.Component:
    return rx.cond(
        HoursState.holidays.length() > 0,
        part(
            t("hours.holidays.title"),
            t("hours.holidays.line"),
            rx.el.ul(
                rx.foreach(
                    HoursState.holidays,
                    lambda one: rx.el.li(
                        rx.el.span(one.name, class_name="grow min-w-0"),
                        rx.el.span(_date(one), class_name="text-muted"),
                        key=one.day + one.name,
                        class_name="flex flex-wrap gap-x-4 py-2",
                    ),
                ),
                class_name="rows",
            ),
        ),
    )


def _date(one: ObjectVar[DayRow]) -> Var[str]:
    return when(one.day.to(str) + "T12:00:00Z", "UTC", **_DAY)
