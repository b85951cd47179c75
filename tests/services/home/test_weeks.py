"""The last nine weeks of a community, and what moved in them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from cmhub.db import unit_of_work
from cmhub.models import Channel, Connection, MemberDay
from cmhub.services.home import activity
from cmhub.services.home.weeks import Trends, read_trends, week_of
from tests.support.agency import NewAgency
from tests.support.community import Community, bring, make_community, said
from tests.support.home import NOW, lines, live_weeks, look_of

DAY = timedelta(days=1)
CALM = [60, 64, 57, 61, 59, 63, 58, 60]


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    made = await make_community(agency.owner, agency.workspace_id)
    async with unit_of_work(agency.owner) as session:
        await session.execute(update(Channel).values(history_done=True))
        await session.execute(update(Connection).values(synced_at=NOW))
    return made


async def _trends(community: Community, now: datetime = NOW) -> Trends:
    look = look_of(community.actor, community.workspace_id, now=now, zone=community.zone)
    async with unit_of_work(community.actor) as session:
        return (await read_trends(session, look))[community.workspace_id]


def test_a_week_ends_yesterday_and_has_seven_days(agency: NewAgency) -> None:
    look = look_of(agency.owner, agency.workspace_id)
    assert week_of(look, agency.workspace_id, 0) == (date(2026, 6, 3), date(2026, 6, 9))
    assert week_of(look, agency.workspace_id, 8) == (date(2026, 4, 8), date(2026, 4, 14))


def test_yesterday_is_that_of_the_workspace(agency: NewAgency) -> None:
    at = datetime(2026, 6, 10, 22, 30, tzinfo=UTC)
    for zone, last in (("Europe/Paris", 10), ("UTC", 9), ("America/Montreal", 9)):
        look = look_of(agency.owner, agency.workspace_id, now=at, zone=ZoneInfo(zone))
        assert week_of(look, agency.workspace_id, 0)[1].day == last


def test_the_day_on_which_the_clocks_change_has_its_own_length(agency: NewAgency) -> None:
    look = look_of(agency.owner, agency.workspace_id)
    place = agency.workspace_id
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)):
        begins, ends = look.midnight(place, day), look.midnight(place, day + DAY)
        assert ends.astimezone(UTC) - begins.astimezone(UTC) == timedelta(hours=hours)


async def test_it_counts_messages_and_each_member_once_a_week(community: Community) -> None:
    await live_weeks(community, [*CALM, 61])
    await bring(
        community,
        said("team", by="team", at=NOW - 2 * DAY),
        said("bot", by="robot", at=NOW - 2 * DAY, bot=True),
        said("today", at=NOW),
    )
    trends = await _trends(community)
    assert trends["messages"].points == (*map(float, CALM), 61.0)
    assert trends["members"].points == (12.0,) * 9
    assert trends["messages"].n == 61
    assert trends["messages"].move == ""


async def test_it_agrees_with_counting_the_days_one_by_one(community: Community) -> None:
    await live_weeks(community, [3, 0, 7, 1, 0, 5, 2, 9, 4], people=3)
    trends = await _trends(community)
    async with unit_of_work(community.actor) as session:
        rows = (await session.execute(MemberDay.__table__.select())).all()
    look = look_of(community.actor, community.workspace_id)
    for back in range(8):
        first, last = week_of(look, community.workspace_id, back)
        mine = [row for row in rows if first <= row.day <= last]
        assert trends["messages"].points[8 - back] == sum(row.messages for row in mine)
        assert trends["members"].points[8 - back] == len({row.member_id for row in mine})


async def test_who_came_is_a_newcomer_once(community: Community) -> None:
    await bring(community, said("old", by="ana", at=NOW - 120 * DAY))
    await bring(
        community,
        said("m1", by="ana", at=NOW - 3 * DAY),
        said("m2", by="ben", at=NOW - 3 * DAY),
        said("m3", by="ben", at=NOW - 10 * DAY),
        said("m4", by="eve", at=NOW - 3 * DAY),
    )
    points = (await _trends(community))["newcomers"].points
    assert points[-2:] == (1.0, 1.0), "ben, then eve; ana has been here for months"


async def test_a_young_community_has_no_usual_number_of_newcomers(community: Community) -> None:
    await live_weeks(community, [40] * 9, people=40)
    assert (await _trends(community))["newcomers"].points == (*(None,) * 4, *(0.0,) * 5)


async def test_threads_are_answered_within_a_day_or_not(community: Community) -> None:
    await bring(
        community,
        said("old", at=NOW - 90 * DAY),
        said("m1", at=NOW - 5 * DAY),
        said("r1", by="ben", to="m1", at=NOW - 5 * DAY + timedelta(hours=2)),
        said("m2", at=NOW - 4 * DAY),
        said("r2", by="team", to="m2", at=NOW - 2 * DAY),
        said("m3", at=NOW - 3 * DAY),
        said("own", to="m3", at=NOW - 3 * DAY + timedelta(hours=1)),
        said("late", at=NOW - timedelta(hours=13)),
        said("team", by="team", at=NOW - 3 * DAY),
    )
    trends = await _trends(community)
    assert trends["answered"].value == pytest.approx(1 / 3)
    assert trends["answered"].n == 3, "what is younger than a day is not judged yet"
    assert (trends["unanswered"].value, trends["unanswered"].n) == (2, 4)
    assert trends["wait"].value is None, "half of them waited longer than a day"
    await bring(community, said("r3", by="eve", to="m3", at=NOW - 3 * DAY + timedelta(hours=6)))
    assert (await _trends(community))["wait"].value == pytest.approx(6 * 3600)


async def test_a_thread_was_unanswered_then_even_if_it_is_answered_now(
    community: Community,
) -> None:
    await bring(
        community,
        said("old", at=NOW - 90 * DAY),
        said("m1", at=NOW - 9 * DAY),
        said("r1", by="ben", to="m1", at=NOW - 2 * DAY),
    )
    assert (await _trends(community))["unanswered"].points[-2:] == (1.0, 0.0)


async def test_a_late_evening_belongs_to_the_day_of_the_workspace(community: Community) -> None:
    # 21:59 and 22:00 UTC lie on two days in Paris, the second of them today.
    await bring(
        community,
        said("old", at=NOW - 90 * DAY),
        said("m1", at=datetime(2026, 6, 9, 21, 59, tzinfo=UTC)),
        said("m2", at=datetime(2026, 6, 9, 22, 0, tzinfo=UTC)),
    )
    trends = await _trends(community)
    assert (trends["messages"].value, trends["unanswered"].n) == (1, 1)


async def test_it_says_what_moved_with_its_numbers(community: Community) -> None:
    await live_weeks(community, [*CALM, 125])
    look = look_of(community.actor, community.workspace_id)
    found = {one.id: one for one in await lines("moved", activity.AREA, look)}
    messages = found["moved:messages"]
    assert (messages.key, messages.severity) == ("home.moved.messages.doubled", "good")
    assert messages.note == "home.moved.messages.note"
    assert (messages.params["n"], messages.params["usual"]) == (125, 60)
    assert "moved:members" not in found, "as many as ever wrote them"


async def test_it_says_nothing_when_data_are_few(community: Community) -> None:
    await live_weeks(community, [2, 3, 2, 3, 2, 3, 2, 3, 9])
    assert not await lines("moved", activity.AREA, look_of(community.actor, community.workspace_id))
    trends = await _trends(community)
    assert (trends["messages"].usual, trends["messages"].move) == (None, "")


async def test_a_fall_is_none_while_the_account_is_not_read(community: Community) -> None:
    await live_weeks(community, [*CALM, 5])
    assert (await _trends(community))["messages"].move == "down"
    async with unit_of_work(community.actor) as session:
        await session.execute(update(Connection).values(synced_at=NOW - 3 * DAY, state="reconnect"))
    trends = await _trends(community)
    assert (trends["messages"].complete, trends["messages"].move) == (False, "")


async def test_unanswered_threads_have_risen_since_a_day(community: Community) -> None:
    """Ten threads a week stay without an answer, from 5 June on five more each day."""
    await bring(community, said("first", at=NOW - 75 * DAY))
    calm = [
        said(f"calm{day}-{number}", by=f"p{number}", at=NOW - day * DAY)
        for day in range(1, 70)
        for number in range(2)
    ]
    more = [
        said(f"more{day}-{number}", by=f"q{number}", at=NOW - day * DAY)
        for day in range(1, 6)
        for number in range(5)
    ]
    await bring(community, *calm)
    await bring(community, *more)
    look = look_of(community.actor, community.workspace_id)
    found = {one.id: one for one in await lines("moved", activity.AREA, look)}
    risen = found["moved:unanswered"]
    assert (risen.key, risen.severity) == ("home.moved.unanswered.times", "warn")
    assert (risen.params["n"], risen.params["usual"], risen.params["times"]) == (39, 14, 2.8)
    assert risen.since is not None
    assert risen.since.date() == date(2026, 6, 6), "the second day with five more left the band"
