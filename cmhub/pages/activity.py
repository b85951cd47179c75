"""The activity: messages and active members of each day, and by channel."""

from typing import Any

import reflex as rx
from reflex.vars import NumberVar, ObjectVar, StringVar, Var

from cmhub.components.basics import empty_state, link, skeleton_card, surface
from cmhub.components.charts import bar_chart, day_table
from cmhub.components.networks import simulated_badge
from cmhub.components.panels import segments
from cmhub.components.parts import reload_on
from cmhub.components.shell import page
from cmhub.components.text import moment, number, percent, t, when
from cmhub.services.activity import ChannelActivity
from cmhub.state.activity import DAYS, ActivityState
from cmhub.state.base import SessionState

_HERE = SessionState.workspace_address + "/activity/"
_SHORT = {"day": "numeric", "month": "long"}


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
    return segments(
        [
            (
                t("activity.days", n=days),
                _address(days, ActivityState.channel),
                ActivityState.days == days,
            )
            for days in DAYS
        ],
        label=t("activity.range"),
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
        _chart(
            "messages",
            ActivityState.peak_messages,
            ActivityState.most_messages,
            ActivityState.message_marks,
        ),
        _chart(
            "members",
            ActivityState.peak_members,
            ActivityState.most_members,
            ActivityState.member_marks,
        ),
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
    share = percent(rx.cond(change < 0, -change, change))
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


def _chart(kind: str, peak: StringVar, top: NumberVar, days: Var[Any]) -> rx.Component:
    title = t(
        f"activity.chart.{kind}",
        day=when(peak + "T12:00:00Z", "UTC", **_SHORT),
        value=t(f"activity.{kind}", n=top),
    )
    return bar_chart(
        days, name=kind, title=title, top=top, say=lambda mark: t(f"activity.{kind}", n=mark.value)
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
            rx.el.span(
                rx.el.span(one.name, class_name="truncate font-medium"),
                simulated_badge(one.network.to(str), quiet=True),
                class_name="flex items-center gap-3 min-w-0",
            ),
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
    return day_table(
        ActivityState.rows,
        [
            (t("activity.card.messages"), lambda row: number(row.messages)),
            (t("activity.card.members"), lambda row: number(row.members)),
        ],
        label=t("activity.table"),
    )
