"""The community's activity: members only, by the days of the workspace."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from cmhub.actor import Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden, Invalid
from cmhub.integrations.networks.base import IncomingDeletion, IncomingReaction
from cmhub.models import Connection
from cmhub.services.activity import LONGEST, Activity, read_activity
from tests.support.agency import NewAgency
from tests.support.community import Community, bring, make_community, person, said

# Noon in Paris, where it is summer time.
NOW = datetime(2026, 6, 10, 10, tzinfo=UTC)
TODAY = date(2026, 6, 10)


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    return await make_community(agency.owner, agency.workspace_id)


async def _read(
    community: Community,
    days: int = 7,
    channel_id: UUID | None = None,
    now: datetime = NOW,
) -> Activity:
    actor = community.actor
    async with unit_of_work(actor) as session:
        return await read_activity(
            session, actor, community.workspace_id, days=days, channel_id=channel_id, now=now
        )


async def test_an_empty_community_has_days_of_nothing(community: Community) -> None:
    seen = await _read(community)
    assert (seen.first, seen.last) == (date(2026, 6, 4), TODAY)
    assert [(day.messages, day.members) for day in seen.days] == [(0, 0)] * 7
    assert (seen.messages, seen.members, seen.before, seen.members_before) == (0, 0, 0, 0)
    assert [channel.share for channel in seen.channels] == [0, 0]
    assert seen.freshest is None


async def test_it_counts_messages_and_each_member_once(community: Community) -> None:
    yesterday = NOW - timedelta(days=1)
    await bring(
        community,
        said("m1", by="ana", at=NOW),
        said("m2", by="ana", at=NOW, channel="help"),
        said("m3", by="ben", at=yesterday),
        said("m4", by="ana", at=yesterday),
    )
    seen = await _read(community)
    assert [(day.messages, day.members) for day in seen.days[-2:]] == [(2, 2), (2, 1)]
    assert (seen.messages, seen.members) == (4, 2)


async def test_bots_and_the_team_are_not_the_community(community: Community) -> None:
    await bring(
        community,
        said("m1", by="robot", at=NOW, bot=True),
        said("m2", by="team", at=NOW),
        said("m3", by="ana", at=NOW),
    )
    seen = await _read(community)
    assert (seen.messages, seen.members) == (1, 1)
    assert [channel.messages for channel in seen.channels] == [1, 0]


async def test_who_reacts_is_active_without_writing(community: Community) -> None:
    await bring(
        community,
        said("m1", by="ana", at=NOW - timedelta(days=1)),
        IncomingReaction("general", "r1", "m1", person("ben"), "👍", NOW),
    )
    today = (await _read(community)).days[-1]
    assert (today.messages, today.members) == (0, 1)
    await bring(community, IncomingDeletion("general", "r1", NOW))
    assert (await _read(community)).days[-1].members == 0


async def test_a_deleted_message_does_not_count(community: Community) -> None:
    await bring(community, said("m1", at=NOW), IncomingDeletion("general", "m1", NOW))
    seen = await _read(community)
    assert (seen.messages, seen.members) == (0, 0)


async def test_days_are_those_of_the_workspace(community: Community) -> None:
    # 21:59 and 22:00 UTC lie on two days in Paris.
    await bring(
        community,
        said("m1", at=datetime(2026, 6, 8, 21, 59, tzinfo=UTC)),
        said("m2", at=datetime(2026, 6, 8, 22, 0, tzinfo=UTC)),
    )
    days = {day.day: day.messages for day in (await _read(community)).days}
    assert (days[date(2026, 6, 8)], days[date(2026, 6, 9)]) == (1, 1)
    late = datetime(2026, 6, 10, 22, 30, tzinfo=UTC)
    assert (await _read(community, now=late)).last == date(2026, 6, 11)


async def test_only_today_is_incomplete(community: Community) -> None:
    seen = await _read(community, days=3)
    assert [day.complete for day in seen.days] == [True, True, False]


async def test_it_compares_with_the_days_before(community: Community) -> None:
    for ago in (0, 6, 7, 13, 14):
        await bring(community, said(f"m{ago}", by=f"p{ago}", at=NOW - timedelta(days=ago)))
    seen = await _read(community)
    assert (seen.messages, seen.members, seen.before, seen.members_before) == (2, 2, 2, 2)


async def test_a_channel_filters_days_but_not_the_comparison_of_channels(
    community: Community,
) -> None:
    await bring(
        community,
        said("m1", at=NOW),
        said("m2", at=NOW),
        said("m3", at=NOW, channel="help"),
    )
    seen = await _read(community, channel_id=community.channels["help"])
    assert (seen.messages, seen.days[-1].messages) == (1, 1)
    assert [(one.name, one.messages, one.share) for one in seen.channels] == [
        ("General", 2, 1.0),
        ("Help", 1, 0.5),
    ]


async def test_it_is_as_fresh_as_the_connection_that_was_read_longest_ago(
    community: Community,
) -> None:
    async with unit_of_work(community.actor) as session:
        await session.execute(update(Connection).values(synced_at=NOW))
    assert (await _read(community)).freshest == NOW
    async with unit_of_work(community.actor) as session:
        await session.execute(update(Connection).values(state="disconnected"))
    assert (await _read(community)).freshest is None, "what is given up is not waited for"


@pytest.mark.parametrize("days", [1, LONGEST])
async def test_it_takes_a_day_to_a_year(community: Community, days: int) -> None:
    assert len((await _read(community, days=days)).days) == days


@pytest.mark.parametrize("days", [0, -1, LONGEST + 1])
async def test_it_refuses_a_window_that_is_none(community: Community, days: int) -> None:
    with pytest.raises(Invalid):
        await _read(community, days=days)


async def test_a_client_sees_the_activity(community: Community) -> None:
    reach = {community.workspace_id: frozenset({Role.CLIENT})}
    client = replace(community.actor, agency_roles=frozenset(), workspaces=reach)
    assert await _read(replace(community, actor=client))
    nobody = replace(client, workspaces={community.workspace_id: frozenset()})
    with pytest.raises(Forbidden):
        await _read(replace(community, actor=nobody))
