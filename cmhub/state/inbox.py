"""The inbox's State: the list with its filter, the open thread, and what is taken back."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError, Conflict, Invalid
from cmhub.services import (
    colleagues,
    drafts,
    inbox,
    labels,
    measures,
    notes,
    replies,
    sorting,
    threads,
    views,
)
from cmhub.services.filtering import InboxFilter
from cmhub.services.inbox import InboxPage, ThreadRow
from cmhub.services.labels import LabelView
from cmhub.services.sorting import SnoozeChoice
from cmhub.services.threads import ThreadView
from cmhub.state.asked import asked, asked_id, entered
from cmhub.state.base import SessionState, tell, told
from cmhub.state.live import LiveState
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, current_place, place


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """A channel to filter by."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class PersonChoice:
    """A colleague; ``answers`` says whether threads can be given to them."""

    id: str
    name: str
    answers: bool
    me: bool


@dataclass(frozen=True, slots=True)
class ViewChoice:
    """A view beside the states; ``query`` is its part of the address."""

    id: str
    name: str
    shared: bool
    query: str
    count: int
    may_change: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for besides the state, as it stands there."""

    channel: str = ""
    assignee: str = ""
    label: str = ""
    language: str = ""
    waits: str = ""
    noted: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """Its parts by the names that they have in the address."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def filter_of(given: dict[str, str]) -> InboxFilter:
    """The filter that an address asks for."""
    return InboxFilter(
        state=given.get("state", "open"),
        channel_id=asked_id(given, "channel"),
        after=given.get("after", ""),
        assignee=given.get("assignee", ""),
        label_id=asked_id(given, "label"),
        language=given.get("language", ""),
        waits=given.get("waits", ""),
        noted=bool(given.get("noted")),
    )


def query_of(wanted: InboxFilter) -> str:
    """The part of an address that asks for a filter; the inverse of ``filter_of``."""
    parts = {
        "state": wanted.state,
        "channel": str(wanted.channel_id or ""),
        "assignee": wanted.assignee,
        "label": str(wanted.label_id or ""),
        "language": wanted.language,
        "waits": wanted.waits,
        "noted": "1" if wanted.noted else "",
    }
    return urlencode({name: value for name, value in parts.items() if value})


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
    """What the inbox shows; the address says which state, filter, page and thread."""

    rows: rx.Field[list[ThreadRow]] = rx.field(default_factory=list[ThreadRow])
    counts: rx.Field[dict[str, int]] = rx.field(default_factory=dict[str, int])
    channels: rx.Field[list[ChannelChoice]] = rx.field(default_factory=list[ChannelChoice])
    labels: rx.Field[list[LabelView]] = rx.field(default_factory=list[LabelView])
    people: rx.Field[list[PersonChoice]] = rx.field(default_factory=list[PersonChoice])
    views: rx.Field[list[ViewChoice]] = rx.field(default_factory=list[ViewChoice])
    view: rx.Field[str] = rx.field("")
    view_is_mine: rx.Field[bool] = rx.field(False)
    after: rx.Field[str] = rx.field("")
    wanted: rx.Field[str] = rx.field("open")
    asked: rx.Field[Asked] = rx.field(default_factory=Asked)
    filters: rx.Field[int] = rx.field(0)
    paged: rx.Field[bool] = rx.field(False)
    loaded: rx.Field[bool] = rx.field(False)
    connected: rx.Field[bool] = rx.field(False)
    arrivals: rx.Field[int] = rx.field(0)
    thread: rx.Field[ThreadView | None] = rx.field(None)
    chosen: rx.Field[str] = rx.field("")
    missing: rx.Field[bool] = rx.field(False)
    snoozes: rx.Field[list[SnoozeChoice]] = rx.field(default_factory=list[SnoozeChoice])
    draft: rx.Field[str] = rx.field("")
    draft_number: rx.Field[int] = rx.field(0)
    # Who has answered since the draft was begun, while its author has not decided.
    faster: rx.Field[str] = rx.field("")

    _undo: tuple[str, Any] = ("", None)
    _begun: datetime | None = None
    _kept: bool = False
    _desk: tuple[str, int] = ("", 0)

    @rx.event
    @requires(Permission.INBOX_READ)
    @told
    async def load(self) -> None:
        """Load the list and the thread that the address asks for."""
        given, before = asked(self), self.chosen
        self._put(
            wanted=given.get("state", "open"),
            asked=Asked(**{name: given.get(name, "") for name in Asked().fields}),
            paged="after" in given,
            chosen=given.get("thread", ""),
        )
        self._put(filters=sum(1 for value in self.asked.fields.values() if value))
        shown = await self._shown_before()
        await self._list()
        self._know_view()
        await self._open(fresh=self.chosen != before or not shown)

    async def _shown_before(self) -> bool:
        """Load labels, people and views where they may have changed since they were loaded.

        Returns:
            Whether the page was open already, and only its address has changed.
        """
        changes = (await self.get_state(LiveState)).changes.get("desk", 0)
        here = f"{place()} {self.router.session.session_id}"
        before, self._desk = self._desk, (here, changes)
        if self._desk != before:
            await self._load_desk()
        return before[0] == here

    def _put(self, **values: object) -> None:
        """Set what differs: what is assigned is sent, whether or not it does."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    def _know_view(self) -> None:
        """Find the view that the address asks for, if it is one."""
        here = query_of(replace(filter_of(asked(self)), after=""))
        found = next((one for one in self.views if one.query == here), None)
        self._put(view=found.id if found else "", view_is_mine=bool(found and found.may_change))

    @rx.event
    @requires(Permission.INBOX_READ)
    @told
    async def refresh(self) -> None:
        """Something changed: bring what is shown up to date without moving it."""
        if not self.paged:
            page = await self._page()
            rows, arrivals = merge(self.rows, page.rows)
            self._put(rows=rows, arrivals=arrivals)
            self._show(page)
        if self.views:
            await self._load_views()
        await self._open()

    @rx.event
    @requires(Permission.INBOX_READ)
    @told
    async def refresh_desk(self) -> None:
        """Labels, people or views changed: load them again."""
        await self._load_desk()
        self._know_view()

    async def _load_desk(self) -> None:
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            known = await labels.list_labels(session, actor, place())
            people = await colleagues.list_colleagues(session, actor, place())
        choices = [
            PersonChoice(
                str(one.id), one.name, one.may(Permission.INBOX_ANSWER), one.id == actor.user_id
            )
            for one in people
            if one.may(Permission.INBOX_READ)
        ]
        self._put(labels=list(known), people=choices)
        await self._load_views()

    async def _load_views(self) -> None:
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            found = await views.list_views(session, actor, place())
        choices = [
            ViewChoice(
                str(one.id), one.name, one.shared, query_of(one.wanted), one.count, one.may_change
            )
            for one in found
        ]
        self._put(views=choices)
        self._know_view()

    async def _list(self) -> None:
        page = await self._page()
        self._put(rows=list(page.rows), arrivals=0)
        self._show(page)
        self._put(loaded=True)

    async def _page(self) -> InboxPage:
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            return await inbox.list_threads(session, actor, place(), filter_of(asked(self)))

    def _show(self, page: InboxPage) -> None:
        channels = [ChannelChoice(str(one[0]), one[1]) for one in page.channels]
        self._put(
            counts=page.counts, after=page.after, channels=channels, connected=bool(page.channels)
        )

    async def _open(self, *, fresh: bool = False) -> None:
        """Show the thread of the address; ``fresh`` brings the draft that was kept for it."""
        thread_id = asked_id(asked(self), "thread")
        if thread_id is None:
            self._put(thread=None, missing=bool(self.chosen))
            return
        actor = current_actor().within(place())
        draft = None
        try:
            async with unit_of_work(actor) as session:
                view = await threads.read_thread(session, actor, place(), thread_id)
                if fresh:
                    draft = await drafts.read_draft(session, actor, place(), thread_id)
        except CMHubError:
            self._put(thread=None, missing=True)
            return
        zone = current_place().time_zone
        choices = list(sorting.snooze_choices(zone, datetime.now(UTC)))
        self._put(thread=view, missing=False, snoozes=choices)
        if fresh:
            self._new_draft(draft.body if draft else "")
            self._kept = draft is not None
            self._begun = draft.begun_at if draft else None
        if not self._kept:
            self._begun = datetime.now(UTC)

    def _new_draft(self, text: str) -> None:
        self._put(faster="")
        self.draft, self.draft_number = text, self.draft_number + 1

    def _remember(self, kind: str, what: object) -> None:
        """What ``undo`` takes back next."""
        self._undo = (kind, what)

    def _thread_id(self) -> UUID:
        if self.thread is None:
            raise Invalid("filter")
        return self.thread.id

    async def _again(self) -> None:
        """Show the thread and the list as they are after a change of one's own."""
        await self._open()
        await self._list()

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def send(self, form: dict[str, object]) -> None:
        """Send the reply in the form; what could not be sent stays in the field."""
        await self._send(entered(form, "reply"), self._begun)

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def send_anyway(self) -> None:
        """Send the reply although somebody else has answered meanwhile."""
        await self._send(self.draft, None)

    async def _send(self, body: str, since: datetime | None) -> None:
        self.draft = body
        actor = current_actor().within(place())
        try:
            async with unit_of_work(actor) as session:
                await replies.send_reply(
                    session, actor, place(), self._thread_id(), body, since=since
                )
        except Conflict as asks:
            self._put(faster=str(asks.params.get("name", "")))
            async with unit_of_work(actor) as session:
                await drafts.keep_draft(
                    session, actor, place(), self._thread_id(), body, since or datetime.now(UTC)
                )
            await self._open()
            return
        self._kept = False
        self._new_draft("")
        await self._open()

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def send_again(self, reply_id: str) -> None:
        """Try a reply again that did not arrive."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await replies.retry_reply(session, actor, place(), id_of(reply_id))
        await self._open()

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def discard(self, reply_id: str) -> None:
        """Give up a reply that did not arrive; its text comes back into the field."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            body = await replies.discard_reply(session, actor, place(), id_of(reply_id))
        self._new_draft(body)
        await tell(self, "inbox.reply.discarded")
        await self._open()

    @rx.event
    @requires(Permission.MESSAGE_DELETE)
    @told
    async def delete(self, message_id: str) -> None:
        """Delete a message in ten seconds, unless it is taken back."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            made = await measures.delete_message(session, actor, place(), id_of(message_id))
        self._remember("measure", made)
        await tell(self, "inbox.delete.told", undo=True)
        await self._open()

    @rx.event
    @requires(Permission.MEMBER_MEASURE)
    @told
    async def measure(self, kind: str, message_id: str) -> None:
        """Mute, unmute, ban or unban an author in ten seconds, unless it is taken back."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            made = await measures.measure_member(session, actor, place(), id_of(message_id), kind)
        self._remember("measure", made)
        await tell(self, f"inbox.{kind}.told", undo=True)

    @rx.event
    @requires(Permission.MESSAGE_DELETE)
    @told
    async def measure_again(self, measure_id: str) -> None:
        """Try again what failed."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await measures.retry_measure(session, actor, place(), id_of(measure_id))
        await self._open()

    @rx.event
    @requires(Permission.INBOX_READ)
    @told
    async def undo(self) -> None:
        """Take back the last thing that was done here."""
        (kind, what), self._undo = self._undo, ("", None)
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            match kind:
                case "measure":
                    await measures.undo_measure(session, actor, place(), what)
                case "moved":
                    await sorting.put_back(session, actor, place(), what)
                case "label":
                    ids, label, on = what
                    await labels.label_threads(session, actor, place(), ids, label, on=on)
                case "note":
                    await notes.restore_note(session, actor, place(), what)
                case "note_text":
                    await notes.edit_note(session, actor, place(), *what)
                case "view":
                    await views.restore_view(session, actor, place(), what)
                case _:
                    return
        await tell(self, "inbox.undone.told" if kind == "measure" else "inbox.undone")
        await self._again()


def id_of(value: str) -> UUID:
    """An id from the browser.

    Raises:
        Invalid: it is none.
    """
    try:
        return UUID(value)
    except ValueError:
        raise Invalid("filter") from None


async def inbox_of(state: rx.State) -> InboxState:
    """The State of the inbox in the same tab."""
    return await state.get_state(InboxState)


__all__ = ["InboxState", "SessionState", "filter_of", "id_of", "inbox_of", "merge", "query_of"]
