"""Hand-over notes: what one shift leaves to the next, until somebody has taken over."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import announce
from cmhub.errors import Conflict, Invalid, NotFound
from cmhub.models import HandoverNote, new_id
from cmhub.services import audit
from cmhub.services.home.parts import Line, Severity

MOST = 4000
"""Characters of a note."""
PAGE = 10
SHOWN = 3
"""Notes that nobody has taken over; older ones are in the history."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What was open when a note was left; ``address`` follows the workspace's own."""

    key: str
    severity: Severity
    params: dict[str, str | int | float]
    address: str


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note; ``own`` says that the reader left it, ``taken_at`` when somebody took over."""

    id: UUID
    author: str
    own: bool
    body: str
    facts: tuple[Fact, ...]
    left_at: datetime
    taken_name: str
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class NotePage:
    """Notes, the newest first; ``after`` leads to older ones and is empty at the end."""

    notes: tuple[NoteView, ...]
    after: str


def facts_of(lines: Sequence[Line]) -> tuple[Fact, ...]:
    """What a note begins with: what the areas say is open."""
    return tuple(Fact(one.key, one.severity, one.params, one.address) for one in lines)


async def leave_note(
    session: AsyncSession, actor: Actor, workspace_id: UUID, body: str, facts: Sequence[Fact]
) -> UUID:
    """Leave a note for whoever comes next, with what is open at this moment.

    Raises:
        Invalid: it is too long, or there is nothing in it at all.
    """
    actor.require(Permission.TASK_WRITE, workspace_id)
    assert actor.user_id is not None
    words = body.replace("\x00", "").strip()
    if len(words) > MOST:
        raise Invalid("note_long", most=MOST)
    if not words and not facts:
        raise Invalid("note_empty")
    note = HandoverNote(
        agency_id=actor.agency_id,
        workspace_id=workspace_id,
        id=new_id(),
        user_id=actor.user_id,
        user_name=actor.name,
        body=words,
        facts={"lines": [asdict(fact) for fact in facts]},
        left_at=datetime.now(UTC),
    )
    session.add(note)
    audit.record(session, actor, "handover:leave", "note", note.id, workspace_id=workspace_id)
    await announce(session, actor, workspace_id, "home")
    return note.id


async def _find(session: AsyncSession, workspace_id: UUID, note_id: UUID) -> HandoverNote:
    note = await session.scalar(
        select(HandoverNote)
        .where(HandoverNote.workspace_id == workspace_id, HandoverNote.id == note_id)
        .with_for_update(key_share=True)
    )
    if note is None:
        raise NotFound
    return note


async def withdraw_note(
    session: AsyncSession, actor: Actor, workspace_id: UUID, note_id: UUID
) -> str:
    """Take one's own note back while nobody has taken over.

    Returns:
        Its words, to be written anew.

    Raises:
        NotFound: there is none of the actor's.
        Conflict: somebody has taken over.
    """
    actor.require(Permission.TASK_WRITE, workspace_id)
    note = await _find(session, workspace_id, note_id)
    if note.user_id != actor.user_id:
        raise NotFound
    if note.taken_at is not None:
        raise Conflict("note_taken")
    await session.delete(note)
    audit.record(session, actor, "handover:withdraw", "note", note_id, workspace_id=workspace_id)
    await announce(session, actor, workspace_id, "home")
    return note.body


async def take_over(session: AsyncSession, actor: Actor, workspace_id: UUID, note_id: UUID) -> None:
    """Say that the note was read: from now on it is history.

    Raises:
        Invalid: it is the actor's own.
        Conflict: somebody else was first.
    """
    actor.require(Permission.TASK_WRITE, workspace_id)
    note = await _find(session, workspace_id, note_id)
    if note.user_id == actor.user_id:
        raise Invalid("note_own")
    if note.taken_by == actor.user_id:
        return
    if note.taken_at is not None:
        raise Conflict("note_taken")
    note.taken_by, note.taken_name, note.taken_at = actor.user_id, actor.name, datetime.now(UTC)
    audit.record(session, actor, "handover:take", "note", note_id, workspace_id=workspace_id)
    await announce(session, actor, workspace_id, "home")


async def give_back(session: AsyncSession, actor: Actor, workspace_id: UUID, note_id: UUID) -> None:
    """Undo having taken over.

    Raises:
        NotFound: the actor has taken over no such note.
    """
    actor.require(Permission.TASK_WRITE, workspace_id)
    note = await _find(session, workspace_id, note_id)
    if note.taken_by != actor.user_id:
        raise NotFound
    note.taken_by = note.taken_name = note.taken_at = None
    audit.record(session, actor, "handover:give_back", "note", note_id, workspace_id=workspace_id)
    await announce(session, actor, workspace_id, "home")


async def waiting_notes(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[NoteView, ...]:
    """The newest notes that nobody has taken over, the reader's own among them."""
    actor.require(Permission.HOME_READ, workspace_id)
    rows = await session.scalars(
        select(HandoverNote)
        .where(HandoverNote.workspace_id == workspace_id, HandoverNote.taken_at.is_(None))
        .order_by(HandoverNote.left_at.desc(), HandoverNote.id)
        .limit(SHOWN)
    )
    return tuple(_view(row, actor) for row in rows)


async def list_notes(
    session: AsyncSession, actor: Actor, workspace_id: UUID, after: str = ""
) -> NotePage:
    """A page of all notes, taken over or not, the newest first."""
    actor.require(Permission.HOME_READ, workspace_id)
    query = select(HandoverNote).where(HandoverNote.workspace_id == workspace_id)
    if after:
        query = query.where(HandoverNote.left_at < _moment(after))
    rows = (
        await session.scalars(
            query.order_by(HandoverNote.left_at.desc(), HandoverNote.id).limit(PAGE + 1)
        )
    ).all()
    more = len(rows) > PAGE
    return NotePage(
        tuple(_view(row, actor) for row in rows[:PAGE]),
        rows[PAGE - 1].left_at.isoformat() if more else "",
    )


def _moment(after: str) -> datetime:
    try:
        found = datetime.fromisoformat(after.replace(" ", "+"))
    except ValueError:
        raise Invalid("filter") from None
    if found.tzinfo is None:
        raise Invalid("filter")
    return found


def _view(row: HandoverNote, actor: Actor) -> NoteView:
    lines = cast("list[dict[str, Any]]", row.facts.get("lines", []))
    return NoteView(
        id=row.id,
        author=row.user_name,
        own=row.user_id == actor.user_id,
        body=row.body,
        facts=tuple(
            Fact(one["key"], one["severity"], one["params"], one["address"]) for one in lines
        ),
        left_at=row.left_at,
        taken_name=row.taken_name or "",
        taken_at=row.taken_at,
    )
