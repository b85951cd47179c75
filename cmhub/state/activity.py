"""The activity's State: one window of days, as the address asks for it."""

from dataclasses import dataclass
from datetime import UTC, datetime

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.services.activity import Activity, ChannelActivity, read_activity
from cmhub.state.asked import asked, asked_id
from cmhub.state.base import told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place

DAYS = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a chart: heights in percent of the highest."""

    day: str
    messages: int
    members: int
    messages_height: float
    members_height: float
    complete: bool
    labelled: str


def bars(activity: Activity) -> list[Bar]:
    """The days as bars; about four are labelled always, four more where there is room."""
    most_messages = max((one.messages for one in activity.days), default=0) or 1
    most_members = max((one.members for one in activity.days), default=0) or 1
    step = max(1, round(len(activity.days) / 8))
    last = len(activity.days) - 1
    return [
        Bar(
            one.day.isoformat(),
            one.messages,
            one.members,
            round(100 * one.messages / most_messages, 1),
            round(100 * one.members / most_members, 1),
            one.complete,
            _label(last - place_of_day, step),
        )
        for place_of_day, one in enumerate(activity.days)
    ]


def _label(days_ago: int, step: int) -> str:
    if days_ago % step:
        return ""
    return "wide" if days_ago % (2 * step) else "always"


def change(now: int, before: int) -> float | None:
    """The share by which a number grew; nothing when there was nothing before."""
    return None if before == 0 else (now - before) / before


class ActivityState(rx.State):
    """What the activity page shows."""

    days: rx.Field[int] = rx.field(30)
    channel: rx.Field[str] = rx.field("")
    bars: rx.Field[list[Bar]] = rx.field(default_factory=list[Bar])
    channels: rx.Field[list[ChannelActivity]] = rx.field(default_factory=list[ChannelActivity])
    messages: rx.Field[int] = rx.field(0)
    members: rx.Field[int] = rx.field(0)
    mean: rx.Field[float] = rx.field(0.0)
    most_messages: rx.Field[int] = rx.field(0)
    most_members: rx.Field[int] = rx.field(0)
    messages_change: rx.Field[float | None] = rx.field(None)
    members_change: rx.Field[float | None] = rx.field(None)
    freshest: rx.Field[str] = rx.field("")
    loaded: rx.Field[bool] = rx.field(False)

    @rx.event
    @requires(Permission.ACTIVITY_READ)
    @told
    async def load(self) -> None:
        """Load the window that the address asks for."""
        given = asked(self)
        wanted = given.get("days", "30")
        self.days = int(wanted) if wanted in {str(one) for one in DAYS} else 30
        channel = asked_id(given, "channel")
        self.channel = str(channel or "")
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            found = await read_activity(
                session,
                actor,
                place(),
                days=self.days,
                channel_id=channel,
                now=datetime.now(UTC),
            )
        self._show(found)

    def _show(self, found: Activity) -> None:
        self.bars, self.channels = bars(found), list(found.channels)
        self.messages, self.members = found.messages, found.members
        complete = [one.members for one in found.days if one.complete]
        self.mean = round(sum(complete) / len(complete), 1) if complete else 0.0
        self.most_messages = max((one.messages for one in found.days), default=0)
        self.most_members = max((one.members for one in found.days), default=0)
        self.messages_change = change(found.messages, found.before)
        self.members_change = change(found.members, found.members_before)
        self.freshest = found.freshest.isoformat() if found.freshest else ""
        self.loaded = True
