"""What threads, replies, measures, accounts and the community tell Home."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from cmhub.actor import Role
from cmhub.db import unit_of_work
from cmhub.integrations.networks.base import IncomingDeletion
from cmhub.models import Channel, Connection, Measure, Reply, Thread
from cmhub.services import measures, replies
from cmhub.services.home import activity, connections, outgoing, registry, threads
from cmhub.services.home.parts import PARTS, Area, Line, Look
from tests.support.agency import NewAgency
from tests.support.community import Community, bring, make_community, said
from tests.support.home import NOW, home_of, lines, live_weeks, look_of, somebody, told
from tests.support.tenants import make_tenant

HOUR = timedelta(hours=1)


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    return await make_community(agency.owner, agency.workspace_id)


def _look(community: Community, **given: Any) -> Look:
    return look_of(community.actor, community.workspace_id, **given)


# threads


async def test_a_thread_burns_when_it_waits_longer_than_a_day(community: Community) -> None:
    await bring(
        community,
        said("m1", "Où est la notice ?", at=NOW - 25 * HOUR),
        said("m2", at=NOW - 23 * HOUR),
        said("m3", by="ben", at=NOW - 80 * HOUR, channel="help"),
    )
    found = await lines("burning", threads.AREA, _look(community))
    assert [(one.severity, one.params, one.since) for one in found] == [
        ("bad", {"who": "Ben", "channel": "Help"}, NOW - 80 * HOUR),
        ("warn", {"who": "Ana", "channel": "General"}, NOW - 25 * HOUR),
    ]
    assert found[1].detail == "Où est la notice ?"
    await bring(community, said("m4", "Aucune idée", by="eve", to="m1", at=NOW))
    again = await lines("burning", threads.AREA, _look(community))
    assert again[1].params["who"] == "Ana"
    assert again[1].detail == "Eve: Aucune idée"
    async with unit_of_work(community.actor) as session:
        thread = await session.get_one(
            Thread, (community.actor.agency_id, community.workspace_id, _id(found[1]))
        )
    assert found[1].address == f"inbox/?state=open&thread={thread.id}"


def _id(line: Line) -> str:
    return line.id.partition(":")[2]


async def test_an_answered_thread_burns_no_more(community: Community) -> None:
    await bring(community, said("m1", at=NOW - 30 * HOUR))
    assert await lines("burning", threads.AREA, _look(community))
    await bring(community, said("m2", by="team", to="m1", at=NOW))
    assert not await lines("burning", threads.AREA, _look(community))


async def test_what_is_set_aside_does_not_burn(community: Community) -> None:
    await bring(community, said("m1", at=NOW - 30 * HOUR))
    async with unit_of_work(community.actor) as session:
        await session.execute(update(Thread).values(state="done"))
    assert not await lines("burning", threads.AREA, _look(community))


async def test_many_are_named_by_the_longest_and_counted(community: Community) -> None:
    await bring(*[community, *(said(f"m{n}", at=NOW - (30 + n) * HOUR) for n in range(9))])
    found = await lines("burning", threads.AREA, _look(community))
    assert len(found) == threads.SHOWN + 1
    assert sum(one.count for one in found) == 9
    rest = next(one for one in found if one.id == "threads:more")
    assert rest.params == {"n": 9 - threads.SHOWN}
    assert min(one.since for one in found if one.since) == NOW - 38 * HOUR


async def test_it_tells_what_was_opened_and_what_went_on(community: Community) -> None:
    await bring(
        community,
        said("m1", at=NOW - 60 * HOUR),
        said("m2", by="ben", to="m1", at=NOW - 3 * HOUR),
        said("m3", at=NOW - 2 * HOUR),
        said("m4", by="team", at=NOW - HOUR),
        said("m5", by="robot", at=NOW - HOUR, bot=True),
        said("m6", at=NOW - 50 * HOUR, channel="help"),
        said("m7", by="team", to="m6", at=NOW - HOUR, channel="help"),
    )
    found = await lines("happened", threads.AREA, _look(community, since=NOW - 4 * HOUR))
    assert [(one.key, one.count) for one in found] == [
        ("home.happened.moved", 1),
        ("home.happened.opened", 1),
    ]
    assert not await lines("happened", threads.AREA, _look(community, since=NOW))


async def test_it_signals_how_many_wait_and_how_long(community: Community) -> None:
    await bring(community, said("m1", at=NOW - 2 * HOUR), said("m2", at=NOW - 3 * HOUR))
    (found,) = await lines("signals", threads.AREA, _look(community))
    assert (found.id, found.severity, found.count, found.since) == (
        "waiting", "info", 2, NOW - 3 * HOUR,
    )  # fmt: skip
    (later,) = await lines("signals", threads.AREA, _look(community, now=NOW + 24 * HOUR))
    assert later.severity == "warn"


# replies and measures


async def _stuck(community: Community, state: str = "failed") -> None:
    """A reply and a deletion that did not arrive, planned an hour before now."""
    await bring(community, said("m1", at=NOW - 2 * HOUR))
    actor, place = community.actor, community.workspace_id
    async with unit_of_work(actor) as session:
        thread = (await session.execute(text("select thread_id, id from message"))).one()
        await replies.send_reply(session, actor, place, thread.thread_id, "Bonjour Ana")
        await measures.delete_message(session, actor, place, thread.id)
        for table, stands in ((Reply, state), (Measure, {"sent": "confirmed"}.get(state, state))):
            await session.execute(update(table).values(state=stands, created_at=NOW - HOUR))


@pytest.mark.parametrize("state", ["failed", "unknown"])
async def test_what_did_not_arrive_burns(community: Community, state: str) -> None:
    await _stuck(community, state)
    found = await lines("burning", outgoing.AREA, _look(community))
    assert sorted((one.key, one.severity, one.detail) for one in found) == [
        (f"home.delete.{state}", "bad", ""),
        (f"home.reply.{state}", "bad", "Bonjour Ana"),
    ]
    assert len({one.address for one in found}) == 1, "both lead to the thread"
    assert "thread=" in found[0].address
    (fact,) = await lines("open", outgoing.AREA, _look(community))
    assert fact.count == 2


@pytest.mark.parametrize("state", ["planned", "sending"])
async def test_what_is_on_its_way_does_not(community: Community, state: str) -> None:
    await _stuck(community, state)
    assert not await lines("burning", outgoing.AREA, _look(community))


async def test_a_deletion_of_what_has_gone_is_moot(community: Community) -> None:
    await _stuck(community)
    await bring(community, IncomingDeletion("general", "m1", NOW))
    found = await lines("burning", outgoing.AREA, _look(community))
    assert [one.key for one in found] == ["home.reply.failed"]


async def test_only_the_last_of_several_tries_burns(community: Community) -> None:
    await bring(community, said("m1", at=NOW - 2 * HOUR))
    actor, place = community.actor, community.workspace_id
    async with unit_of_work(actor) as session:
        message = await session.scalar(text("select id from message"))
        for minutes, state in ((30, "failed"), (20, "failed")):
            made = await measures.measure_member(session, actor, place, message, "mute")
            await session.execute(
                update(Measure)
                .where(Measure.id == made)
                .values(state=state, created_at=NOW - timedelta(minutes=minutes))
            )
    (found,) = await lines("burning", outgoing.AREA, _look(community))
    assert (found.key, found.params) == ("home.mute.failed", {"who": "Ana"})
    assert "thread=" in found.address, "it leads to what the member wrote last"
    async with unit_of_work(actor) as session:
        made = await measures.measure_member(session, actor, place, message, "mute")
        await session.execute(
            update(Measure).where(Measure.id == made).values(state="confirmed", created_at=NOW)
        )
    assert not await lines("burning", outgoing.AREA, _look(community))


async def test_what_failed_long_ago_is_history(community: Community) -> None:
    await _stuck(community)
    later = NOW + outgoing.REMEMBERED
    assert not await lines("burning", outgoing.AREA, _look(community, now=later))


async def test_colleagues_replies_are_told_but_not_ones_own(community: Community) -> None:
    await _stuck(community, "sent")
    assert not await lines("happened", outgoing.AREA, _look(community))
    karim = somebody(community.actor, Role.MODERATOR, community.workspace_id)
    found = await lines("happened", outgoing.AREA, look_of(karim, community.workspace_id))
    assert [(one.key, one.count) for one in found] == [
        ("home.happened.measures", 1),
        ("home.happened.replies", 1),
    ]
    assert found[1].params["who"] == community.actor.name


# accounts


async def _set(community: Community, **values: object) -> None:
    async with unit_of_work(community.actor) as session:
        await session.execute(update(Connection).values(**values))


@pytest.mark.parametrize(
    ("values", "key", "severity"),
    [
        ({"state": "reconnect", "faulted_at": NOW - HOUR}, "reconnect", "bad"),
        ({"state": "trouble", "faulted_at": NOW - HOUR}, "trouble", "warn"),
        ({"state": "active", "synced_at": NOW - HOUR}, "stale", "bad"),
    ],
)
async def test_an_account_that_is_not_read_burns(
    community: Community, values: dict[str, object], key: str, severity: str
) -> None:
    await _set(community, **values)
    (found,) = await lines("burning", connections.AREA, _look(community))
    assert (found.key, found.severity) == (f"home.connection.{key}", severity)
    assert (found.since, found.address) == (NOW - HOUR, "connections/")
    (signal,) = await lines("signals", connections.AREA, _look(community))
    assert (signal.id, signal.key, signal.count) == (
        "connections", "home.signal.connections.broken", 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"synced_at": NOW - timedelta(minutes=29)}, "good"),
        ({"synced_at": None}, "good"),
        ({"state": "disconnected", "synced_at": NOW - 99 * HOUR}, "none"),
        ({"state": "history", "network": "import"}, "none"),
    ],
)
async def test_an_account_that_works_or_was_given_up_does_not(
    community: Community, values: dict[str, object], key: str
) -> None:
    await _set(community, **values)
    assert not await lines("burning", connections.AREA, _look(community))
    (signal,) = await lines("signals", connections.AREA, _look(community))
    assert signal.key == f"home.signal.connections.{key}"


# the community


async def test_who_wrote_for_the_first_time_is_told(community: Community) -> None:
    since = NOW - 4 * HOUR
    await bring(
        community,
        said("m1", by="ana", at=NOW - 80 * HOUR),
        said("m2", by="ben", at=NOW - HOUR),
        said("m3", by="robot", at=NOW - HOUR, bot=True),
        said("m4", by="ana", at=NOW - HOUR),
    )
    (found,) = await lines("happened", activity.AREA, _look(community, since=since))
    assert (found.key, found.count) == ("home.happened.newcomers", 1)


# all of them


async def test_a_role_sees_only_what_it_may(community: Community) -> None:
    await bring(community, said("m1", at=NOW - 30 * HOUR))
    client = somebody(community.actor, Role.CLIENT, community.workspace_id)
    for part in PARTS:
        found = await told(part, look_of(client, community.workspace_id))
        assert found.lines == () or part in ("moved", "happened"), part
        assert not any(one.detail for one in found.lines)


async def test_another_workspace_or_agency_tells_nothing(
    community: Community, agency: NewAgency
) -> None:
    other = await make_tenant()
    await bring(community, said("m1", at=NOW - 30 * HOUR))
    forged = replace(other.actor, workspaces=community.actor.workspaces)
    for part in PARTS:
        found = await told(part, look_of(forged, community.workspace_id))
        assert found.faults == ()
        assert all(one.id == "connections" and one.count == 0 for one in found.lines), part
    beside = look_of(other.actor, other.first.id)
    for part in PARTS:
        found = await told(part, replace(beside, actor=other.first.alone))
        assert {one.workspace_id for one in found.lines} <= {other.first.id}


async def test_an_area_that_breaks_costs_its_own_lines_and_says_so(
    community: Community, caplog: pytest.LogCaptureFixture
) -> None:
    await bring(community, said("m1", at=NOW - 30 * HOUR))

    async def broken(session: Any, look: Look) -> list[Line]:
        await session.execute(text("select from a_table_that_is_not_there"))
        return []

    wrong = Area("connections", threads.AREA.permission, burning=broken)
    found = await told("burning", _look(community), (wrong, threads.AREA))
    assert [one.key for one in found.lines] == ["home.thread.waits"]
    (fault,) = found.faults
    assert (fault.area, fault.part) == ("connections", "burning")
    assert fault.reference in caplog.text
    assert "a_table_that_is_not_there" in caplog.text


async def test_nothing_is_called_clear_that_could_not_be_looked_at(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await home_of(community.actor, community.workspace_id)).clear

    async def broken(session: Any, look: Look) -> list[Line]:
        raise RuntimeError

    wrong = Area("tasks", threads.AREA.permission, due=broken)
    monkeypatch.setattr(registry, "AREAS", (*registry.AREAS, wrong))
    home = await home_of(community.actor, community.workspace_id)
    assert not home.clear
    assert [one.area for one in home.faults] == ["tasks"]


async def test_the_worst_comes_first(community: Community) -> None:
    await bring(community, said("m1", at=NOW - 30 * HOUR), said("m2", at=NOW - 90 * HOUR))
    await _set(community, state="trouble", faulted_at=NOW - 40 * HOUR)
    home = await home_of(community.actor, community.workspace_id)
    assert [one.severity for one in home.burning] == ["bad", "warn", "warn"]
    assert [one.since for one in home.burning] == [
        NOW - 90 * HOUR, NOW - 40 * HOUR, NOW - 30 * HOUR,
    ]  # fmt: skip


async def test_history_that_is_still_read_says_nothing_has_moved(community: Community) -> None:
    await live_weeks(community, [60] * 8 + [200])
    await _set(community, synced_at=NOW)
    async with unit_of_work(community.actor) as session:
        await session.execute(update(Channel).values(history_done=True))
    assert await lines("moved", activity.AREA, _look(community))
    async with unit_of_work(community.actor) as session:
        await session.execute(update(Channel).values(history_done=False))
    assert not await lines("moved", activity.AREA, _look(community))
