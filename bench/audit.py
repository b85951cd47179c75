"""The audit at a million events: a page by every filter, and the whole of it as a file."""

import argparse
import asyncio
import time
from dataclasses import replace
from datetime import date
from statistics import median
from uuid import UUID, uuid4

import psycopg
from psycopg import Connection

from bench.parts.database import fresh_database
from bench.parts.million import fill
from cmhub.actor import Actor, Role
from cmhub.db import dispose, unit_of_work
from cmhub.embedded.cluster import Cluster
from cmhub.services.auditing import AuditFilter, export_audit, read_audit
from cmhub.web.audit import as_csv

_EVENTS = """
    insert into audit_event (agency_id, id, workspace_id, at, user_id, actor, address, tag,
        object_kind, object_id, data)
    select %(agency)s, gen_random_uuid(), %(workspace)s,
        now() - n * interval '40 seconds', (%(users)s::uuid[])[1 + n %% 40],
        'User ' || n %% 40, '192.0.2.' || n %% 200,
        (array['thread:state', 'reply:send', 'measure:plan', 'workspace:settings'])
            [case when n %% 5000 = 0 then 4 else 1 + n %% 3 end],
        'thread', gen_random_uuid(), jsonb_build_object('before', 'open', 'after', 'done', 'n', n)
    from generate_series(1, %(most)s) n"""


def prepare(cluster: Cluster, agency: UUID, workspace: UUID, most: int) -> list[UUID]:
    """Write the events, and return who did them."""
    users = [uuid4() for _ in range(40)]
    given = {"agency": agency, "workspace": workspace, "users": users, "most": most}
    connection: Connection[tuple[object, ...]]
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute(_EVENTS, given)
        connection.execute("vacuum analyze audit_event")
    return users


async def measure(owner: Actor, workspace: UUID, users: list[UUID], most: int) -> None:
    """Print how long each way of asking takes."""
    some = AuditFilter()
    wanted = {
        "the newest": some,
        "a person": replace(some, person=users[7]),
        "a workspace": replace(some, workspace=workspace),
        "a kind, frequent": replace(some, kind="reply"),
        "a kind, rare": replace(some, kind="workspace"),
        "a person and a rare kind": replace(some, person=users[0], kind="workspace"),
        "three days of last year": replace(some, first=date(2026, 2, 1), last=date(2026, 2, 3)),
        "words that many have": replace(some, words="answered"),
        "words that nothing has": replace(some, words="nothing like that"),
    }
    try:
        for name, chosen in wanted.items():
            print(f"  {name}: {await _page(owner, chosen):.0f} ms")
        began, rows = time.perf_counter(), 0
        async for batch in export_audit(owner, some):
            rows += len(batch)
            as_csv(batch, "en")
        spent = time.perf_counter() - began
        assert rows >= most
        print(f"  all of it as CSV: {spent:.0f} s, {rows / spent:,.0f} events/s")
    finally:
        await dispose()


async def _page(owner: Actor, chosen: AuditFilter) -> float:
    seconds: list[float] = []
    for _ in range(5):
        async with unit_of_work(owner) as session:
            began = time.perf_counter()
            await read_audit(session, owner, chosen)
            seconds.append(time.perf_counter() - began)
    return median(seconds) * 1000


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description="The audit at a million events.")
    parser.add_argument("--events", type=int, default=1_000_000)
    given = parser.parse_args()
    with fresh_database() as cluster:
        filled = fill(cluster, users=1, threads=10)
        users = prepare(cluster, filled.agency_id, filled.workspace_id, given.events)
        reach = {filled.workspace_id: frozenset({Role.OWNER})}
        owner = Actor(filled.agency_id, reach, frozenset({Role.OWNER}))
        print(f"the audit at {given.events:,} events:")
        asyncio.run(measure(owner, filled.workspace_id, users, given.events))


if __name__ == "__main__":
    main()
