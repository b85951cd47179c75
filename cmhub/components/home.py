"""What both Homes are made of: lines that lead somewhere, and small trends."""

from collections.abc import Sequence
from typing import Any

import reflex as rx
from reflex.event import no_args_event_spec
from reflex.vars import ObjectVar, StringVar, Var

from cmhub.components.basics import link, surface
from cmhub.components.icons import icon
from cmhub.components.text import moment, said, t, when
from cmhub.state.home import Row
from cmhub.state.live import LiveState

_DAY = {"day": "numeric", "month": "long"}
_SYMBOLS = (("bad", "circle-alert"), ("warn", "clock-alert"), ("good", "circle-check"))


class _Follower(rx.Component):
    library = "$/public/home"
    tag = "Follower"
    changes: rx.Var[dict[str, int]]
    topics: rx.Var[list[str]]
    ready: rx.Var[bool]
    wait: rx.Var[float]
    on_change: rx.EventHandler[no_args_event_spec]


def follow(topics: Sequence[str], handler: Any, *, wait: float) -> rx.Component:
    """Run the handler when any of the topics changes, at most once in ``wait`` seconds."""
    return _Follower.create(
        changes=LiveState.changes,
        topics=list(topics),
        ready=rx.State.is_hydrated,
        wait=wait,
        on_change=handler,
    )


def severity_mark(severity: Any) -> rx.Component:
    """Show how bad something is, by shape and colour, and in words to who hears the page."""
    words = rx.match(
        severity,
        ("bad", t("home.severity.bad")),
        ("warn", t("home.severity.warn")),
        ("good", t("home.severity.good")),
        t("home.severity.info"),
    )
    return rx.el.span(
        rx.match(
            severity,
            *[(name, icon(symbol)) for name, symbol in _SYMBOLS],
            icon("dot"),
        ),
        rx.el.span(words, class_name="sr-only"),
        custom_attrs={"data-severity": severity},
        class_name="severity",
    )


def sentence(key: Any, params: Any, since: Any, zone: Any) -> StringVar[str]:
    """Return a line's sentence, with its day and its durations as the reader writes them."""
    given = params.to(dict)
    more = {
        "since": when(since.to(str), zone, **_DAY),
        "value_words": _duration(given, "value"),
        "usual_words": _duration(given, "usual"),
    }
    return said(key.to(str), given.merge(Var.create(more).to(dict)))


def _duration(params: Any, name: str) -> StringVar[str]:
    options = (
        f"{{style: 'unit', unit: {params!s}?.unit, unitDisplay: 'long', maximumFractionDigits: 1}}"
    )
    return Var(
        f"({params!s}?.unit ? globalThis.cmhub?.number({params!s}.{name}, {options}) : '')",
        _var_type=str,
        _var_data=params._get_all_var_data(),
    ).to(StringVar)


def lines(rows: Var[Any], base: StringVar, zone: Any) -> rx.Component:
    """List lines; each leads to what it tells of."""
    return rx.el.ul(rx.foreach(rows, lambda row: _line(row, base, zone)), class_name="home-lines")


def _line(row: ObjectVar[Row], base: StringVar, zone: Any) -> rx.Component:
    return rx.el.li(
        link(
            severity_mark(row.severity),
            rx.el.span(
                rx.el.span(
                    sentence(row.key, row.params, row.since, zone), class_name="font-medium"
                ),
                rx.cond(
                    row.note != "",
                    rx.el.span(
                        sentence(row.note, row.params, row.since, zone),
                        class_name="text-sm text-muted",
                    ),
                ),
                rx.cond(
                    row.detail != "",
                    rx.el.span(row.detail, dir="auto", class_name="text-muted line-clamp-2"),
                ),
                class_name="flex flex-col min-w-0 grow",
            ),
            rx.cond(
                row.settled,
                rx.el.span(t("home.settled"), class_name="home-when"),
                rx.cond((row.since != "") & (row.note == ""), moment(row.since, zone, "home-when")),
            ),
            to=base + "/" + row.address.to(str),
            class_name="home-line",
            custom_attrs={"data-settled": rx.cond(row.settled, "true", "false")},
        ),
        key=row.id,
    )


def block(title: Any, *content: Any, aside: Any = None, name: str) -> rx.Component:
    """Hold one part of Home under its heading."""
    return surface(
        rx.el.div(
            rx.el.h2(title, class_name="font-semibold"),
            aside if aside is not None else rx.fragment(),
            class_name="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1",
        ),
        *content,
        class_name=f"home-block home-{name}",
    )


def faults(found: Var[Any]) -> rx.Component:
    """Say what could not be looked at, so that silence is not taken for calm."""
    return rx.cond(
        found.to(list).length() > 0,
        rx.el.div(
            icon("circle-alert", 20),
            rx.el.div(
                rx.el.p(t("home.fault.title"), class_name="font-medium"),
                rx.el.ul(
                    rx.foreach(
                        found,
                        lambda one: rx.el.li(
                            t(
                                "home.fault.line",
                                area=said("home.area." + one.area.to(str)),
                                reference=one.reference,
                            ),
                            key=one.reference,
                        ),
                    )
                ),
            ),
            role="alert",
            class_name="fault",
        ),
    )
