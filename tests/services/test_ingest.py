"""Ingest: whatever order events come in, the same rows; and sums that are plain SQL."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

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
from cmhub.models import Identity, Member, Message, Reply, Thread
from cmhub.services import replies, workspaces
from cmhub.services.ingest import ingest
from tests.support.agency import NewAgency, make_agency
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
    max_examples=150,
    phases=[Phase.generate],
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
