"""Ingest: whatever order events come in, the same rows; and sums that are plain SQL."""

import asyncio
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from cmhub.actor import Actor
from cmhub.db import unit_of_work
from cmhub.integrations.networks.base import (
    Attachment,
    Event,
    IncomingDeletion,
    IncomingEdit,
    IncomingMessage,
    IncomingReaction,
    Person,
)
from cmhub.services import workspaces
from tests.support.agency import make_agency
from tests.support.community import Community, ago, bring, make_community, person, said

# The clocks of Paris go forward on 29 March and back on 25 October 2026.
TURNS = [datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 21, tzinfo=UTC)]
PEOPLE = [person("ana"), person("ben"), person("cléo"), person("bot", bot=True), person("team")]
IDS = [f"m{n}" for n in range(8)]
UNKNOWN = ["x1", "x2"]
REACTIONS = [f"r{n}" for n in range(6)]

TABLES = {
    "messages": """
        select c.name, m.external_id, t.root, i.external_id as author, m.body, m.reply_to,
            m.posted_at, m.edited_at, m.deleted_at
        from message m join thread t on t.id = m.thread_id join channel c on c.id = m.channel_id
        join identity i on i.member_id = m.member_id order by 1, 2""",
    "threads": """
        select c.name, t.root, t.started_at, s.external_id as starter, t.first_response_at,
            t.last_at, l.external_id as last, t.message_count, t.waiting_since
        from thread t join channel c on c.id = t.channel_id
        join identity s on s.member_id = t.starter_id
        left join message l on l.id = t.last_message_id order by 1, 2""",
    "versions": """
        select c.name, m.external_id, v.at, v.body from message_version v
        join message m on m.id = v.message_id join channel c on c.id = m.channel_id
        order by 1, 2, 3""",
    "reactions": """
        select c.name, m.external_id, i.external_id as author, r.name, r.external_id, r.at
        from reaction r join message m on m.id = r.message_id
        join channel c on c.id = r.channel_id join identity i on i.member_id = r.member_id
        order by 1, 2, 3, 4, 5""",
    "days": """
        select d.day, c.name, i.external_id, d.messages, d.reactions from member_day d
        join channel c on c.id = d.channel_id join identity i on i.member_id = d.member_id
        where d.messages <> 0 or d.reactions <> 0 order by 1, 2, 3""",
}
PLAIN_DAYS = """
    select day, name, author, sum(said) as messages, sum(reacted) as reactions from (
        select cast(m.posted_at at time zone w.time_zone as date) as day, c.name,
            i.external_id as author, 1 as said, 0 as reacted
        from message m join channel c on c.id = m.channel_id
        join identity i on i.member_id = m.member_id join workspace w on w.id = m.workspace_id
        where m.deleted_at is null
        union all
        select cast(r.at at time zone w.time_zone as date), c.name, i.external_id, 0, 1
        from reaction r join channel c on c.id = r.channel_id
        join identity i on i.member_id = r.member_id join workspace w on w.id = r.workspace_id
    ) counted group by 1, 2, 3 order by 1, 2, 3"""
PLAIN_THREADS = """
    with said as (
        select c.name, t.root, m.*, i.external_id as author, p.team,
            first_value(i.external_id) over (partition by t.id
                order by m.posted_at, m.external_id) as starter,
            max(m.posted_at) filter (where p.team) over (partition by t.id) as team_at
        from message m join thread t on t.id = m.thread_id join channel c on c.id = m.channel_id
        join member p on p.id = m.member_id join identity i on i.member_id = m.member_id)
    select name, root, min(posted_at) as started_at, min(starter) as starter,
        min(posted_at) filter (where author <> starter) as first_response_at,
        max(posted_at) as last_at,
        (array_agg(external_id order by posted_at desc, external_id desc))[1] as last,
        count(*) filter (where deleted_at is null) as message_count,
        min(posted_at) filter (where not team and deleted_at is null
            and posted_at > coalesce(team_at, '-infinity')) as waiting_since
    from said group by name, root order by 1, 2"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What happened, and how it reaches us: shuffled, some of it twice, in batches."""

    told: tuple[Event, ...]
    received: tuple[tuple[Event, ...], ...]
    live: bool


def _times() -> st.SearchStrategy[datetime]:
    """Around the turns of the clock, seldom the same moment twice."""
    return st.builds(
        lambda turn, seconds: turn + timedelta(seconds=seconds),
        st.sampled_from(TURNS),
        st.integers(0, 30 * 3600),
    )


@st.composite
def _messages(draw: st.DrawFn) -> list[Event]:
    keys = draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=8, unique=True))
    made: list[Event] = []
    for key in keys:
        parents = st.none() | st.sampled_from([*IDS, *UNKNOWN])
        made.append(
            IncomingMessage(
                external_id=key,
                channel=draw(st.sampled_from(["general", "general", "help"])),
                author=draw(st.sampled_from(PEOPLE)),
                text=f"{key}: bonjour",
                posted_at=draw(_times()),
                reply_to=draw(parents),
                thread=draw(st.none() | parents),
            )
        )
    return made


@st.composite
def _changes(draw: st.DrawFn) -> list[Event]:
    targets, channels = st.sampled_from([*IDS, *UNKNOWN]), st.sampled_from(["general", "help"])
    made: list[Event] = []
    for number in range(draw(st.integers(0, 6))):
        author = draw(st.none() | st.sampled_from(PEOPLE))
        made.append(
            IncomingEdit(
                draw(channels), draw(targets), f"edit {number}",
                draw(_times()), author and author.external_id,
            )
        )  # fmt: skip
    for _ in range(draw(st.integers(0, 3))):
        target = draw(st.sampled_from([*IDS, *REACTIONS]))
        gone = draw(_times()) + timedelta(days=300)
        made.append(IncomingDeletion(draw(channels), target, gone))
    for name in draw(st.lists(st.sampled_from(REACTIONS), max_size=5, unique=True)):
        made.append(
            IncomingReaction(
                draw(channels), draw(st.sampled_from([name, None])), draw(targets),
                draw(st.sampled_from(PEOPLE)), draw(st.sampled_from("👍❤")), TURNS[0],
            )
        )  # fmt: skip
    return made


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    told = [*draw(_messages()), *draw(_changes())]
    again = draw(st.lists(st.sampled_from(told), max_size=5))
    shuffled = draw(st.permutations([*told, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(shuffled)), max_size=5)))
    batches = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    return Delivery(tuple(told), tuple(map(tuple, batches)), draw(st.booleans()))


async def _rows(community: Community, query: str) -> list[tuple[Any, ...]]:
    actor = community.actor.within(community.workspace_id)
    async with unit_of_work(actor) as session:
        return [tuple(row) for row in (await session.execute(text(query))).all()]


async def _all_rows(community: Community) -> dict[str, list[tuple[Any, ...]]]:
    return {name: await _rows(community, query) for name, query in TABLES.items()}


@pytest.fixture(scope="module")
async def owner(pool: None) -> Actor:
    """An owner who makes a workspace for every example."""
    return (await make_agency()).owner


async def _new_community(owner: Actor, zone: str = "Europe/Paris") -> Community:
    async with unit_of_work(owner) as session:
        made = await workspaces.create_workspace(
            session, owner, name="Essai", client="Essai", time_zone=zone
        )
    actor = replace(owner, workspaces={made.id: frozenset()})
    community = await make_community(actor, made.id)
    return replace(community, zone=ZoneInfo(zone))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(delivery=deliveries())
async def test_any_order_leaves_the_same_rows(owner: Actor, delivery: Delivery) -> None:
    straight, shuffled = await _new_community(owner), await _new_community(owner)
    await bring(straight, *delivery.told, live=delivery.live)
    for batch in delivery.received:
        await bring(shuffled, *batch, live=delivery.live)
    wanted, got = await _all_rows(straight), await _all_rows(shuffled)
    for name in TABLES:
        assert got[name] == wanted[name], name
    assert got["days"] == await _rows(shuffled, PLAIN_DAYS)
    assert got["threads"] == await _rows(shuffled, PLAIN_THREADS)


@pytest.fixture
async def community(owner: Actor) -> Community:
    return await _new_community(owner)


async def _names(community: Community) -> dict[str, tuple[str, bool]]:
    rows = await _rows(
        community,
        "select i.external_id, m.name, m.bot from member m join identity i on i.member_id = m.id",
    )
    return {row[0].split(":")[0]: (row[1], row[2]) for row in rows}


async def test_a_member_writes_on_the_day_of_the_workspace(owner: Actor) -> None:
    # 23:30 in Tokyo; in UTC and Paris it is the same day, an hour later it is not.
    late = datetime(2026, 5, 1, 14, 30, tzinfo=UTC)
    there = await _new_community(owner, "Asia/Tokyo")
    await bring(there, said("m1", at=late), said("m2", at=late + timedelta(hours=1)))
    days = await _rows(there, "select day::text, messages from member_day order by day")
    assert days == [("2026-05-01", 1), ("2026-05-02", 1)]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-28T22:59:59+00:00", "2026-03-28"),
        ("2026-03-28T23:00:00+00:00", "2026-03-29"),
        ("2026-03-29T21:59:59+00:00", "2026-03-29"),
        ("2026-03-29T22:00:00+00:00", "2026-03-30"),
        ("2026-10-24T22:00:00+00:00", "2026-10-25"),
        ("2026-10-25T22:59:59+00:00", "2026-10-25"),
        ("2026-10-25T23:00:00+00:00", "2026-10-26"),
    ],
)
async def test_days_of_23_and_25_hours_are_whole(
    community: Community, moment: str, day: str
) -> None:
    await bring(community, said("m1", at=datetime.fromisoformat(moment)))
    assert await _rows(community, "select day::text from member_day") == [(day,)]


async def test_two_ingests_at_once_lose_nothing(community: Community) -> None:
    base = ago(hours=9)
    talk = [
        said(f"m{n}", by=("ana", "ben", "cléo")[n % 3], at=base + timedelta(minutes=n),
             to=f"m{n - n % 10}" if n % 10 else None)
        for n in range(60)
    ]  # fmt: skip
    edits = [IncomingEdit("general", f"m{n}", "mieux", ago(minutes=n + 1)) for n in range(0, 60, 7)]
    halves: list[list[Event]] = [[*talk[::2], *edits], [*talk[1::2], *talk[:20]]]
    await asyncio.gather(
        *(bring(community, *half[at : at + 11]) for half in halves for at in range(0, 50, 11))
    )
    got = await _all_rows(community)
    assert [len(got[name]) for name in ("messages", "threads")] == [60, 6]
    assert sum(row[8] is not None for row in got["messages"]) == 0
    assert {row[1] for row in got["messages"] if row[4] == "mieux"} == {e.target for e in edits}
    assert got["days"] == await _rows(community, PLAIN_DAYS)
    assert got["threads"] == await _rows(community, PLAIN_THREADS)


async def test_two_channels_at_once_make_each_member_once(community: Community) -> None:
    people = [f"p{n}" for n in range(20)]
    await asyncio.gather(
        bring(community, *(said(f"a{who}", by=who) for who in people)),
        bring(community, *(said(f"b{who}", by=who, channel="help") for who in reversed(people))),
    )
    assert len(await _names(community)) == len(people) + 1
    assert await _rows(community, "select count(*) from member") == [(len(people) + 1,)]


async def test_the_same_batch_twice_changes_nothing(community: Community) -> None:
    batch = [
        said("m1"),
        said("m2", to="m1"),
        IncomingEdit("general", "m1", "mieux", ago(seconds=1)),
    ]
    first = await bring(community, *batch)
    rows = await _all_rows(community)
    again = await bring(community, *batch)
    assert (first.messages, again.messages, again.changes) == (2, 0, 0)
    assert await _all_rows(community) == rows


async def test_what_is_not_a_channel_of_ours_is_left_out(community: Community) -> None:
    assert (await bring(community, said("m1", channel="elsewhere"))).messages == 0


async def test_a_circle_has_one_root_whatever_closed_it(community: Community) -> None:
    circle = [said("c", to="b"), said("b", to="a"), said("a", to="c"), said("tail", to="c")]
    for message in circle:
        await bring(community, message)
    assert await _rows(community, "select root, message_count from thread") == [("a", 4)]


async def test_the_network_may_tell_a_deletion_before_its_message(community: Community) -> None:
    await bring(community, IncomingDeletion("general", "m1", ago(seconds=9)))
    await bring(community, said("m1"))
    got = await _all_rows(community)
    assert got["messages"][0][8] is not None
    assert got["days"] == []


async def test_a_deletion_without_a_moment_does_not_replace_the_moment(
    community: Community,
) -> None:
    message, gone = said("m1"), ago(seconds=9)
    await bring(community, message, IncomingDeletion("general", "m1", gone))
    await bring(community, replace(message, text="", deleted=True), live=False)
    assert (await _all_rows(community))["messages"][0][8] == gone


async def test_a_reaction_that_was_taken_back_does_not_return(community: Community) -> None:
    given_ = IncomingReaction("general", "r1", "m1", person("ben"), "👍", ago(seconds=9))
    back = IncomingDeletion("general", "r1", ago(seconds=5))
    await bring(community, said("m1"), given_)
    await bring(community, back)
    await bring(community, given_)
    got = await _all_rows(community)
    assert got["reactions"] == []
    assert [row[2:] for row in got["days"]] == [("@ana:example.org", 1, 0)]


async def test_only_the_author_edits(community: Community) -> None:
    edit = IncomingEdit("general", "m1", "volé", ago(seconds=9), author="@ben:example.org")
    await bring(community, said("m1", "à moi"), edit)
    got = await _all_rows(community)
    assert (got["messages"][0][4], got["versions"]) == ("à moi", [])


async def test_live_messages_bring_new_names_and_history_does_not(community: Community) -> None:
    renamed = Person("@ana:example.org", "Ana B.", "@ana:example.org")
    await bring(community, said("m2"))
    await bring(community, replace(said("m1"), author=renamed), live=False)
    assert (await _names(community))["@ana"] == ("Ana", False)
    await bring(community, replace(said("m3"), author=renamed))
    assert (await _names(community))["@ana"] == ("Ana B.", False)


async def test_who_was_met_without_a_name_gets_it_from_history(community: Community) -> None:
    nameless = Person("@bot:example.org", "")
    await bring(
        community, said("m1"), IncomingReaction("general", None, "m1", nameless, "👍", ago(days=1))
    )
    assert (await _names(community))["@bot"] == ("@bot:example.org", False)
    await bring(community, said("m2", by="bot", bot=True), live=False)
    assert (await _names(community))["@bot"] == ("Bot", True)


async def test_nobody_stops_the_ingest_with_what_they_write(community: Community) -> None:
    chance = random.Random(1)
    endless = "".join(chr(chance.randint(0x4E00, 0x9FFF)) for _ in range(20_000))
    hostile = replace(said("m1", "a\x00b\ud800"), extra={"k": "\x00\\u0000\ud800", "n": [1e999]})
    done = await bring(
        community,
        hostile,
        said("m2", to=endless),
        replace(said("m3"), thread=endless, reply_to="m1"),
        IncomingEdit("general", endless, "x", ago(seconds=3)),
        IncomingDeletion("general", endless, ago(seconds=3)),
        IncomingReaction("general", "r1", "m1", person("ben"), endless, ago(seconds=3)),
        IncomingReaction("general", "r2", endless, person("ben"), "👍", ago(seconds=3)),
        replace(said("m4", endless), attachments=(Attachment("mxc://a", "x", endless),)),
    )
    assert done.messages == 4
    got = await _all_rows(community)
    assert got["messages"][0][4] == "ab?"
    assert [row[1] for row in got["threads"]] == ["m1", "m2", "m4"]
    assert got["reactions"][0][3] == endless[:100]


@pytest.mark.parametrize("turned", [False, True])
async def test_history_in_any_order_waits_for_who_wrote_last(
    community: Community, turned: bool
) -> None:
    told = [
        said("old", by="ana", at=ago(days=30)),
        said("team", by="team", to="old", at=ago(days=2)),
        said("last", by="ana", to="old", at=ago(days=1)),
    ]
    for message in reversed(told) if turned else told:
        await bring(community, message, live=False)
    assert await _rows(community, "select state from thread") == [("open",)]
