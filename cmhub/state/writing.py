"""Writing in the inbox: drafts, saved replies, notes, and who else is there."""

import contextlib
from datetime import UTC, datetime
from uuid import UUID, uuid4

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import NotFound
from cmhub.services import drafts, notes, presence, saved_replies
from cmhub.services.saved_replies import Proposal
from cmhub.state.asked import entered
from cmhub.state.base import tell, told
from cmhub.state.inbox import id_of, inbox_of
from cmhub.state.marks import requires
from cmhub.state.presence import PRESENCE, Other
from cmhub.state.visit import current_actor, place


class WritingState(rx.State):
    """What is proposed while somebody writes, which note is edited, and who else is there."""

    proposals: rx.Field[list[Proposal]] = rx.field(default_factory=list[Proposal])
    others: rx.Field[list[Other]] = rx.field(default_factory=list[Other])
    editing: rx.Field[str] = rx.field("")
    note_number: rx.Field[int] = rx.field(0)

    _seat: UUID | None = None

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def keep(self, thread_id: str, body: str) -> None:
        """Keep what is written so far in a thread's field."""
        actor, shown, thread = (
            current_actor().within(place()),
            await inbox_of(self),
            id_of(thread_id),
        )
        begun = datetime.now(UTC)
        here = shown.thread is not None and shown.thread.id == thread
        if here and shown._begun is not None:
            begun = shown._begun
        async with unit_of_work(actor) as session:
            await drafts.keep_draft(session, actor, place(), thread, body, begun)
        if here:
            # The field shows it again when it is made anew, as after another page.
            shown.draft, shown._kept = body, bool(body.strip())

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def propose(self, sought: str) -> None:
        """Propose saved replies for the open thread."""
        actor, shown = current_actor().within(place()), await inbox_of(self)
        async with unit_of_work(actor) as session:
            found = await saved_replies.propose(
                session, actor, place(), shown._thread_id(), sought[:60]
            )
        self.proposals = list(found)

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def write_note(self, form: dict[str, object]) -> None:
        """Write the note in the form beside the open thread."""
        actor, shown = current_actor().within(place()), await inbox_of(self)
        async with unit_of_work(actor) as session:
            await notes.write_note(
                session, actor, place(), shown._thread_id(), entered(form, "note")
            )
        self.note_number += 1
        await shown._again()

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    async def edit(self, note_id: str) -> None:
        """Show one's own note as a form, or none when the id is empty."""
        self.editing = note_id

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def save_note(self, form: dict[str, object]) -> None:
        """Save the note that is edited."""
        actor, shown, note = (
            current_actor().within(place()),
            await inbox_of(self),
            id_of(self.editing),
        )
        async with unit_of_work(actor) as session:
            before = await notes.edit_note(session, actor, place(), note, entered(form, "edited"))
        self.editing = ""
        shown._remember("note_text", (note, before))
        await tell(self, "inbox.note.saved", undo=True)
        await shown._open()

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def delete_note(self, note_id: str) -> None:
        """Delete one's own note."""
        actor, shown, note = current_actor().within(place()), await inbox_of(self), id_of(note_id)
        async with unit_of_work(actor) as session:
            await notes.delete_note(session, actor, place(), note)
        shown._remember("note", note)
        await tell(self, "inbox.note.deleted", undo=True)
        await shown._again()

    @rx.event
    @requires(Permission.INBOX_READ)
    async def beat(self, thread_id: str, writes: bool) -> None:
        """Say that this tab looks at a thread, or writes in it."""
        actor, thread = current_actor().within(place()), id_of(thread_id)
        if self._seat is None:
            self._seat = uuid4()
        # A thread that has gone is told by the page, not by every beat.
        with contextlib.suppress(NotFound):
            async with unit_of_work(actor) as session:
                await presence.show_presence(
                    session, actor, place(), thread, self._seat, writes=writes
                )
            self._look(thread)
        if writes:
            # From the first key on, what others answer came meanwhile.
            (await inbox_of(self))._kept = True

    @rx.event
    @requires(Permission.INBOX_READ)
    async def look_around(self) -> None:
        """Somebody came, went or began to write: see who is at the open thread."""
        shown = await inbox_of(self)
        if shown.thread is not None:
            self._look(shown.thread.id)

    def _look(self, thread_id: UUID) -> None:
        actor = current_actor()
        found = PRESENCE.others((actor.agency_id, place()), thread_id, actor.user_id)
        if found != self.others:
            self.others = found
