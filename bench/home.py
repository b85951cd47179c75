"""The agency's Home at many workspaces, beside asking for the same rows one by one.

Ours is ``read_agency_home`` in its unit of work: what burns, signals and five trends of every
workspace. The baseline is the same function for each workspace alone, one after the other.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from uuid import UUID, uuid4

import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from bench.parts.database import fresh_database
from cmhub.actor import Actor, Role
from cmhub.db import dispose, unit_of_work
from cmhub.embedded import Cluster
from cmhub.services.home.reading import read_agency_home, read_home
from cmhub.services.home.visits import Visit

ALLOWED = 0.5
TARGET = 100.0  # milliseconds
DAYS = 100
_ID = (
    "('00000000-0000-7000-' || lpad(to_hex(w), 4, '8000') || '-'"
    " || lpad(to_hex({}), 12, '0'))::uuid"
)
_SPACES = "generate_series(1, %(spaces)s) w"


@dataclass(frozen=True, slots=True)
class Filled:
    """The agency, its workspaces and how many messages they have together."""

    agency_id: UUID
    workspaces: tuple[UUID, ...]
    messages: int

    @property
    def owner(self) -> Actor:
        """Somebody who sees all of them."""
        reach = dict.fromkeys(self.workspaces, frozenset({Role.OWNER}))
        return Actor(self.agency_id, reach, frozenset({Role.OWNER}), uuid4(), "Ana")


def fill(cluster: Cluster, *, spaces: int, members: int, daily: int) -> Filled:
    """Give each workspace so many members who write so many messages a day, five to a thread."""
    agency = uuid4()
    given = {"agency": agency, "spaces": spaces, "members": members, "daily": daily, "days": DAYS}
    with psycopg.connect(cluster.superuser_url) as connection:
        # Keys are right by construction; checking three of each message takes longer than the rest.
        connection.execute("set session_replication_role = replica")
        for statement in _STATEMENTS:
            connection.execute(statement.encode(), given)
        rows = connection.execute("select id from workspace order by id").fetchall()
    with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
        connection.execute("vacuum (analyze) member, thread, message, member_day")
        connection.execute("analyze")
    return Filled(agency, tuple(row[0] for row in rows), spaces * daily * DAYS)


_ROW = f"{_SPACES}, generate_series(0, %(daily)s * %(days)s - 1) i"
_AT = "now() - i * (interval '1 day' / %(daily)s)"
_STATEMENTS = (
    "insert into agency (agency_id, name, slug, created_at)"
    " values (%(agency)s, 'Bench', 'bench', now())",
    "insert into workspace (agency_id, id, slug, name, client, time_zone, created_at)"
    f" select %(agency)s, {_ID.format('0')}, 'space-' || w, 'Space ' || w, '', 'Europe/Paris',"
    f" now() from {_SPACES}",
    "insert into connection (agency_id, workspace_id, id, network, label, address, account,"
    " account_name, state, failures, fault_params, synced_at, created_at)"
    f" select %(agency)s, {_ID.format('0')}, {_ID.format('1')}, 'matrix', '', '', '', 'Bench',"
    f" 'active', 0, '{{}}', now(), now() from {_SPACES}",
    "insert into channel (agency_id, workspace_id, id, connection_id, external_id, name, topic,"
    " kind, chosen, may_moderate, history_done, history_attempts, created_at)"
    f" select %(agency)s, {_ID.format('0')}, {_ID.format('2')}, {_ID.format('1')}, 'general',"
    f" 'General', '', 'community', true, true, true, 0, now() from {_SPACES}",
    "insert into member (agency_id, workspace_id, id, name, bot, team, created_at)"
    f" select %(agency)s, {_ID.format('0')}, {_ID.format('i + 10')}, 'Member ' || i, false,"
    f" i %% 500 = 0, now() from {_SPACES}, generate_series(0, %(members)s - 1) i",
    "insert into message (agency_id, workspace_id, id, channel_id, thread_id, member_id,"
    " identity_id, external_id, body, posted_at, ingested_at)"
    f" select %(agency)s, {_ID.format('0')}, {_ID.format('i')}, {_ID.format('2')},"
    f" {_ID.format('i / 5')}, {_ID.format('10 + floor(%(members)s * random() ^ 3)::integer')},"
    f" {_ID.format('10')},"
    f" '$' || i, 'Does anybody know where the key is, number ' || i, {_AT}, now() from {_ROW}",
    "insert into thread (agency_id, workspace_id, id, channel_id, root, state, started_at,"
    " starter_id, first_response_at, last_at, last_message_id, message_count, waiting_since)"
    " select agency_id, workspace_id, thread_id, min(channel_id::text)::uuid,"
    " '$' || min(posted_at),"
    " case when min(posted_at) > now() - interval '3 days' then 'open' else 'done' end,"
    " min(posted_at), min(member_id::text)::uuid,"
    " case when random() < 0.8 then min(posted_at) + random() * interval '30 hours' end,"
    " max(posted_at), max(id::text)::uuid, count(*),"
    " case when min(posted_at) > now() - interval '3 days' then max(posted_at) end"
    " from message group by agency_id, workspace_id, thread_id",
    "insert into member_day (agency_id, workspace_id, day, channel_id, member_id, messages,"
    " reactions) select agency_id, workspace_id, (posted_at at time zone 'Europe/Paris')::date,"
    " channel_id, member_id, count(*), 0 from message group by 1, 2, 3, 4, 5",
    "update member m set first_at = s.first_at, last_at = s.last_at from (select agency_id,"
    " workspace_id, member_id, min(posted_at) as first_at, max(posted_at) as last_at from message"
    " group by 1, 2, 3) s where (s.agency_id, s.workspace_id, s.member_id)"
    " = (m.agency_id, m.workspace_id, m.id)",
)


async def _time(
    filled: Filled, once: Callable[[AsyncSession], Awaitable[object]], rounds: int
) -> float:
    """The median of some runs, in milliseconds; each has a transaction of its own."""
    seconds: list[float] = []
    for number in range(rounds + 2):
        began = time.perf_counter()
        async with unit_of_work(filled.owner) as session:
            await once(session)
        if number > 1:
            seconds.append(time.perf_counter() - began)
    return median(seconds) * 1000


async def measure(filled: Filled, rounds: int) -> tuple[float, float, float]:
    """Milliseconds of the agency's Home, of one workspace's, and of the baseline."""
    now = datetime.now(UTC)
    visit = Visit(now.replace(hour=0), first=False, steps_away=False)
    owner = filled.owner

    async def one_by_one(session: AsyncSession) -> None:
        for each in filled.workspaces:
            await read_agency_home(session, owner.within(each), now=now)

    try:
        agency = await _time(
            filled, lambda session: read_agency_home(session, owner, now=now), rounds
        )
        one = await _time(
            filled,
            lambda session: read_home(session, owner, filled.workspaces[0], visit, now=now),
            rounds,
        )
        return agency, one, await _time(filled, one_by_one, rounds)
    finally:
        await dispose()


def main() -> None:
    """Measure, and fail when the agency's Home costs more than allowed."""
    parser = argparse.ArgumentParser(description="The agency's Home beside its rows one by one.")
    parser.add_argument("--spaces", type=int, default=24)
    parser.add_argument("--members", type=int, default=1_000, help="of each workspace")
    parser.add_argument("--daily", type=int, default=100, help="messages of each workspace")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with fresh_database() as cluster:
        filled = fill(cluster, spaces=given.spaces, members=given.members, daily=given.daily)
        agency, one, apart = asyncio.run(measure(filled, given.rounds))
    ratio = agency / apart
    print(
        f"agency's Home at {given.spaces} workspaces and {filled.messages:,} messages:"
        f" {agency:.0f} ms (target {TARGET:.0f}), a workspace's {one:.0f} ms;"
        f" one by one {apart:.0f} ms, ratio {ratio:.2f}"
    )
    print(f"allowed: at most {ALLOWED} times: {'kept' if ratio <= ALLOWED else 'MISSED'}")
    if ratio > ALLOWED:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
