"""Looks at Home for tests, at a moment of their choice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.models import HandoverNote, new_id
from cmhub.services.home import handover, reading, registry, visits
from cmhub.services.home.parts import Area, Line, Look, Part
from cmhub.services.home.reading import AgencyHome, Home
from cmhub.services.home.registry import Told
from tests.support.community import PARIS, Community, bring, said

# Noon in Paris, where it is summer time; a Wednesday.
NOW = datetime(2026, 6, 10, 10, tzinfo=UTC)


def somebody(actor: Actor, role: Role, workspace_id: UUID, name: str = "Karim") -> Actor:
    """Another user of the agency, with a role in one workspace."""
    return replace(
        actor,
        user_id=new_id(),
        name=name,
        agency_roles=frozenset(),
        workspaces={workspace_id: frozenset({role})},
    )


def look_of(
    actor: Actor,
    *workspace_ids: UUID,
    since: datetime | None = None,
    now: datetime = NOW,
    zone: ZoneInfo = PARIS,
) -> Look:
    """How somebody looks at workspaces of one zone; they were away for a day."""
    zones = dict.fromkeys(workspace_ids, zone)
    return Look(actor, workspace_ids, since or now - timedelta(days=1), now, zones)


async def told(part: Part, look: Look, areas: tuple[Area, ...] | None = None) -> Told:
    """What the areas say of a part."""
    async with unit_of_work(look.actor) as session:
        return await registry.ask(session, part, look, areas)


async def lines(part: Part, area: Area, look: Look) -> Sequence[Line]:
    """What one area says of a part, which it can."""
    found = await told(part, look, (area,))
    assert found.faults == ()
    return found.lines


async def home_of(actor: Actor, workspace_id: UUID, now: datetime = NOW) -> Home:
    """Home as somebody finds it who opens it."""
    async with unit_of_work(actor) as session:
        visit = await visits.open_visit(session, actor, workspace_id, now)
        return await reading.read_home(session, actor, workspace_id, visit, now=now)


async def agency_home_of(actor: Actor, now: datetime = NOW) -> AgencyHome:
    """The agency's Home."""
    async with unit_of_work(actor) as session:
        return await reading.read_agency_home(session, actor, now=now)


async def fill_home(session: AsyncSession, actor: Actor, workspace_id: UUID) -> None:
    """Visit a workspace and leave a note."""
    await visits.open_visit(session, actor, workspace_id, datetime.now(UTC))
    await handover.leave_note(session, actor, workspace_id, "Ana rappelle.", [])


async def note_of(actor: Actor) -> UUID:
    """The note of the one workspace that is in reach."""
    async with unit_of_work(actor) as session:
        return (await session.scalars(select(HandoverNote.id))).one()


async def live_weeks(
    community: Community, counts: Sequence[int], *, people: int = 12, now: datetime = NOW
) -> None:
    """Have so many messages written in each complete week before ``now``, the oldest first."""
    for place, count in enumerate(reversed(counts)):
        await bring(
            community,
            *(
                said(
                    f"week{place}-{number}",
                    by=f"person{number % people}",
                    at=now - timedelta(days=1 + 7 * place + number % 7, minutes=number // 7),
                )
                for number in range(count)
            ),
        )
