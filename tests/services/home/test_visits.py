"""Since when somebody was away."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden
from cmhub.models import AuditEvent, new_id
from cmhub.services import audit
from cmhub.services.home import visits
from cmhub.services.home.visits import Visit
from tests.support.agency import NewAgency
from tests.support.home import NOW, somebody

HOUR = timedelta(hours=1)


async def _open(agency: NewAgency, now: datetime, actor: Actor | None = None) -> Visit:
    who = actor or agency.owner
    async with unit_of_work(who) as session:
        return await visits.open_visit(session, who, agency.workspace_id, now)


async def _read(agency: NewAgency, now: datetime) -> Visit:
    async with unit_of_work(agency.owner) as session:
        return await visits.read_visit(session, agency.owner, agency.workspace_id, now)


async def test_the_first_visit_tells_of_the_last_day(agency: NewAgency) -> None:
    visit = await _open(agency, NOW)
    assert (visit.since, visit.first) == (NOW - timedelta(days=1), True)


async def test_a_reload_changes_nothing(agency: NewAgency) -> None:
    await _open(agency, NOW)
    await _open(agency, NOW + 5 * HOUR)
    for minutes in (1, 25, 50, 75):
        visit = await _open(agency, NOW + 5 * HOUR + timedelta(minutes=minutes))
        assert (visit.since, visit.first) == (NOW, False), "each is within half an hour"


async def test_after_half_an_hour_of_absence_a_visit_is_a_new_one(agency: NewAgency) -> None:
    await _open(agency, NOW)
    assert (await _open(agency, NOW + visits.ABSENCE)).first
    last = NOW + visits.ABSENCE
    again = await _open(agency, last + visits.ABSENCE + timedelta(seconds=1))
    assert again == Visit(last, False, False)


async def test_looking_neither_begins_nor_prolongs_a_visit(agency: NewAgency) -> None:
    assert (await _read(agency, NOW)).first
    await _open(agency, NOW)
    for minutes in (20, 40, 60):
        await _read(agency, NOW + timedelta(minutes=minutes))
    assert (await _open(agency, NOW + HOUR)).since == NOW


async def test_who_works_in_the_workspace_is_not_away(agency: NewAgency) -> None:
    await _open(agency, NOW)
    for who, minutes in ((agency.owner, 110), (replace(agency.owner, user_id=new_id()), 230)):
        async with unit_of_work(who) as session:
            made = new_id()
            audit.record(
                session, who, "thread:state", "thread", made, workspace_id=agency.workspace_id
            )
            await session.flush()
        async with unit_of_work(agency.owner) as session:
            at = NOW + timedelta(minutes=minutes)
            assert made
            await _backdate(agency, made, at)
    visit = await _open(agency, NOW + 2 * HOUR)
    assert visit.first, "ten minutes ago they moved a thread"
    late = await _open(agency, NOW + 4 * HOUR)
    assert late.since == NOW + 2 * HOUR, "what somebody else did ten minutes ago is not theirs"


async def _backdate(agency: NewAgency, object_id: object, at: datetime) -> None:
    from cmhub.migrate import owner_connection, privileged_url

    with owner_connection(privileged_url()) as connection:
        connection.execute(
            update(AuditEvent).where(AuditEvent.object_id == object_id).values(at=at)
        )


async def test_everybody_has_visits_of_their_own(agency: NewAgency) -> None:
    await _open(agency, NOW)
    other = somebody(agency.owner, Role.MODERATOR, agency.workspace_id)
    assert (await _open(agency, NOW + 2 * HOUR, other)).first


async def test_the_first_steps_are_put_away_and_brought_back(agency: NewAgency) -> None:
    await _open(agency, NOW)
    for moment in (NOW, None):
        async with unit_of_work(agency.owner) as session:
            await visits.put_steps_away(session, agency.owner, agency.workspace_id, moment)
        assert (await _read(agency, NOW)).steps_away is (moment is not None)


async def test_a_client_has_no_home(agency: NewAgency) -> None:
    client = somebody(agency.owner, Role.CLIENT, agency.workspace_id)
    with pytest.raises(Forbidden):
        await _open(agency, NOW, client)
