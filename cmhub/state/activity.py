"""The activity's State: one window of days, as the address asks for it."""

from dataclasses import dataclass
from datetime import UTC, datetime

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.services.activity import Activity, ChannelActivity, read_activity
from cmhub.state.asked import asked, asked_id
from cmhub.state.base import told
from cmhub.state.charts import Mark, Point, marks
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place

DAYS = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day of the table under the charts."""

    day: str
    messages: int
    members: int
    complete: bool


def change(now: int, before: int) -> float | None:
    """The share by which a number grew; nothing when there was nothing before."""
    return None if before == 0 else (now - before) / before


class ActivityState(rx.State):
    """What the activity page shows."""

    days: rx.Field[int] = rx.field(30)
    channel: rx.Field[str] = rx.field("")
    message_marks: rx.Field[tuple[Mark, ...]] = rx.field(())
    member_marks: rx.Field[tuple[Mark, ...]] = rx.field(())
    rows: rx.Field[list[DayRow]] = rx.field(default_factory=list[DayRow])
    channels: rx.Field[list[ChannelActivity]] = rx.field(default_factory=list[ChannelActivity])
    messages: rx.Field[int] = rx.field(0)
    members: rx.Field[int] = rx.field(0)
    mean: rx.Field[float] = rx.field(0.0)
    most_messages: rx.Field[int] = rx.field(0)
    most_members: rx.Field[int] = rx.field(0)
    peak_messages: rx.Field[str] = rx.field("")
    peak_members: rx.Field[str] = rx.field("")
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
        days = found.days
        self.message_marks = marks([Point(one.day, one.messages, one.complete) for one in days])
        self.member_marks = marks([Point(one.day, one.members, one.complete) for one in days])
        self.rows = [
            DayRow(one.day.isoformat(), one.messages, one.members, one.complete) for one in days
        ]
        self.channels = list(found.channels)
        self.messages, self.members = found.messages, found.members
        complete = [one.members for one in days if one.complete]
        self.mean = round(sum(complete) / len(complete), 1) if complete else 0.0
        busiest = max(days, key=lambda one: one.messages)
        fullest = max(days, key=lambda one: one.members)
        self.most_messages, self.peak_messages = busiest.messages, busiest.day.isoformat()
        self.most_members, self.peak_members = fullest.members, fullest.day.isoformat()
        self.messages_change = change(found.messages, found.before)
        self.members_change = change(found.members, found.members_before)
        self.freshest = found.freshest.isoformat() if found.freshest else ""
        self.loaded = True
