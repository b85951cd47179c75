"""The search page's State: what the address asks for, and what was found."""

from datetime import date

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError, Invalid
from cmhub.services.members.profile import find_member
from cmhub.services.places import Choice, channel_choices
from cmhub.services.search import offering  # noqa: F401  # offers messages to the palette
from cmhub.services.search.finding import Hit, Search, search_messages
from cmhub.state.asked import asked, asked_id
from cmhub.state.base import told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place


def asked_day(given: dict[str, str], name: str) -> date | None:
    """A day of the query; nothing when it is missing.

    Raises:
        Invalid: it is none.
    """
    value = given.get(name, "")
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Invalid("filter") from None


class SearchState(rx.State):
    """What the search page shows."""

    words: rx.Field[str] = rx.field("")
    channel: rx.Field[str] = rx.field("")
    author: rx.Field[str] = rx.field("")
    author_name: rx.Field[str] = rx.field("")
    since: rx.Field[str] = rx.field("")
    until: rx.Field[str] = rx.field("")
    standing: rx.Field[str] = rx.field("")
    side: rx.Field[str] = rx.field("")
    order: rx.Field[str] = rx.field("newest")
    hits: rx.Field[list[Hit]] = rx.field(default_factory=list[Hit])
    channels: rx.Field[list[Choice]] = rx.field(default_factory=list[Choice])
    after: rx.Field[str] = rx.field("")
    paged: rx.Field[bool] = rx.field(False)
    narrowed: rx.Field[bool] = rx.field(False)
    known: rx.Field[bool] = rx.field(False)
    loaded: rx.Field[bool] = rx.field(False)

    @rx.event
    @requires(Permission.INBOX_READ)
    @told
    async def load(self) -> None:
        """Look for what the address asks for."""
        given = asked(self)
        self._read(given)
        wanted = Search(
            words=self.words,
            channel_id=asked_id(given, "channel"),
            member_id=asked_id(given, "author"),
            since=asked_day(given, "since"),
            until=asked_day(given, "until"),
            state=self.standing,
            side=self.side,
            order=self.order,
            after=given.get("after", ""),
        )
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            found = await search_messages(session, actor, place(), wanted)
            self.channels = list(await channel_choices(session, actor, place()))
            self.author_name = ""
            if wanted.member_id is not None:
                try:
                    member = await find_member(session, place(), wanted.member_id)
                    self.author_name = member.name
                except CMHubError:
                    self.author = ""
        self.hits, self.after, self.known = list(found.hits), found.after, found.asked
        self.loaded = True

    def _read(self, given: dict[str, str]) -> None:
        self.words = given.get("q", "")
        self.channel, self.author = given.get("channel", ""), given.get("author", "")
        self.since, self.until = given.get("since", ""), given.get("until", "")
        self.standing, self.side = given.get("state", ""), given.get("side", "")
        self.order = given.get("order", "newest")
        self.paged = "after" in given
        self.narrowed = any(
            given.get(name) for name in ("channel", "author", "since", "until", "state", "side")
        )
