"""What failed for good in the agency: replies, measures, connections, mails and other operations.

The rows are the truth. The queue is asked for its failed jobs by a door that knows the agency of
the transaction and gives ids only; how the queue keeps them is shown nowhere.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import announce, wake_stream
from cmhub.errors import Invalid
from cmhub.locales import catalogue
from cmhub.models import Connection, Measure, Reply, Workspace
from cmhub.services import audit
from cmhub.services.connections import params_of
from cmhub.services.measures import retry_measure
from cmhub.services.replies import retry_reply

Kind = Literal["reply", "measure", "connection", "mail", "job"]
KINDS: tuple[Kind, ...] = ("reply", "measure", "connection", "mail", "job")
PAGE = 25
MOST = 500
"""How many of a kind are tried again or put aside at once."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed operation; ``title`` and ``fault`` are keys of texts.

    ``again`` says whether trying again can help; where it cannot, ``leads`` is the page that does.
    ``attempts`` is 0 where it is not counted.
    """

    id: str
    kind: str
    title: str
    detail: str
    workspace: str
    fault: str
    fault_params: dict[str, str | int]
    since: datetime
    attempts: int
    again: bool
    leads: str


@dataclass(frozen=True, slots=True)
class Failures:
    """The newest failures of each kind, and how many there are."""

    rows: tuple[Failure, ...]
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    path: str


_REPLIES = """
    select r.id, r.workspace_id, r.body as detail, r.state, r.fault, r.fault_params,
        r.failed_at as since, r.attempts, r.thread_id, 'reply' as what
    from reply r where r.agency_id = :agency and r.workspace_id = a.id
        and r.failed_at is not null and r.state in ('failed', 'unknown')
        and coalesce(r.dismissed_at, '-infinity') < r.failed_at"""
_MEASURES = """
    select m.id, m.workspace_id, m.user_name as detail, m.state, m.fault, m.fault_params,
        m.failed_at as since, m.attempts, null::uuid as thread_id, m.kind as what
    from measure m where m.agency_id = :agency and m.workspace_id = a.id
        and m.failed_at is not null and m.state in ('failed', 'unknown')
        and coalesce(m.dismissed_at, '-infinity') < m.failed_at"""
_CONNECTIONS = """
    select c.id, c.workspace_id, c.account_name as detail, c.state, c.fault, c.fault_params,
        coalesce(c.faulted_at, c.created_at) as since, c.failures as attempts,
        null::uuid as thread_id, 'connection' as what
    from connection c where c.agency_id = :agency and c.workspace_id = a.id
        and c.state in ('trouble', 'reconnect')
        and coalesce(c.dismissed_at, '-infinity') < coalesce(c.faulted_at, c.created_at)"""
_ROWS: Mapping[str, str] = {"reply": _REPLIES, "measure": _MEASURES, "connection": _CONNECTIONS}
_TABLES: Mapping[str, type[Reply] | type[Measure] | type[Connection]] = {
    "reply": Reply, "measure": Measure, "connection": Connection
}  # fmt: skip


async def list_failures(session: AsyncSession, actor: Actor) -> Failures:
    """What failed in the agency and was not put aside, the newest of each kind first."""
    actor.require(Permission.JOB_MANAGE)
    places = await _places(session)
    rows: list[Failure] = []
    counts: dict[str, int] = {}
    for kind in _ROWS:
        found = await _find(session, actor, kind, PAGE)
        rows += [_failure(one, kind, places[one.workspace_id]) for one in found]
        counts[kind] = await _count(session, actor, kind) if len(found) == PAGE else len(found)
    for kind, jobs in (await _jobs(session, places)).items():
        rows += jobs[:PAGE]
        counts[kind] = len(jobs)
    return Failures(tuple(rows), counts)


async def retry_failures(
    session: AsyncSession, actor: Actor, kind: str, ids: Sequence[str] = ()
) -> int:
    """Try operations of a kind again; all of them when none is named.

    Returns:
        How many will be.
    """
    actor.require(Permission.JOB_MANAGE)
    found = await _named(session, actor, kind, ids)
    if kind in _ROWS:
        again = [one for one in found if one.again]
        for one in again:
            await _AGAIN[kind](session, actor, *_row_of(one.id))
        return len(again)
    return await _settle(session, actor, found, "retry", "failure:retry")


async def dismiss_failures(
    session: AsyncSession, actor: Actor, kind: str, ids: Sequence[str] = ()
) -> tuple[str, ...]:
    """Put operations of a kind aside; all of them when none is named. Nothing else changes.

    Returns:
        Which, so that it can be taken back.
    """
    actor.require(Permission.JOB_MANAGE)
    found = await _named(session, actor, kind, ids)
    if kind in _ROWS:
        await _mark(session, actor, kind, [one.id for one in found], datetime.now(UTC))
    else:
        await _settle(session, actor, found, "dismiss", "failure:dismiss")
    return tuple(one.id for one in found)


async def restore_failures(
    session: AsyncSession, actor: Actor, kind: str, ids: Sequence[str]
) -> None:
    """Show again what was put aside."""
    actor.require(Permission.JOB_MANAGE)
    if kind in _ROWS:
        await _mark(session, actor, kind, ids, None)
        return
    jobs = [number for one in ids for number in _numbers(one)]
    await session.execute(_SETTLE, {"jobs": jobs, "verb": "restore"})
    audit.record(session, actor, "failure:restore", "job", actor.agency_id, number=len(ids))


async def _places(session: AsyncSession) -> dict[UUID, _Place]:
    rows = await session.execute(select(Workspace.id, Workspace.name, Workspace.slug))
    return {row.id: _Place(row.name, row.slug) for row in rows}


async def _find(session: AsyncSession, actor: Actor, kind: str, most: int) -> list[Any]:
    statement = (
        "select x.* from unnest(cast(:asked as uuid[])) a (id) cross join lateral"  # noqa: S608
        f" ({_ROWS[kind]} order by since desc limit :most) x order by x.since desc limit :most"
    )
    asked = {"agency": actor.agency_id, "asked": list(actor.workspaces), "most": most}
    return list((await session.execute(text(statement), asked)).all())


async def _count(session: AsyncSession, actor: Actor, kind: str) -> int:
    statement = (
        "select count(*) from unnest(cast(:asked as uuid[])) a (id) cross join lateral"  # noqa: S608
        f" ({_ROWS[kind]}) x"
    )
    asked = {"agency": actor.agency_id, "asked": list(actor.workspaces)}
    return await session.scalar(text(statement), asked) or 0


def _failure(one: Any, kind: str, place: _Place) -> Failure:
    """A failed row as the page tells it."""
    leads = f"{place.path}/connections/" if kind == "connection" else ""
    if one.thread_id is not None:
        leads = f"{place.path}/inbox/?thread={one.thread_id}"
    words = f"“{one.detail[:120]}”" if kind == "reply" else one.detail
    return Failure(
        f"{one.workspace_id}.{one.id}", kind, f"failures.title.{one.what}", words, place.name,
        _fault(one.fault), params_of(one.fault_params), one.since, one.attempts,
        one.state != "reconnect", leads,
    )  # fmt: skip


def _fault(code: str | None) -> str:
    key = f"fault.{code}"
    return key if key in catalogue("en") else "failures.fault.unknown"


async def _jobs(session: AsyncSession, places: Mapping[UUID, _Place]) -> dict[str, list[Failure]]:
    """Failed jobs of the agency, those about the same thing together."""
    rows = await session.execute(text("select * from failed_jobs(:most)"), {"most": MOST})
    groups: dict[tuple[str, UUID], list[Any]] = {}
    for row in rows:
        groups.setdefault((row.kind, row.about), []).append(row)
    found: dict[str, list[Failure]] = {"mail": [], "job": []}
    for (name, about), jobs in groups.items():
        kind = "mail" if name.startswith("mail.") else "job"
        detail = await _reader(session, about) if kind == "mail" else ""
        space, numbers = jobs[0].space, sorted((job.job for job in jobs), reverse=True)
        if space is not None and space not in places:
            continue
        found[kind].append(
            Failure(
                ".".join(map(str, numbers)), kind, _job_title(name), detail,
                places[space].name if space is not None else "", "failures.fault.job", {},
                jobs[0].since, sum(job.attempts for job in jobs), True, "",
            )
        )  # fmt: skip
    return found


def _job_title(name: str) -> str:
    key = f"failures.job.{name}"
    return key if key in catalogue("en") else "failures.job.other"


async def _reader(session: AsyncSession, user_id: UUID) -> str:
    """Whom a mail was for, when it is about a user."""
    found = (
        await session.execute(text("select email from user_contact(:user)"), {"user": user_id})
    ).one_or_none()
    return found.email if found else ""


async def _named(
    session: AsyncSession, actor: Actor, kind: str, ids: Sequence[str]
) -> list[Failure]:
    """The failures of a kind that are named, or all; what is not there any more is left out."""
    if kind not in KINDS:
        raise Invalid("filter")
    places = await _places(session)
    if kind in _ROWS:
        rows = await _find(session, actor, kind, MOST)
        found = [_failure(one, kind, places[one.workspace_id]) for one in rows]
    else:
        found = (await _jobs(session, places))[kind]
    return [one for one in found if not ids or one.id in ids]


def _row_of(key: str) -> tuple[UUID, UUID]:
    workspace, _, row = key.partition(".")
    try:
        return UUID(workspace), UUID(row)
    except ValueError:
        raise Invalid("filter") from None


def _numbers(key: str) -> list[int]:
    try:
        return [int(one) for one in key.split(".")]
    except ValueError:
        raise Invalid("filter") from None


async def _mark(
    session: AsyncSession, actor: Actor, kind: str, ids: Sequence[str], at: datetime | None
) -> None:
    """Note that rows are put aside, or no longer."""
    table = _TABLES[kind]
    for workspace_id, row_id in map(_row_of, ids):
        if workspace_id not in actor.workspaces:
            continue
        await session.execute(
            update(table)
            .where(table.workspace_id == workspace_id, table.id == row_id)
            .values(dismissed_at=at)
        )
        audit.record(
            session, actor, "failure:dismiss" if at else "failure:restore", kind, row_id,
            workspace_id=workspace_id,
        )  # fmt: skip


_SETTLE = text("select settle_jobs(cast(:jobs as bigint[]), :verb)")


async def _settle(
    session: AsyncSession, actor: Actor, found: Sequence[Failure], verb: str, tag: str
) -> int:
    """Have the queue take failed jobs again, or keep them out of sight."""
    for one in found:
        jobs = _numbers(one.id)
        # Of jobs about the same thing one is enough.
        first, rest = jobs[:1], jobs[1:]
        await session.execute(_SETTLE, {"jobs": first, "verb": verb})
        await session.execute(_SETTLE, {"jobs": rest, "verb": "dismiss"})
        audit.record(session, actor, tag, "job", actor.agency_id, title=one.detail or one.workspace)
    return len(found)


async def _retry_connection(
    session: AsyncSession, actor: Actor, workspace_id: UUID, connection_id: UUID
) -> None:
    """Have a connection in trouble read at once."""
    await session.execute(
        update(Connection)
        .where(
            Connection.workspace_id == workspace_id,
            Connection.id == connection_id,
            Connection.state == "trouble",
        )
        .values(due_at=datetime.now(UTC), lease_until=None)
    )
    audit.record(
        session, actor, "failure:retry", "connection", connection_id, workspace_id=workspace_id
    )
    await wake_stream(session, connection_id)
    await announce(session, actor, workspace_id, "connections")


_Again = Callable[[AsyncSession, Actor, UUID, UUID], Awaitable[None]]
_AGAIN: Mapping[str, _Again] = {
    "reply": retry_reply,
    "measure": retry_measure,
    "connection": _retry_connection,
}
