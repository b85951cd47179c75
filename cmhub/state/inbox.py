"""The inbox's State: the list, the open thread, and what is done in it."""

from dataclasses import dataclass
from uuid import UUID

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError, Invalid
from cmhub.services import inbox, measures, replies, threads
from cmhub.services.inbox import InboxFilter, InboxPage, ThreadRow
from cmhub.services.threads import ThreadView
from cmhub.state.asked import asked, asked_id, entered
from cmhub.state.base import SessionState, told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """A channel to filter by."""

    id: str
    name: str


def merge(shown: list[ThreadRow], fresh: tuple[ThreadRow, ...]) -> tuple[list[ThreadRow], int]:
    """Bring shown rows up to date without moving them.

    Returns:
        The rows where they were, and how many threads came or moved up since.
    """
    if not shown:
        return list(fresh), 0
    known = {row.id: row for row in fresh}
    kept = [known[row.id] for row in shown if row.id in known]
    before = {row.id: row.last_at for row in shown}
    arrived = sum(1 for row in fresh if row.last_at > before.get(row.id, shown[0].last_at))
    settled = [row.id for row in kept] == [row.id for row in fresh][: len(kept)]
    if settled and len(kept) == len(fresh):
        return kept, 0
    return kept, arrived


class InboxState(rx.State):
    """What the inbox shows; the address says which state, channel, page and thread."""

    rows: rx.Field[list[ThreadRow]] = rx.field(default_factory=list[ThreadRow])
    counts: rx.Field[dict[str, int]] = rx.field(default_factory=dict[str, int])
    channels: rx.Field[list[ChannelChoice]] = rx.field(default_factory=list[ChannelChoice])
    after: rx.Field[str] = rx.field("")
    wanted: rx.Field[str] = rx.field("open")
    channel: rx.Field[str] = rx.field("")
    channel_name: rx.Field[str] = rx.field("")
    paged: rx.Field[bool] = rx.field(False)
    loaded: rx.Field[bool] = rx.field(False)
    connected: rx.Field[bool] = rx.field(False)
    arrivals: rx.Field[int] = rx.field(0)
    thread: rx.Field[ThreadView | None] = rx.field(None)
    chosen: rx.Field[str] = rx.field("")
    missing: rx.Field[bool] = rx.field(False)
    draft: rx.Field[str] = rx.field("")
    draft_number: rx.Field[int] = rx.field(0)

    _undo: tuple[str, str, str] = ("", "", "")

    @rx.event
    @requires(Permission.INBOX_READ)
    @told
    async def load(self) -> None:
        """Load the list and the thread that the address asks for."""
        given = asked(self)
        before = self.chosen
        self.wanted = given.get("state", "open")
        self.channel = given.get("channel", "")
        self.paged = "after" in given
        self.chosen = given.get("thread", "")
        await self._list()
        await self._open()
        if self.chosen != before:
            self._new_draft("")

    @rx.event
    @requires(Permission.INBOX_READ)
    @told
    async def refresh(self) -> None:
        """Something changed: bring what is shown up to date without moving it."""
        if not self.paged:
            page = await self._page()
            self.rows, self.arrivals = merge(self.rows, page.rows)
            self._show(page)
        await self._open()

    async def _list(self) -> None:
        page = await self._page()
        self.rows, self.arrivals = list(page.rows), 0
        self._show(page)
        self.loaded = True

    async def _page(self) -> InboxPage:
        actor = current_actor().within(place())
        given = asked(self)
        chosen = InboxFilter(self.wanted, asked_id(given, "channel"), given.get("after", ""))
        async with unit_of_work(actor) as session:
            return await inbox.list_threads(session, actor, place(), chosen)

    def _show(self, page: InboxPage) -> None:
        self.counts, self.after = page.counts, page.after
        channels = [ChannelChoice(str(one[0]), one[1]) for one in page.channels]
        # What is assigned is sent, whether or not it differs.
        if channels != self.channels:
            self.channels = channels
        self.channel_name = next(
            (one[1] for one in page.channels if str(one[0]) == self.channel), ""
        )
        self.connected = bool(page.channels)

    async def _open(self) -> None:
        thread_id = asked_id(asked(self), "thread")
        self.missing = False
        if thread_id is None:
            self.thread, self.missing = None, bool(self.chosen)
            return
        actor = current_actor().within(place())
        try:
            async with unit_of_work(actor) as session:
                self.thread = await threads.read_thread(session, actor, place(), thread_id)
        except CMHubError:
            self.thread, self.missing = None, True

    def _new_draft(self, text: str) -> None:
        self.draft, self.draft_number = text, self.draft_number + 1

    async def _said(self, key: str, *, undo: bool = False) -> None:
        (await self.get_state(SessionState))._tell("done", key, undo=undo)

    def _thread_id(self) -> UUID:
        if self.thread is None:
            raise Invalid("filter")
        return self.thread.id

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def set_thread_state(self, state: str) -> None:
        """Move the open thread, and offer to take it back."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            before = await inbox.set_thread_state(session, actor, place(), self._thread_id(), state)
        self._undo = ("thread", str(self._thread_id()), before)
        await self._said("inbox.done.told" if state == "done" else "inbox.open.told", undo=True)
        await self._open()
        await self._list()

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def send(self, form: dict[str, object]) -> None:
        """Send the reply in the form; what could not be sent stays in the field."""
        body = entered(form, "reply")
        self.draft = body
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await replies.send_reply(session, actor, place(), self._thread_id(), body)
        self._new_draft("")
        await self._open()

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def send_again(self, reply_id: str) -> None:
        """Try a reply again that did not arrive."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await replies.retry_reply(session, actor, place(), _id(reply_id))
        await self._open()

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def discard(self, reply_id: str) -> None:
        """Give up a reply that did not arrive; its text comes back into the field."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            body = await replies.discard_reply(session, actor, place(), _id(reply_id))
        self._new_draft(body)
        await self._said("inbox.reply.discarded")
        await self._open()

    @rx.event
    @requires(Permission.MESSAGE_DELETE)
    @told
    async def delete(self, message_id: str) -> None:
        """Delete a message in ten seconds, unless it is taken back."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            made = await measures.delete_message(session, actor, place(), _id(message_id))
        self._undo = ("measure", str(made), "")
        await self._said("inbox.delete.told", undo=True)
        await self._open()

    @rx.event
    @requires(Permission.MEMBER_MEASURE)
    @told
    async def measure(self, kind: str, message_id: str) -> None:
        """Mute, unmute, ban or unban an author in ten seconds, unless it is taken back."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            made = await measures.measure_member(session, actor, place(), _id(message_id), kind)
        self._undo = ("measure", str(made), "")
        await self._said(f"inbox.{kind}.told", undo=True)

    @rx.event
    @requires(Permission.MESSAGE_DELETE)
    @told
    async def measure_again(self, measure_id: str) -> None:
        """Try again what failed."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await measures.retry_measure(session, actor, place(), _id(measure_id))
        await self._open()

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def undo(self) -> None:
        """Take back the last thing that was done here."""
        kind, what, before = self._undo
        self._undo = ("", "", "")
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            if kind == "measure":
                await measures.undo_measure(session, actor, place(), _id(what))
            elif kind == "thread":
                await inbox.set_thread_state(session, actor, place(), _id(what), before)
        await self._said("inbox.undone.told" if kind == "measure" else "inbox.open.told")
        await self._open()
        await self._list()


def _id(value: str) -> UUID:
    """An id from the browser.

    Raises:
        Invalid: it is none.
    """
    try:
        return UUID(value)
    except ValueError:
        raise Invalid("filter") from None
