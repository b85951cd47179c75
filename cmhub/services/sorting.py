"""Sorting the inbox: moving, snoozing and giving threads to somebody, one or many at once.

Every change gives back what it changed, so that it can be undone. What has moved on meanwhile, as
by a member's new message, is not put back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission, system_actor
from cmhub.db import announce, unit_of_work
from cmhub.errors import Invalid, NotFound
from cmhub.models import Thread
from cmhub.queue import Work, enqueue
from cmhub.services import audit
from cmhub.services.colleagues import Colleague, list_colleagues
from cmhub.services.inbox import MOVES
from cmhub.services.notifying import notify
from cmhub.services.references import Reference

MOST = 100
"""Threads that one change may be about."""
LONGEST = timedelta(days=366)
_LATER = timedelta(hours=3)
_MORNING = time(9)
_STEP = 30  # minutes; what is proposed is a round time


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a thread stands: what a user may change of it, and when somebody last wrote."""

    state: str
    snoozed_until: datetime | None
    assignee_id: UUID | None
    assignee_name: str | None
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """A change of one thread, from one standing to the next."""

    thread_id: UUID
    before: Standing
    after: Standing


@dataclass(frozen=True, slots=True)
class SnoozeChoice:
    """A moment that is proposed; ``word`` is later, tomorrow or week."""

    word: str
    at: datetime


def standing(thread: Thread) -> Standing:
    """Where a thread stands now."""
    return Standing(
        thread.state, thread.snoozed_until, thread.assignee_id, thread.assignee_name, thread.last_at
    )


async def take_threads(
    session: AsyncSession, actor: Actor, workspace_id: UUID, thread_ids: Sequence[UUID]
) -> list[Thread]:
    """The rows of threads to be changed, locked, in the order of their ids.

    Raises:
        NotFound: there is none of them in this workspace.
        Invalid: too many at once.
    """
    actor.require(Permission.INBOX_ANSWER, workspace_id)
    if len(thread_ids) > MOST:
        raise Invalid("too_many_threads", most=MOST)
    found = await session.scalars(
        select(Thread)
        .where(Thread.workspace_id == workspace_id, Thread.id.in_(thread_ids))
        .order_by(Thread.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    threads = list(found)
    if not threads:
        raise NotFound
    return threads


async def move_threads(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    thread_ids: Sequence[UUID],
    state: str,
) -> tuple[Moved, ...]:
    """Put threads where they belong: ``open``, ``waiting`` for the member, or ``done``."""
    if state not in MOVES:
        raise Invalid("filter")
    threads = await take_threads(session, actor, workspace_id, thread_ids)
    moved: list[Moved] = []
    for thread in threads:
        before = standing(thread)
        if before.state != state:
            thread.state, thread.snoozed_until = state, None
            thread.state_at = datetime.now(UTC)
            moved.append(Moved(thread.id, before, standing(thread)))
            _record(session, actor, thread, "thread:state", before=before.state, after=state)
    await announce(session, actor, workspace_id, "inbox")
    return tuple(moved)


async def snooze_threads(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    thread_ids: Sequence[UUID],
    until: datetime,
) -> tuple[Moved, ...]:
    """Put threads away until a moment; they come back at once when a member writes.

    Raises:
        Invalid: the moment has passed, or is more than a year away.
    """
    moment = datetime.now(UTC)
    if not moment < until <= moment + LONGEST:
        raise Invalid("snooze_time")
    threads = await take_threads(session, actor, workspace_id, thread_ids)
    moved: list[Moved] = []
    for thread in threads:
        before = standing(thread)
        thread.state, thread.snoozed_until, thread.state_at = "snoozed", until, moment
        moved.append(Moved(thread.id, before, standing(thread)))
        _record(session, actor, thread, "thread:snooze", until=until.isoformat())
    await session.flush()
    for thread in threads:
        await _enqueue_waking(session, thread, until)
    await announce(session, actor, workspace_id, "inbox")
    return tuple(moved)


async def _enqueue_waking(session: AsyncSession, thread: Thread, until: datetime) -> None:
    work = Work(thread.id, thread.agency_id, thread.workspace_id)
    key = f"snooze:{thread.id}:{until.isoformat()}"
    await enqueue(session, "thread.wake", work, at=until, key=key)


async def assign_threads(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    thread_ids: Sequence[UUID],
    user_id: UUID | None,
) -> tuple[Moved, ...]:
    """Give threads to a user who may answer in the workspace, or to nobody.

    Raises:
        NotFound: nobody like that works there.
    """
    actor.require(Permission.INBOX_ANSWER, workspace_id)
    to = None if user_id is None else await _find_assignee(session, actor, workspace_id, user_id)
    threads = await take_threads(session, actor, workspace_id, thread_ids)
    moved: list[Moved] = []
    for thread in threads:
        before = standing(thread)
        if before.assignee_id != user_id:
            _give(thread, to)
            moved.append(Moved(thread.id, before, standing(thread)))
            _record(
                session, actor, thread, "thread:assign", user=str(user_id or ""),
                name=to.name if to else "",
            )  # fmt: skip
            await _tell(session, actor, thread)
    await announce(session, actor, workspace_id, "inbox")
    return tuple(moved)


async def _find_assignee(
    session: AsyncSession, actor: Actor, workspace_id: UUID, user_id: UUID
) -> Colleague:
    for one in await list_colleagues(session, actor, workspace_id):
        if one.id == user_id and one.may(Permission.INBOX_ANSWER):
            return one
    raise NotFound


def _give(thread: Thread, to: Colleague | None) -> None:
    thread.assignee_id = to.id if to else None
    thread.assignee_name = to.name if to else None


async def _tell(session: AsyncSession, actor: Actor, thread: Thread) -> None:
    if thread.assignee_id is not None:
        await session.flush()
        await notify(
            session, actor, [thread.assignee_id], "thread_assigned",
            Reference("thread", thread.id), workspace_id=thread.workspace_id,
        )  # fmt: skip


async def put_back(
    session: AsyncSession, actor: Actor, workspace_id: UUID, moved: Sequence[Moved]
) -> int:
    """Undo changes, of each thread what still stands as the change left it.

    Returns:
        How many threads were put back.
    """
    known = {one.thread_id: one for one in moved}
    threads = await take_threads(session, actor, workspace_id, list(known))
    count = 0
    for thread in threads:
        if _put_back(thread, known[thread.id]):
            count += 1
            _record(session, actor, thread, "thread:undo", after=thread.state)
    await session.flush()
    for thread in threads:
        if thread.snoozed_until is not None:
            await _enqueue_waking(session, thread, thread.snoozed_until)
    await announce(session, actor, workspace_id, "inbox")
    return count


def _put_back(thread: Thread, one: Moved) -> bool:
    now, changed = standing(thread), False
    before, after = one.before, one.after
    same = (now.state, now.snoozed_until) == (after.state, after.snoozed_until)
    if (
        same
        and now.last_at == after.last_at
        and (before.state, before.snoozed_until) != (after.state, after.snoozed_until)
    ):
        thread.state, thread.snoozed_until = before.state, before.snoozed_until
        thread.state_at, changed = datetime.now(UTC), True
    if now.assignee_id == after.assignee_id != before.assignee_id:
        thread.assignee_id, thread.assignee_name = before.assignee_id, before.assignee_name
        changed = True
    return changed


def _record(session: AsyncSession, actor: Actor, thread: Thread, tag: str, **data: object) -> None:
    audit.record(session, actor, tag, "thread", thread.id, workspace_id=thread.workspace_id, **data)


async def wake(work: Work) -> None:
    """Bring a snoozed thread back whose moment has come; whatever else it is stays so."""
    assert work.agency_id is not None
    assert work.workspace_id is not None
    actor = system_actor(work.agency_id, work.workspace_id)
    async with unit_of_work(actor) as session:
        thread = await session.scalar(
            select(Thread)
            .where(Thread.workspace_id == work.workspace_id, Thread.id == work.id)
            .with_for_update(key_share=True)
        )
        if thread is None or thread.snoozed_until is None:
            return
        if thread.snoozed_until > datetime.now(UTC):
            return
        thread.state, thread.snoozed_until = "open", None
        thread.state_at = datetime.now(UTC)
        _record(session, actor, thread, "thread:wake")
        await announce(session, actor, work.workspace_id, "inbox")


def snooze_choices(zone: str, now: datetime) -> tuple[SnoozeChoice, ...]:
    """The moments that are proposed, in the workspace's time zone.

    Later today is left out in the evening, and next week on a Sunday: both would be tomorrow.
    """
    here = now.astimezone(ZoneInfo(zone))
    later = here + _LATER
    later += timedelta(minutes=-later.minute % _STEP)
    later = later.replace(second=0, microsecond=0)
    tomorrow = here.date() + timedelta(days=1)
    monday = here.date() + timedelta(days=7 - here.weekday())
    found = [SnoozeChoice("later", later)] if later.date() == here.date() else []
    found.append(SnoozeChoice("tomorrow", datetime.combine(tomorrow, _MORNING, here.tzinfo)))
    if monday != tomorrow:
        found.append(SnoozeChoice("week", datetime.combine(monday, _MORNING, here.tzinfo)))
    return tuple(found)


def moment_in(zone: str, local: str) -> datetime:
    """A moment as a field for date and time gives it, in the workspace's time zone.

    Raises:
        Invalid: it is none.
    """
    try:
        return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise Invalid("snooze_time") from None
