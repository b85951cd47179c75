"""The worker's pieces: what is due is found though its job is lost, and trouble waits."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from cmhub.db import doors, unit_of_work
from cmhub.integrations.networks.base import NetworkFault, ReauthoriseNeeded, Retry
from cmhub.jobs.handlers import DUE, HANDLERS
from cmhub.jobs.worker import retry_delay, sweep
from cmhub.models import Channel, Connection, Measure, Message, Reply, Thread, new_id
from cmhub.queue import Work
from cmhub.services.measures import delete_message
from cmhub.services.replies import send_reply
from cmhub.services.syncing import give_lease_back, note_fault, take_lease, wait_after
from tests.support.agency import NewAgency
from tests.support.community import Community, bring, make_community, said


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    made = await make_community(agency.owner, agency.workspace_id)
    await bring(made, said("m1"))
    return made


async def _ids(community: Community) -> tuple[UUID, UUID]:
    async with unit_of_work(community.actor) as session:
        thread = (await session.scalars(select(Thread.id))).one()
        return thread, (await session.scalars(select(Message.id))).one()


async def _plan(community: Community) -> dict[str, UUID]:
    """A reply, a measure and a channel's history, all due, and their jobs lost."""
    thread, message = await _ids(community)
    actor, place = community.actor, community.workspace_id
    due = datetime.now(UTC) - timedelta(seconds=5)
    async with unit_of_work(actor) as session:
        reply = await send_reply(session, actor, place, thread, "Bonjour")
        measure = await delete_message(session, actor, place, message)
        await session.execute(update(Reply).values(due_at=due))
        await session.execute(update(Measure).values(due_at=due))
        channel = community.channels["general"]
        await session.execute(
            update(Channel).where(Channel.id == channel).values(history_due_at=due)
        )
    await _lose_jobs({reply, measure, channel})
    return {"reply.send": reply, "measure.apply": measure, "history.read": channel}


async def _jobs() -> list[tuple[int, str, Work]]:
    async with doors() as session:
        rows = await session.execute(text("select id, entrypoint, payload from jobs.pgqueuer"))
        return [(row.id, row.entrypoint, Work.decode(bytes(row.payload))) for row in rows]


async def _jobs_of(ids: set[UUID]) -> list[tuple[str, Work]]:
    return sorted(
        ((kind, work) for _, kind, work in await _jobs() if work.id in ids),
        key=lambda one: one[0],
    )


async def _lose_jobs(ids: set[UUID]) -> None:
    lost = [job for job, _, work in await _jobs() if work.id in ids]
    async with doors() as session:
        await session.execute(
            text("delete from jobs.pgqueuer where id = any(:lost)"), {"lost": lost}
        )


async def test_the_sweeper_finds_what_lost_its_job(community: Community) -> None:
    planned = await _plan(community)
    assert await sweep() >= 3
    agency, place = community.actor.agency_id, community.workspace_id
    wanted = [(kind, Work(planned[kind], agency, place)) for kind in sorted(planned)]
    assert await _jobs_of(set(planned.values())) == wanted


async def test_sweeping_twice_makes_no_second_job(community: Community) -> None:
    planned = await _plan(community)
    await sweep()
    await asyncio.gather(sweep(), sweep())
    assert len(await _jobs_of(set(planned.values()))) == 3


async def test_the_sweeper_leaves_alone_what_is_not_due(community: Community) -> None:
    planned = await _plan(community)
    later = datetime.now(UTC) + timedelta(minutes=5)
    async with unit_of_work(community.actor) as session:
        await session.execute(update(Reply).values(due_at=later))
        await session.execute(update(Measure).values(due_at=None))
        await session.execute(update(Channel).values(history_due_at=None))
    await sweep()
    assert await _jobs_of(set(planned.values())) == []


def test_every_kind_of_due_row_has_a_handler() -> None:
    assert set(DUE.values()) <= set(HANDLERS)
    assert {"mail.confirm", "mail.reset", "mail.already", "mail.changed"} <= set(HANDLERS)


async def test_a_job_whose_row_is_gone_does_nothing(community: Community) -> None:
    gone = Work(new_id(), community.actor.agency_id, community.workspace_id)
    for kind in DUE.values():
        await HANDLERS[kind](gone)


@pytest.mark.parametrize("attempts", range(12))
def test_a_job_that_failed_waits_longer_and_longer(attempts: int) -> None:
    middle = min(300.0, 2.0 ** (attempts + 1))
    for _ in range(50):
        assert 0.75 * middle <= retry_delay(attempts).total_seconds() <= 1.25 * middle


@pytest.mark.parametrize("failures", [1, 2, 5, 9, 1000])
def test_a_network_in_trouble_is_left_alone_as_long_as_it_asks(failures: int) -> None:
    least = min(300.0, 2.0 ** min(failures, 9))
    for _ in range(20):
        assert least <= wait_after(NetworkFault("x"), failures).total_seconds() <= 1.25 * least
        assert wait_after(Retry(900.0), failures) >= timedelta(seconds=900)


def _work(community: Community) -> Work:
    return Work(community.connection_id, community.actor.agency_id, community.workspace_id)


async def _connection(community: Community) -> Connection:
    async with unit_of_work(community.actor) as session:
        return (await session.scalars(select(Connection))).one()


async def _change(community: Community, **values: object) -> None:
    async with unit_of_work(community.actor) as session:
        await session.execute(update(Connection).values(**values))


async def test_only_one_worker_reads_a_connection(community: Community) -> None:
    work, actor = _work(community), community.actor
    owners = [new_id() for _ in range(6)]
    taken = await asyncio.gather(*(take_lease(actor, work, owner) for owner in owners))
    assert sum(taken) == 1
    holder = owners[taken.index(True)]
    assert await take_lease(actor, work, holder), "who holds it may hold it longer"
    await give_lease_back(actor, work, new_id())
    assert not await take_lease(actor, work, new_id()), "nobody else gives it back"
    await give_lease_back(actor, work, holder)
    assert await take_lease(actor, work, new_id())


async def test_a_lease_of_a_dead_worker_ends(community: Community) -> None:
    work, actor = _work(community), community.actor
    assert await take_lease(actor, work, new_id())
    await _change(community, lease_until=datetime.now(UTC) - timedelta(seconds=1))
    assert await take_lease(actor, work, new_id())


async def test_what_is_not_due_is_not_read(community: Community) -> None:
    for due in (None, datetime.now(UTC) + timedelta(minutes=1)):
        await _change(community, due_at=due)
        assert not await take_lease(community.actor, _work(community), new_id())


async def test_one_failure_is_not_trouble_and_two_are(community: Community) -> None:
    work, actor = _work(community), community.actor
    await note_fault(actor, work, Retry(1.0))
    row = await _connection(community)
    assert (row.state, row.fault, row.failures) == ("active", None, 1)
    await note_fault(actor, work, Retry(1.0, "busy"))
    row = await _connection(community)
    assert (row.state, row.fault) == ("trouble", "busy")
    since = row.faulted_at
    await note_fault(actor, work, Retry(1.0, "busy"))
    assert (await _connection(community)).faulted_at == since, "it began when it began"


async def test_credentials_that_are_refused_want_a_user(community: Community) -> None:
    await note_fault(community.actor, _work(community), ReauthoriseNeeded())
    row = await _connection(community)
    assert (row.state, row.fault, row.due_at) == ("reconnect", "reauthorise", None)


async def test_a_connection_given_up_has_no_faults(community: Community) -> None:
    await _change(community, state="disconnected")
    await note_fault(community.actor, _work(community), ReauthoriseNeeded())
    assert (await _connection(community)).state == "disconnected"
