"""What the tests of crashes look at: a served agency, its community, and plain SQL."""

import random
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import psycopg

from tests.support.served import Served
from tests.support.synapse import Member, Synapse

PASSWORD = "vingt chevaux calmes"
_THREADS = """
    with said as (
        select m.*, p.team, first_value(m.member_id) over (
            partition by m.thread_id order by m.posted_at, m.external_id) as starter
        from message m join member p on p.agency_id = m.agency_id and p.id = m.member_id
        where m.workspace_id = %(workspace)s),
    sums as (
        select thread_id, count(*) filter (where deleted_at is null) as n,
            min(posted_at) as started, max(posted_at) as last, (array_agg(starter))[1] as starter,
            min(posted_at) filter (where member_id <> starter) as answered
        from said group by thread_id)
    select count(*) from (select * from thread where workspace_id = %(workspace)s) t
        full join sums s on s.thread_id = t.id
    where (s.n, s.started, s.last, s.starter, s.answered) is distinct from
        (t.message_count, t.started_at, t.last_at, t.starter_id, t.first_response_at)
"""
_DAYS = """
    with days as (
        select day, channel_id, member_id, sum(messages)::int as messages,
            sum(reactions)::int as reactions
        from (
            select (m.posted_at at time zone w.time_zone)::date as day, m.channel_id, m.member_id,
                1 as messages, 0 as reactions
            from message m join workspace w on w.id = m.workspace_id
            where m.workspace_id = %(workspace)s and m.deleted_at is null
            union all
            select (r.at at time zone w.time_zone)::date, r.channel_id, r.member_id, 0, 1
            from reaction r join workspace w on w.id = r.workspace_id
            where r.workspace_id = %(workspace)s) one
        group by day, channel_id, member_id),
    kept as (
        select day, channel_id, member_id, messages, reactions from member_day
        where workspace_id = %(workspace)s and (messages <> 0 or reactions <> 0))
    select (select count(*) from (select * from days except select * from kept) a)
        + (select count(*) from (select * from kept except select * from days) b)
"""


def until(truth: Callable[[], object], what: str, seconds: float = 90) -> None:
    """Wait until something is true, also while the database is away."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if truth():
                return
        except psycopg.OperationalError:
            pass
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.02)


@dataclass(slots=True)
class Scene:
    """A served agency with one workspace, the homeserver of its community, and chance."""

    app: Served
    server: Synapse
    agency: Mapping[str, Any]
    chance: random.Random
    killed: list[str] = field(default_factory=list[str])

    def crew(self, command: str, **given: object) -> dict[str, Any]:
        """Have the owner do something."""
        return self.app.crew(command, **self.agency, **given)

    def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        """Ask the database as its superuser, who sees every row."""
        with psycopg.connect(self.agency["database"], connect_timeout=5) as connection:
            found = connection.execute(
                query.encode(), {"workspace": self.agency["workspace"], **values}
            )
            return found.fetchall() if found.description else []

    def one(self, query: str, **values: object) -> Any:
        """The only value of a query."""
        return self.rows(query, **values)[0][0]

    def kill(self, what: str) -> None:
        """Kill the worker, the web processes or the database, and wait until something died."""
        end = getattr(self.app, f"kill_{what}")
        until(end, f"there is a {what} to kill", 30)
        self.killed.append(what)
        print(f"killed {what}", flush=True)

    def pause(self, least: float, most: float) -> None:
        """Let chance choose the moment: a while that no condition decides."""
        time.sleep(self.chance.uniform(least, most))

    def check_sums(self) -> None:
        """Rollups and threads are what plain SQL over the messages gives."""
        assert self.one(_DAYS) == 0
        assert self.one(_THREADS) == 0

    def importing(self, path: str) -> subprocess.Popen[str]:
        """Begin to import a file."""
        place = [
            *("--agency", self.agency["agency_slug"]),
            *("--workspace", self.agency["workspace_slug"]),
        ]
        return self.app.begin("import", path, *place)


def timeline(member: Member, room: str) -> list[dict[str, Any]]:
    """Every event of a room as one of its members sees it, the oldest first."""
    events: list[dict[str, Any]] = []
    params: dict[str, str | int] = {"dir": "b", "limit": 500}
    while True:
        answer = member.http.get(
            f"/_matrix/client/v3/rooms/{quote(room, safe='')}/messages",
            params=params,
            headers={"authorization": f"Bearer {member.token}"},
        ).json()
        events += answer["chunk"]
        if not answer["chunk"] or "end" not in answer:
            return events[::-1]
        params["from"] = answer["end"]
