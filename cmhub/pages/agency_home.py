"""Home of the agency: which client needs somebody, and why."""

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.asking import asking
from cmhub.components.basics import empty_state, link, new_arrivals, skeleton_rows, surface
from cmhub.components.charts import chart_styles
from cmhub.components.home import faults, follow, sentence, severity_mark
from cmhub.components.icons import icon
from cmhub.components.shell import page
from cmhub.components.text import moment, number, percent, said_of, t
from cmhub.state.agency_home import SHOWS, SORTS, AgencyHomeState, SpaceRow, TrendView
from cmhub.state.base import SessionState

_ZONE = SessionState.workspace_zone
TOPICS = ("inbox", "connections", "tasks")


def agency_home() -> rx.Component:
    """Show the agency's Home."""
    return page(
        follow(TOPICS, AgencyHomeState.refresh, wait=5),
        new_arrivals(AgencyHomeState.arrivals, on_click=AgencyHomeState.load),
        chart_styles(),
        faults(AgencyHomeState.faults),
        rx.cond(
            AgencyHomeState.loaded,
            rx.cond(AgencyHomeState.counts["all"].to(int) > 0, _table(), _none()),
            surface(skeleton_rows(5)),
        ),
        here="agency",
        frame="agency",
        title=t("home.title"),
        line=rx.cond(AgencyHomeState.loaded, _summary(), ""),
        wide=True,
    )


def _summary() -> Var[str]:
    return rx.cond(
        AgencyHomeState.burning > 0,
        t("home.agency.line", n=AgencyHomeState.burning, all=AgencyHomeState.counts["all"]),
        rx.cond(
            AgencyHomeState.faults.length() > 0,
            t("home.line.unknown"),
            t("home.agency.clear", n=AgencyHomeState.counts["all"]),
        ),
    ).to(str)


def _none() -> rx.Component:
    return surface(
        empty_state(
            t("home.agency.none.title"),
            t("home.agency.none.line"),
            rx.cond(
                SessionState.permissions.contains("workspace:create"),
                rx.el.a(t("home.agency.none.make"), href="/start/", class_name="btn btn-primary"),
            ),
            symbol="layers",
        )
    )


def _table() -> rx.Component:
    return rx.fragment(
        rx.el.div(_shows(), _sorts(), class_name="agency-head"),
        rx.cond(
            AgencyHomeState.rows.length() > 0,
            rx.el.ul(
                rx.foreach(AgencyHomeState.rows, _space),
                aria_label=t("home.agency.list"),
                class_name="surface agency-rows",
            ),
            surface(
                empty_state(
                    t("home.agency.empty.title"),
                    t("home.agency.empty.line"),
                    link(t("home.agency.show.all"), to=asking(show=""), class_name="btn"),
                    symbol="circle-check",
                )
            ),
        ),
        rx.el.p(t("home.agency.definition"), class_name="text-sm text-muted mt-4 max-w-[75ch]"),
    )


def _shows() -> rx.Component:
    return rx.el.nav(
        *[
            link(
                t(f"home.agency.show.{show}"),
                rx.el.span(
                    number(AgencyHomeState.counts[show].to(int)),
                    class_name="text-muted font-normal",
                ),
                to=asking(show=show),
                class_name="tab-link",
                custom_attrs={
                    "aria-current": rx.cond(AgencyHomeState.show == show, "page", "false")
                },
            )
            for show in SHOWS
        ],
        aria_label=t("home.agency.shows"),
        class_name="tab-links",
    )


def _sorts() -> rx.Component:
    return rx.el.nav(
        *[
            link(
                t(f"home.agency.sort.{sort}"),
                to=asking(sort=sort),
                class_name="segment whitespace-nowrap",
                custom_attrs={
                    "aria-current": rx.cond(AgencyHomeState.sort == sort, "true", "false")
                },
            )
            for sort in SORTS
        ],
        aria_label=t("home.agency.sorts"),
        class_name="segments",
    )


def _space(row: ObjectVar[SpaceRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.h2(
                severity_mark(row.severity),
                link(
                    row.name, to=row.base.to(str) + "/home/", class_name="agency-way",
                ),
                rx.cond(
                    row.client != "",
                    rx.el.span(row.client, class_name="text-sm text-muted font-normal truncate"),
                ),
                class_name="agency-name",
            ),
            _reason(row),
            class_name="agency-why",
        ),
        rx.el.dl(_waiting(row), _connections(row), _next(row), class_name="agency-facts"),
        rx.el.ul(rx.foreach(row.trends, _trend), class_name="agency-trends"),
        key=row.id,
        class_name="agency-row",
    )  # fmt: skip


def _reason(row: ObjectVar[SpaceRow]) -> rx.Component:
    worst = row.worst
    return rx.cond(
        row.count.to(int) > 0,
        rx.el.p(
            link(
                sentence(worst.key, worst.params, worst.since, _ZONE),
                to=row.base.to(str) + "/" + worst.address.to(str),
                class_name="agency-worst",
            ),
            rx.cond(worst.since != "", rx.fragment(" · ", moment(worst.since.to(str), _ZONE))),
            rx.cond(
                row.count.to(int) > 1,
                rx.el.span(
                    " · ", t("home.agency.more", n=row.count.to(int) - 1), class_name="text-muted"
                ),
            ),
        ),
        rx.el.p(t("home.agency.calm"), class_name="text-muted"),
    )


def _fact(label: Var[str], *value: object) -> rx.Component:
    return rx.el.div(rx.el.dt(label), rx.el.dd(*value))


def _waiting(row: ObjectVar[SpaceRow]) -> rx.Component:
    return _fact(
        t("home.agency.waiting"),
        rx.cond(
            row.waits.to(int) > 0,
            link(
                rx.el.span(number(row.waits), class_name="font-semibold"),
                rx.el.span(
                    t("home.agency.longest"), " ", moment(row.waiting.since.to(str), _ZONE),
                    class_name="text-sm text-muted",
                ),
                to=row.base.to(str) + "/inbox/?state=open",
                class_name="agency-fact",
            ),
            rx.el.span(t("home.agency.nobody"), class_name="text-muted"),
        ),
    )  # fmt: skip


def _connections(row: ObjectVar[SpaceRow]) -> rx.Component:
    one = row.connections
    return _fact(
        t("home.agency.connections"),
        rx.cond(
            one.key != "",
            link(
                severity_mark(one.severity),
                sentence(one.key, one.params, one.since, _ZONE),
                to=row.base.to(str) + "/connections/",
                class_name="agency-fact",
            ),
            rx.el.span("–", class_name="text-muted"),
        ),
    )


def _next(row: ObjectVar[SpaceRow]) -> rx.Component:
    one = row.next
    return _fact(
        t("home.agency.next"),
        rx.cond(
            one.key != "",
            link(
                rx.el.span(one.detail, class_name="truncate", dir="auto"),
                rx.el.span(moment(one.since.to(str), _ZONE), class_name="text-sm text-muted"),
                to=row.base.to(str) + "/" + one.address.to(str),
                class_name="agency-fact",
            ),
            rx.el.span(t("home.agency.nothing"), class_name="text-muted"),
        ),
    )


def _trend(one: ObjectVar[TrendView]) -> rx.Component:
    return rx.el.li(
        rx.el.span(_trend_name(one), class_name="text-xs text-muted truncate"),
        rx.el.span(
            _picture(one),
            rx.el.span(
                rx.cond(one.known, _value(one, one.value), "–"),
                rx.match(
                    one.move,
                    ("up", icon("arrow-up")),
                    ("down", icon("arrow-down")),
                    rx.fragment(),
                ),
                class_name="agency-value",
                custom_attrs={"data-tone": one.tone},
                aria_hidden="true",
            ),
            class_name="flex items-center gap-2",
        ),
        rx.el.span(_trend_words(one), class_name="sr-only"),
        title=_trend_words(one),
        key=one.name,
    )


def _trend_name(one: ObjectVar[TrendView]) -> Var[str]:
    return said_of("home.trend", one.name)


def _value(one: ObjectVar[TrendView], value: Var[float]) -> Var[str]:
    shown = value.to(float)
    return rx.cond(one.part, percent(shown), number(shown, fraction=0)).to(str)


def _trend_words(one: ObjectVar[TrendView]) -> Var[str]:
    """The whole of it in words, for who hears the page or points at it."""
    value = _value(one, one.value)
    usual = {"low": _value(one, one.low), "high": _value(one, one.high)}
    still = rx.cond(
        one.usual, t("home.trend.usual", value=value, **usual), t("home.trend.few", value=value)
    )
    unmoved = rx.cond(one.complete, still, t("home.trend.incomplete", value=value))
    moved = rx.cond(
        one.move == "up",
        t("home.trend.up", value=value, **usual),
        rx.cond(one.move == "down", t("home.trend.down", value=value, **usual), unmoved),
    )
    return rx.cond(one.known, moved, t("home.trend.none")).to(str)


def _picture(one: ObjectVar[TrendView]) -> rx.Component:
    return rx.el.svg(
        rx.el.path(d=one.band.to(str), class_name="line-band"),
        rx.el.path(d=one.solid.to(str), class_name="line-solid"),
        rx.el.path(d=one.dashed.to(str), class_name="line-solid line-dashed"),
        view_box="0 0 100 100",
        custom_attrs={"preserveAspectRatio": "none"},
        aria_hidden="true",
        class_name="spark",
    )
