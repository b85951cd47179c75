"""The directory's State: the members that the address asks for."""

from datetime import UTC, datetime

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.services.members import offering  # noqa: F401  # offers members to the palette
from cmhub.services.members.listing import COUNTED, MemberRow, MembersFilter, list_members
from cmhub.services.places import Choice
from cmhub.state.asked import asked, asked_id
from cmhub.state.base import told
from cmhub.state.marks import requires
from cmhub.state.search import asked_day
from cmhub.state.visit import current_actor, place


class MembersState(rx.State):
    """What the directory shows."""

    rows: rx.Field[list[MemberRow]] = rx.field(default_factory=list[MemberRow])
    total: rx.Field[int] = rx.field(0)
    counted: rx.Field[int] = rx.field(COUNTED)
    networks: rx.Field[list[str]] = rx.field(default_factory=list[str])
    channels: rx.Field[list[Choice]] = rx.field(default_factory=list[Choice])
    after: rx.Field[str] = rx.field("")
    paged: rx.Field[bool] = rx.field(False)
    words: rx.Field[str] = rx.field("")
    network: rx.Field[str] = rx.field("")
    channel: rx.Field[str] = rx.field("")
    active: rx.Field[str] = rx.field("")
    silent: rx.Field[str] = rx.field("")
    newcomers: rx.Field[bool] = rx.field(False)
    kind: rx.Field[str] = rx.field("members")
    order: rx.Field[str] = rx.field("-last")
    narrowed: rx.Field[bool] = rx.field(False)
    loaded: rx.Field[bool] = rx.field(False)

    @rx.event
    @requires(Permission.MEMBER_READ)
    @told
    async def load(self) -> None:
        """List whom the address asks for."""
        given = asked(self)
        self._read(given)
        wanted = MembersFilter(
            words=self.words,
            network=self.network,
            channel_id=asked_id(given, "channel"),
            active_since=asked_day(given, "active"),
            silent_since=asked_day(given, "silent"),
            newcomers=self.newcomers,
            kind=self.kind,
            order=self.order,
            after=given.get("after", ""),
        )
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            page = await list_members(session, actor, place(), wanted, datetime.now(UTC))
        self.rows, self.total, self.after = list(page.rows), page.total, page.after
        self.networks = list(page.networks)
        self.channels = [Choice(str(one[0]), one[1]) for one in page.channels]
        self.loaded = True

    def _read(self, given: dict[str, str]) -> None:
        self.words, self.network = given.get("q", ""), given.get("network", "")
        self.channel = given.get("channel", "")
        self.active, self.silent = given.get("active", ""), given.get("silent", "")
        self.newcomers = given.get("newcomers") == "yes"
        self.kind, self.order = given.get("kind", "members"), given.get("sort", "-last")
        self.paged = "after" in given
        self.narrowed = any(
            given.get(name) for name in ("q", "network", "channel", "active", "silent", "newcomers")
        )
