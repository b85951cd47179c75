"""Notes: what colleagues tell each other about a thread. No network ever sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission, system_actor
from cmhub.db import announce, unit_of_work
from cmhub.errors import Forbidden, Invalid, NotFound
from cmhub.models import Note, Thread, new_id
from cmhub.queue import Work, enqueue
from cmhub.services import audit
from cmhub.services.colleagues import Colleague, list_colleagues
from cmhub.services.inbox import find_thread
from cmhub.services.notifying import notify
from cmhub.services.references import Reference

MOST = 5_000
"""Characters of a note."""
KEPT = timedelta(minutes=1)
"""How long a deleted note can be taken back."""


@dataclass(frozen=True, slots=True)
class NotePart:
    """A piece of a note: words, or the name of somebody whom it calls."""

    words: str
    mention: bool


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note as it stands in its thread; ``mine`` may be edited and deleted by its reader."""

    id: UUID
    author: str
    body: str
    parts: tuple[NotePart, ...]
    created_at: datetime
    edited: bool
    mine: bool


async def read_notes(
    session: AsyncSession, actor: Actor, workspace_id: UUID, thread_id: UUID
) -> tuple[NoteView, ...]:
    """The notes of a thread, oldest first."""
    actor.require(Permission.INBOX_READ, workspace_id)
    await find_thread(session, workspace_id, thread_id)
    rows = await session.scalars(
        select(Note)
        .where(
            Note.workspace_id == workspace_id,
            Note.thread_id == thread_id,
            Note.deleted_at.is_(None),
        )
        .order_by(Note.created_at, Note.id)
    )
    return tuple(_view(note, actor) for note in rows)


def _view(note: Note, actor: Actor) -> NoteView:
    names = [str(name) for name in note.mentions.values()]
    return NoteView(
        note.id, note.user_name, note.body, parts_of(note.body, names), note.created_at,
        note.edited_at is not None, note.user_id == actor.user_id,
    )  # fmt: skip


def parts_of(body: str, names: list[str]) -> tuple[NotePart, ...]:
    """The note in pieces, so that whom it calls can be marked."""
    parts: list[NotePart] = []
    rest, plain = body, ""
    calls = sorted((f"@{name}" for name in names), key=len, reverse=True)
    while rest:
        called = next((call for call in calls if rest.startswith(call)), "")
        if called:
            parts += [NotePart(plain, False)] if plain else []
            parts.append(NotePart(called, True))
        plain = "" if called else plain + rest[0]
        rest = rest[len(called) or 1 :]
    return (*parts, NotePart(plain, False)) if plain else tuple(parts)


def called_in(body: str, colleagues: Sequence[Colleague]) -> dict[UUID, str]:
    """Whom a note calls by ``@`` and their whole name; of two names the longer one."""
    found: dict[UUID, str] = {}
    rest = body
    for one in sorted(colleagues, key=lambda each: len(each.name), reverse=True):
        if one.name and f"@{one.name}" in rest:
            found[one.id] = one.name
            same = [other for other in colleagues if other.name == one.name]
            found |= {other.id: other.name for other in same}
            rest = rest.replace(f"@{one.name}", "")
    return found


async def _called(
    session: AsyncSession, actor: Actor, workspace_id: UUID, words: str
) -> dict[UUID, str]:
    everybody = await list_colleagues(session, actor, workspace_id)
    readers = [one for one in everybody if one.may(Permission.INBOX_READ)]
    return called_in(words, readers)


def _checked(body: str) -> str:
    words = body.replace("\x00", "").strip()
    if not words:
        raise Invalid("empty_note")
    if len(words) > MOST:
        raise Invalid("long_note", most=MOST)
    return words


async def write_note(
    session: AsyncSession, actor: Actor, workspace_id: UUID, thread_id: UUID, body: str
) -> UUID:
    """Write a note beside a thread and tell the colleagues whom it calls.

    Raises:
        Invalid: it is empty or too long.
    """
    actor.require(Permission.INBOX_ANSWER, workspace_id)
    thread = await find_thread(session, workspace_id, thread_id, keep=True)
    words = _checked(body)
    called = await _called(session, actor, workspace_id, words)
    assert actor.user_id is not None
    note = Note(
        agency_id=actor.agency_id,
        workspace_id=workspace_id,
        id=new_id(),
        thread_id=thread_id,
        user_id=actor.user_id,
        user_name=actor.name,
        body=words,
        mentions={str(user): name for user, name in called.items()},
        created_at=datetime.now(UTC),
    )
    session.add(note)
    _record(session, actor, note, "note:write")
    await session.flush()
    await _count(session, thread)
    await _tell(session, actor, note, called)
    await announce(session, actor, workspace_id, "inbox")
    return note.id


async def _tell(session: AsyncSession, actor: Actor, note: Note, called: dict[UUID, str]) -> None:
    await notify(
        session, actor, called, "mention", Reference("thread", note.thread_id),
        workspace_id=note.workspace_id,
    )  # fmt: skip


def _record(session: AsyncSession, actor: Actor, note: Note, tag: str) -> None:
    audit.record(
        session, actor, tag, "note", note.id,
        workspace_id=note.workspace_id, thread=str(note.thread_id),
    )  # fmt: skip


async def _count(session: AsyncSession, thread: Thread) -> None:
    await session.refresh(thread, with_for_update={"key_share": True})
    thread.note_count = (
        await session.scalar(
            select(func.count())
            .select_from(Note)
            .where(
                Note.workspace_id == thread.workspace_id,
                Note.thread_id == thread.id,
                Note.deleted_at.is_(None),
            )
        )
        or 0
    )


async def _own(
    session: AsyncSession, actor: Actor, workspace_id: UUID, note_id: UUID, *, deleted: bool = False
) -> Note:
    """The actor's own note, locked.

    Raises:
        NotFound: there is none, or it is deleted (not: as ``deleted`` says).
        Forbidden: it is somebody else's.
    """
    actor.require(Permission.INBOX_ANSWER, workspace_id)
    note = await session.scalar(
        select(Note)
        .where(Note.workspace_id == workspace_id, Note.id == note_id)
        .with_for_update(key_share=True)
    )
    if note is None or (note.deleted_at is not None) != deleted:
        raise NotFound
    if note.user_id != actor.user_id:
        raise Forbidden("note:own")
    return note


async def edit_note(
    session: AsyncSession, actor: Actor, workspace_id: UUID, note_id: UUID, body: str
) -> str:
    """Write one's own note anew; whom it calls now and did not before is told.

    Returns:
        What it said before, to be put back.
    """
    note = await _own(session, actor, workspace_id, note_id)
    words = _checked(body)
    before = note.body
    if words == before:
        return before
    called = await _called(session, actor, workspace_id, words)
    note.body, note.edited_at = words, datetime.now(UTC)
    fresh = {user: name for user, name in called.items() if str(user) not in note.mentions}
    note.mentions = {str(user): name for user, name in called.items()}
    _record(session, actor, note, "note:edit")
    await session.flush()
    await _tell(session, actor, note, fresh)
    await announce(session, actor, workspace_id, "inbox")
    return before


async def delete_note(
    session: AsyncSession, actor: Actor, workspace_id: UUID, note_id: UUID
) -> None:
    """Delete one's own note; for a minute it can be taken back."""
    note = await _own(session, actor, workspace_id, note_id)
    note.deleted_at = moment = datetime.now(UTC)
    _record(session, actor, note, "note:delete")
    await session.flush()
    await _count(session, await find_thread(session, workspace_id, note.thread_id))
    work = Work(note.id, actor.agency_id, workspace_id)
    at = moment + KEPT
    await enqueue(session, "note.forget", work, at=at, key=f"note:{note.id}:{at.isoformat()}")
    await announce(session, actor, workspace_id, "inbox")


async def restore_note(
    session: AsyncSession, actor: Actor, workspace_id: UUID, note_id: UUID
) -> None:
    """Take the deletion of one's own note back."""
    note = await _own(session, actor, workspace_id, note_id, deleted=True)
    note.deleted_at = None
    _record(session, actor, note, "note:restore")
    await session.flush()
    await _count(session, await find_thread(session, workspace_id, note.thread_id))
    await announce(session, actor, workspace_id, "inbox")


async def forget(work: Work) -> None:
    """Remove a note for good that was deleted and not taken back."""
    assert work.agency_id is not None
    assert work.workspace_id is not None
    async with unit_of_work(system_actor(work.agency_id, work.workspace_id)) as session:
        await session.execute(
            delete(Note).where(
                Note.workspace_id == work.workspace_id,
                Note.id == work.id,
                Note.deleted_at <= datetime.now(UTC) - KEPT,
            )
        )
