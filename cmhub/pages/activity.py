"""The activity: messages and active members of each day, and by channel."""

import reflex as rx
from reflex.vars import NumberVar, ObjectVar, StringVar, Var

from cmhub.components.basics import empty_state, link, skeleton_card, surface
from cmhub.components.parts import reload_on
from cmhub.components.shell import page
from cmhub.components.text import moment, number, t, when
from cmhub.services.activity import ChannelActivity
from cmhub.state.activity import DAYS, ActivityState, Bar
from cmhub.state.base import SessionState

_HERE = SessionState.workspace_address + "/activity/"
_DAY = {"weekday": "long", "day": "numeric", "month": "long"}
_SHORT = {"day": "numeric", "month": "short"}


def activity() -> rx.Component:
    """Show the activity."""
    return page(
        reload_on("activity", ActivityState.load),
        rx.cond(
            ActivityState.loaded,
            rx.cond(ActivityState.messages + ActivityState.members > 0, _figures(), _nothing()),
            rx.el.div(
                skeleton_card("h-20"), skeleton_card("h-48"), class_name="flex flex-col gap-4"
            ),
        ),
        here="activity",
        title=t("activity.title"),
        line=rx.cond(
            ActivityState.loaded,
            rx.cond(
                ActivityState.messages > 0,
                t(
                    "activity.line",
                    messages=t("activity.messages", n=ActivityState.messages),
                    members=t("activity.members", n=ActivityState.members),
                    days=ActivityState.days,
                ),
                t("activity.line.none"),
            ),
            "",
        ),
        action=_ranges(),
    )


def _address(days: int | NumberVar, channel: StringVar | str) -> Var[str]:
    chosen = Var.create(channel).to(str)
    filtered = rx.cond(chosen != "", "&channel=" + chosen, "").to(str)
    return _HERE + "?days=" + Var.create(days).to(str) + filtered


def _ranges() -> rx.Component:
    return rx.el.nav(
        *[
            link(
                t("activity.days", n=days),
                to=_address(days, ActivityState.channel),
                class_name="segment whitespace-nowrap",
                custom_attrs={
                    "aria-current": rx.cond(ActivityState.days == days, "true", "false"),
                },
            )
            for days in DAYS
        ],
        aria_label=t("activity.range"),
        class_name="segments",
    )


def _nothing() -> rx.Component:
    return surface(
        empty_state(
            t("activity.empty.title"),
            t("activity.empty.line"),
            link(
                t("inbox.empty.connect"),
                to=SessionState.workspace_address + "/connections/",
                class_name="btn btn-primary",
            ),
            symbol="chart-column",
        )
    )


def _figures() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _card(
                t("activity.card.messages"), ActivityState.messages, ActivityState.messages_change
            ),
            _card(t("activity.card.members"), ActivityState.members, ActivityState.members_change),
            _card(t("activity.card.mean"), ActivityState.mean, None),
            class_name="grid gap-4 sm:grid-cols-3",
        ),
        _chart(t("activity.chart.messages"), "messages", ActivityState.most_messages),
        _chart(t("activity.chart.members"), "members", ActivityState.most_members),
        _channels(),
        _table(),
        rx.el.p(
            t("activity.definition", zone=SessionState.workspace_zone),
            rx.cond(
                ActivityState.freshest != "",
                rx.fragment(
                    " ",
                    t("activity.fresh"),
                    " ",
                    moment(ActivityState.freshest, SessionState.workspace_zone),
                    ".",
                ),
            ),
            class_name="text-sm text-muted max-w-[75ch]",
        ),
        class_name="flex flex-col gap-4",
    )


def _card(label: Var[str], value: NumberVar, change: NumberVar | None) -> rx.Component:
    return surface(
        rx.el.h2(label, class_name="text-sm text-muted"),
        rx.el.p(number(value), class_name="text-[28px] leading-9 font-semibold"),
        _compared(change) if change is not None else rx.fragment(),
        class_name="p-4",
    )


def _compared(change: NumberVar) -> rx.Component:
    days = {"days": ActivityState.days}
    share = Var(
        f"globalThis.cmhub?.number(Math.abs({change!s}), "
        "{style: 'percent', maximumFractionDigits: 0})",
        _var_data=change._get_all_var_data(),
    ).to(str)
    return rx.el.p(
        rx.cond(
            change.is_none(),
            t("activity.first", **days),
            rx.cond(
                change > 0.005,
                t("activity.more", share=share, **days),
                rx.cond(
                    change < -0.005,
                    t("activity.less", share=share, **days),
                    t("activity.same", **days),
                ),
            ),
        ),
        class_name="text-sm text-muted",
    )


def _chart(title: Var[str], kind: str, most: NumberVar) -> rx.Component:
    return surface(
        rx.el.div(
            rx.el.h2(title, id=f"{kind}-title", class_name="font-semibold"),
            rx.el.output(class_name="text-sm text-muted", custom_attrs={"data-said": ""}),
            class_name="flex flex-wrap items-baseline justify-between gap-x-4 min-h-6",
        ),
        rx.el.div(
            rx.el.span(number(most), class_name="axis-top"),
            rx.el.div(
                rx.foreach(ActivityState.bars, lambda bar: _bar(bar, kind)),
                class_name="bars",
                tab_index=0,
                role="group",
                aria_labelledby=f"{kind}-title",
                aria_description=t("activity.chart.keys"),
                custom_attrs={"data-bars": ""},
            ),
            class_name="chart",
        ),
        class_name="p-4",
    )


def _noon(bar: ObjectVar[Bar]) -> Var[str]:
    return bar.day.to(str) + "T12:00:00Z"


def _bar(bar: ObjectVar[Bar], kind: str) -> rx.Component:
    value = bar.messages if kind == "messages" else bar.members
    height = bar.messages_height if kind == "messages" else bar.members_height
    words = t(f"activity.{kind}", n=value)
    day = when(_noon(bar), "UTC", **_DAY)
    return rx.el.span(
        rx.el.span(
            class_name="bar", style={"height": height.to_string() + "%"}, aria_hidden="true"
        ),
        rx.cond(
            bar.labelled != "",
            rx.el.span(
                when(_noon(bar), "UTC", **_SHORT),
                class_name="axis-day",
                custom_attrs={"data-label": bar.labelled},
                aria_hidden="true",
            ),
        ),
        key=bar.day,
        class_name="slot",
        custom_attrs={
            "data-tip": t(
                "activity.day",
                day=rx.cond(bar.complete, day, day + " (" + t("activity.today") + ")"),
                value=words,
            ),
            "data-complete": rx.cond(bar.complete, "true", "false"),
        },
    )


def _channels() -> rx.Component:
    return surface(
        rx.el.div(
            rx.el.h2(t("activity.channels"), class_name="font-semibold"),
            rx.cond(
                ActivityState.channel != "",
                link(
                    t("activity.channels.all"),
                    to=_address(ActivityState.days, ""),
                    class_name="btn btn-sm",
                ),
            ),
            class_name="flex items-center justify-between gap-4 min-h-8",
        ),
        rx.el.ul(
            rx.foreach(ActivityState.channels, _channel), class_name="flex flex-col gap-1 mt-2"
        ),
        class_name="p-4",
    )


def _channel(one: ObjectVar[ChannelActivity]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(one.name, class_name="truncate font-medium"),
            rx.el.span(
                t("activity.messages", n=one.messages),
                " · ",
                t("activity.members", n=one.members),
                class_name="text-sm text-muted sm:text-end",
            ),
            rx.el.span(
                rx.el.span(
                    class_name="meter-fill",
                    style={"width": (one.share.to(float) * 100).to_string() + "%"},
                ),
                class_name="meter",
                aria_hidden="true",
            ),
            to=_address(ActivityState.days, one.id.to(str)),
            class_name="channel-row",
            custom_attrs={
                "aria-current": rx.cond(ActivityState.channel == one.id.to(str), "true", "false")
            },
        ),
        key=one.id.to(str),
    )


def _table() -> rx.Component:
    return rx.el.details(
        rx.el.summary(t("activity.table"), class_name="btn btn-sm"),
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(t("activity.table.day"), scope="col"),
                        rx.el.th(t("activity.card.messages"), scope="col", class_name="text-end"),
                        rx.el.th(t("activity.card.members"), scope="col", class_name="text-end"),
                    )
                ),
                rx.el.tbody(rx.foreach(ActivityState.bars, _line)),
                class_name="table",
            ),
            class_name="surface mt-2 overflow-x-auto",
            tab_index=0,
            role="region",
            aria_label=t("activity.table"),
        ),
    )


def _line(bar: ObjectVar[Bar]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            when(_noon(bar), "UTC", **_DAY),
            rx.cond(
                ~bar.complete, rx.el.span(" (", t("activity.today"), ")", class_name="text-muted")
            ),
            scope="row",
            class_name="font-normal",
        ),
        rx.el.td(number(bar.messages), class_name="text-end"),
        rx.el.td(number(bar.members), class_name="text-end"),
        key=bar.day,
    )
