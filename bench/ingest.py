"""Ingest beside a bare insert of the same messages into the same table.

The baseline is `INSERT … SELECT unnest(…)` of the same batches into the same `message` table:
same keys, indexes, foreign keys and row-level security, with members and threads there before.
Ingest does all that importing and syncing do: members, threads, changes, rollups, notification.
Both run in the same unit of work on the same connection, in turns.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bench.parts.community import CHANNELS, Community
from bench.parts.database import fresh_database
from cmhub.actor import Actor, system_actor
from cmhub.db import announce, dispose, unit_of_work
from cmhub.integrations.networks.base import Event, IncomingMessage
from cmhub.models import new_id
from cmhub.services.ingest import Scope, ingest

REQUIRED = 0.25

_INSERT = text("""
    insert into message (agency_id, workspace_id, id, channel_id, thread_id, member_id, identity_id,
        external_id, reply_to, body, posted_at, ingested_at)
    select :agency, :workspace, n.id, n.channel_id, n.thread_id, n.member_id, n.member_id,
        n.external_id, n.reply_to, n.body, n.posted_at, :now
    from unnest(cast(:ids as uuid[]), cast(:channels as uuid[]), cast(:threads as uuid[]),
        cast(:members as uuid[]), cast(:externals as text[]), cast(:reply_tos as text[]),
        cast(:bodies as text[]), cast(:posted as timestamptz[]))
        n(id, channel_id, thread_id, member_id, external_id, reply_to, body, posted_at)
""")
_MEMBERS = text("""
    insert into member (agency_id, workspace_id, id, name, bot, team, created_at)
    select :agency, :workspace, n.id, 'somebody', false, false, now()
    from unnest(cast(:ids as uuid[])) n(id)
""")
_THREADS = text("""
    insert into thread (agency_id, workspace_id, id, channel_id, root, state, state_at, started_at,
        starter_id, last_at, last_message_id, message_count)
    select :agency, :workspace, n.id, n.channel_id, n.root, 'done', now(), now(), n.id, now(),
        n.id, 1
    from unnest(cast(:ids as uuid[]), cast(:channels as uuid[]), cast(:roots as text[]))
        n(id, channel_id, root)
""")


@dataclass(slots=True)
class Side:
    """A workspace of its own, and the seconds that each of its batches took."""

    actor: Actor
    workspace_id: UUID
    channels: dict[str, UUID]
    seconds: list[float] = field(default_factory=list[float])

    @property
    def keys(self) -> dict[str, UUID]:
        return {"agency": self.actor.agency_id, "workspace": self.workspace_id}


class Whole:
    """Ingest, as a file is imported or a network is followed."""

    def __init__(self, side: Side) -> None:
        self.side = side

    async def prepare(self, events: Sequence[Event], live: bool) -> Callable[[], Awaitable[None]]:
        side = self.side
        scope = Scope(
            side.actor.agency_id, side.workspace_id, "matrix", side.channels,
            ZoneInfo("Europe/Paris"), live,
        )  # fmt: skip

        async def run() -> None:
            async with unit_of_work(side.actor) as session:
                await ingest(session, scope, events)
                await announce(session, side.actor, side.workspace_id, "inbox", "activity")

        return run


class Bare:
    """The messages alone; what they refer to is written before the clock starts."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._members: dict[str, UUID] = {}
        self._threads: dict[tuple[str, str], UUID] = {}

    async def prepare(self, events: Sequence[Event], live: bool) -> Callable[[], Awaitable[None]]:
        messages = [event for event in events if isinstance(event, IncomingMessage)]
        async with unit_of_work(self.side.actor) as session:
            await self._meet(session, messages)
            await self._begin(session, messages)
        columns = self._columns(messages)

        async def run() -> None:
            async with unit_of_work(self.side.actor) as session:
                await session.execute(_INSERT, columns)

        return run

    async def _meet(self, session: AsyncSession, messages: Sequence[IncomingMessage]) -> None:
        fresh = {message.author.external_id for message in messages} - self._members.keys()
        self._members |= {name: new_id() for name in fresh}
        ids = [self._members[name] for name in fresh]
        await session.execute(_MEMBERS, self.side.keys | {"ids": ids})

    async def _begin(self, session: AsyncSession, messages: Sequence[IncomingMessage]) -> None:
        fresh = {_talk(message) for message in messages} - self._threads.keys()
        self._threads |= {talk: new_id() for talk in fresh}
        columns = {
            "ids": [self._threads[talk] for talk in fresh],
            "channels": [self.side.channels[channel] for channel, _ in fresh],
            "roots": [root for _, root in fresh],
        }
        await session.execute(_THREADS, self.side.keys | columns)

    def _columns(self, messages: Sequence[IncomingMessage]) -> dict[str, Any]:
        return self.side.keys | {
            "now": datetime.now(UTC),
            "ids": [new_id() for _ in messages],
            "channels": [self.side.channels[message.channel] for message in messages],
            "threads": [self._threads[_talk(message)] for message in messages],
            "members": [self._members[message.author.external_id] for message in messages],
            "externals": [message.external_id for message in messages],
            "reply_tos": [message.reply_to or message.thread for message in messages],
            "bodies": [message.text for message in messages],
            "posted": [message.posted_at for message in messages],
        }


def _talk(message: IncomingMessage) -> tuple[str, str]:
    return message.channel, message.thread or message.reply_to or message.external_id


def make_sides(url: str) -> tuple[Side, Side]:
    """Two workspaces of one agency, with five channels each."""
    agency = uuid4()
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into agency (agency_id, name, slug, created_at)"
            " values (%s, 'Bench', 'bench', now())",
            [agency],
        )
        return _make_side(connection, agency, "whole"), _make_side(connection, agency, "bare")


def _make_side(connection: psycopg.Connection, agency: UUID, slug: str) -> Side:
    workspace, network = uuid4(), uuid4()
    channels = {name: uuid4() for name in CHANNELS}
    connection.execute(
        "insert into workspace (agency_id, id, slug, name, client, time_zone, created_at)"
        " values (%s, %s, %s, %s, '', 'Europe/Paris', now())",
        [agency, workspace, slug, slug],
    )
    connection.execute(
        "insert into connection (agency_id, workspace_id, id, network, label, address, account,"
        " account_name, state, failures, fault_params, created_at)"
        " values (%s, %s, %s, 'matrix', '', '', '', '', 'active', 0, '{}', now())",
        [agency, workspace, network],
    )
    for name, channel in channels.items():
        connection.execute(
            "insert into channel (agency_id, workspace_id, id, connection_id, external_id, name,"
            " topic, kind, chosen, may_moderate, history_done, history_attempts, created_at)"
            " values (%s, %s, %s, %s, %s, %s, '', 'community', true, true, true, 0, now())",
            [agency, workspace, channel, network, name, name],
        )
    return Side(system_actor(agency, workspace), workspace, channels)


async def measure(
    ways: Sequence[Whole | Bare], community: Community, size: int, rounds: int, *, live: bool
) -> None:
    """Give both the same batches in turns; the first to go changes with every round."""
    for way in ways:
        way.side.seconds.clear()
    for number in range(rounds):
        events = community.batch(size)
        for way in ways if number % 2 else reversed(ways):
            run = await way.prepare(events, live)
            began = time.perf_counter()
            await run()
            way.side.seconds.append(time.perf_counter() - began)


def report(ways: Sequence[Whole | Bare], size: int, name: str) -> float:
    """Print both rates and return ingest's share of the baseline's."""
    whole, bare = (size / median(way.side.seconds) for way in ways)
    print(
        f"{name}, {size} messages a batch, {len(ways[0].side.seconds)} batches:"
        f" whole ingest {whole:,.0f}/s,"
        f" INSERT … SELECT unnest {bare:,.0f}/s, ratio {whole / bare:.2f}"
    )
    return whole / bare


async def run(url: str, batches: int, live_batches: int) -> float:
    """Measure history and live batches; return the ratio of history's."""
    sides = make_sides(url)
    ways = (Whole(sides[0]), Bare(sides[1]))
    community = Community(seed=7)
    try:
        await measure(ways, community, 1000, max(1, batches // 4), live=False)
        await measure(ways, community, 1000, batches, live=False)
        ratio = report(ways, 1000, "history")
        await measure(ways, community, 20, live_batches, live=True)
        report(ways, 20, "live")
    finally:
        await dispose()
    return ratio


def main() -> None:
    """Measure, and fail when whole ingest is slower than required."""
    parser = argparse.ArgumentParser(description="Whole ingest beside a bare insert.")
    parser.add_argument("--batches", type=int, default=40, help="of 1,000 messages")
    parser.add_argument("--live-batches", type=int, default=100, help="of 20 messages")
    given = parser.parse_args()
    with fresh_database() as cluster:
        ratio = asyncio.run(run(cluster.owner_url, given.batches, given.live_batches))
    verdict = "reached" if ratio >= REQUIRED else "MISSED"
    print(f"required: at least {REQUIRED} of the baseline's rate: {verdict}")
    if ratio < REQUIRED:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
