"""Home as it is read: of one workspace, and of every workspace that somebody may see."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.errors import NotFound
from cmhub.models import Workspace
from cmhub.services.home import handover, registry
from cmhub.services.home.parts import SEVERITIES, Line, Look, Part, Severity, rank
from cmhub.services.home.registry import Fault
from cmhub.services.home.steps import Step, read_steps
from cmhub.services.home.visits import Visit
from cmhub.services.home.weeks import Trend, read_trends

AWAY_LINES = 5
TRENDS = ("messages", "members", "newcomers", "answered", "unanswered")


@dataclass(frozen=True, slots=True)
class Home:
    """A workspace's Home. ``faults`` are areas that could not be looked at."""

    visit: Visit
    notes: tuple[handover.NoteView, ...]
    steps: tuple[Step, ...]
    happened: tuple[Line, ...]
    burning: tuple[Line, ...]
    due: tuple[Line, ...]
    client: tuple[Line, ...]
    moved: tuple[Line, ...]
    faults: tuple[Fault, ...]

    @property
    def clear(self) -> bool:
        """Whether nothing burns, is due or waits, and everything could be looked at."""
        return not (self.burning or self.due or self.client or self.faults)


@dataclass(frozen=True, slots=True)
class Space:
    """A workspace in the agency's table: ``count`` things burn, ``worst`` is the worst of them.

    ``waiting``, ``next`` and ``connections`` are its signals; ``trends`` are in their order.
    """

    id: UUID
    slug: str
    name: str
    client: str
    count: int
    worst: Line | None
    waiting: Line | None
    next: Line | None
    connections: Line | None
    trends: tuple[Trend, ...]

    @property
    def severity(self) -> Severity:
        """How bad the worst is; good when nothing burns."""
        return self.worst.severity if self.worst else "good"


@dataclass(frozen=True, slots=True)
class AgencyHome:
    """Every workspace that the reader may see, those first that need somebody."""

    spaces: tuple[Space, ...]
    faults: tuple[Fault, ...]


async def read_home(
    session: AsyncSession, actor: Actor, workspace_id: UUID, visit: Visit, *, now: datetime
) -> Home:
    """Everything on a workspace's Home, as it is at this moment.

    Raises:
        NotFound, Forbidden: the workspace is not there, or not the actor's to see.
    """
    actor.require(Permission.HOME_READ, workspace_id)
    spaces = await _spaces(session, (workspace_id,))
    if not spaces:
        raise NotFound
    look = _look(actor, spaces, visit.since, now)
    parts: tuple[Part, ...] = ("happened", "burning", "due", "client", "moved")
    told = {part: await registry.ask(session, part, look) for part in parts}
    return Home(
        visit=visit,
        notes=await handover.waiting_notes(session, actor, workspace_id),
        steps=() if visit.steps_away else await read_steps(session, actor, workspace_id),
        happened=told["happened"].lines[:AWAY_LINES],
        burning=told["burning"].lines,
        due=told["due"].lines,
        client=told["client"].lines,
        moved=told["moved"].lines,
        faults=tuple(fault for part in parts for fault in told[part].faults),
    )


async def read_open(
    session: AsyncSession, actor: Actor, workspace_id: UUID, *, now: datetime
) -> tuple[handover.Fact, ...]:
    """What is open at this moment: the beginning of a hand-over note."""
    actor.require(Permission.HOME_READ, workspace_id)
    spaces = await _spaces(session, (workspace_id,))
    told = await registry.ask(session, "open", _look(actor, spaces, now, now))
    return handover.facts_of(told.lines)


async def read_agency_home(session: AsyncSession, actor: Actor, *, now: datetime) -> AgencyHome:
    """A row for each workspace in which the actor may read Home, the most urgent first.

    Raises:
        Forbidden: there is none, and no role of theirs would show one.
    """
    actor.require_somewhere(Permission.HOME_READ)
    spaces = await _spaces(session, actor.workspaces_where(Permission.HOME_READ))
    look = _look(actor, spaces, now, now)
    burning = await registry.ask(session, "burning", look)
    signals = await registry.ask(session, "signals", look)
    trends = await _trends(session, look)
    rows = [_space(one, burning.lines, signals.lines, trends) for one in spaces]
    return AgencyHome(tuple(sorted(rows, key=_urgency)), (*burning.faults, *signals.faults))


async def _spaces(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Workspace]:
    found = await session.scalars(
        select(Workspace)
        .where(Workspace.id.in_(ids), Workspace.archived_at.is_(None))
        .order_by(Workspace.name, Workspace.id)
    )
    return found.all()


def _look(actor: Actor, spaces: Sequence[Workspace], since: datetime, now: datetime) -> Look:
    zones = {one.id: ZoneInfo(one.time_zone) for one in spaces}
    return Look(actor, tuple(zones), since, now, zones)


async def _trends(session: AsyncSession, look: Look) -> dict[UUID, tuple[Trend, ...]]:
    reach = tuple(w for w in look.workspace_ids if look.actor.may(Permission.ACTIVITY_READ, w))
    found = await read_trends(session, replace(look, workspace_ids=reach))
    return {each: tuple(trends[name] for name in TRENDS) for each, trends in found.items()}


def _space(
    one: Workspace,
    burning: Sequence[Line],
    signals: Sequence[Line],
    trends: dict[UUID, tuple[Trend, ...]],
) -> Space:
    mine = [line for line in burning if line.workspace_id == one.id]
    told = {line.id: line for line in reversed(signals) if line.workspace_id == one.id}
    return Space(
        id=one.id,
        slug=one.slug,
        name=one.name,
        client=one.client,
        count=sum(line.count for line in mine),
        worst=mine[0] if mine else None,
        waiting=told.get("waiting"),
        next=told.get("next"),
        connections=told.get("connections"),
        trends=trends.get(one.id, ()),
    )


def _urgency(space: Space) -> tuple[object, ...]:
    """The worst first; among equals what has lasted longest, then where most burns."""
    waits = (
        rank(space.waiting)[1] if space.waiting else datetime.max.replace(tzinfo=ZoneInfo("UTC"))
    )
    worst = rank(space.worst)[1] if space.worst else waits
    return SEVERITIES.index(space.severity), worst, -space.count, waits, space.name
