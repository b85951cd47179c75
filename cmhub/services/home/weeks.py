"""The last nine complete weeks of workspaces, from the exact rollups: a few statements for all.

A week is seven complete days of the workspace, the last one ending yesterday. Members only: the
team and bots are not counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.services.connections import IMPORT
from cmhub.services.home.parts import Look
from cmhub.services.home.usual import WEEKS, Move, Usual, usual_count, usual_share, usual_time

_SPAN = 7 * (WEEKS + 1)
_YOUNG = 4
"""Weeks at a community's beginning in which everybody is a newcomer."""

_MEMBERS = text("""
    select w.id as workspace_id, x.*
    from unnest(cast(:ids as uuid[]), cast(:lasts as date[])) w(id, last)
    cross join lateral (
        select s.week, sum(s.messages)::integer as messages, count(*) as members
        from (
            select (w.last - d.day) / 7 as week, d.member_id, sum(d.messages) as messages
            from member_day d
            where d.agency_id = :agency and d.workspace_id = w.id
                and d.day > w.last - cast(:span as integer) and d.day <= w.last
                and (d.messages > 0 or d.reactions > 0)
                and d.member_id <> all (array(
                    select m.id from member m where m.agency_id = :agency
                        and m.workspace_id = w.id and (m.team or m.bot)))
            group by (w.last - d.day) / 7, d.member_id) s
        group by s.week) x
""")
# A member is new in the week of the first thing they did; those of now were active since.
_NEWCOMERS = text("""
    select w.id as workspace_id, x.*
    from unnest(cast(:ids as uuid[]), cast(:lasts as date[]), cast(:starts as timestamptz[]),
        cast(:zones as text[])) w(id, last, start, zone)
    cross join lateral (
        select (w.last - (m.first_at at time zone w.zone)::date) / 7 as week,
            count(*) as newcomers
        from member m
        where m.agency_id = :agency and m.workspace_id = w.id and m.merged_into is null
            and m.last_at >= w.start and m.first_at >= w.start
            and (m.first_at at time zone w.zone)::date <= w.last and not m.team and not m.bot
        group by 1) x
""")
# Whether the nine weeks can be trusted: when the community begins, and until when it was read.
_KNOWN = text("""
    select w.id as workspace_id, f.day as first, c.until, h.missing
    from unnest(cast(:ids as uuid[])) w(id)
    left join lateral (select d.day from member_day d where d.agency_id = :agency
        and d.workspace_id = w.id order by d.day limit 1) f on true
    cross join lateral (select min(coalesce(c.synced_at, c.created_at)) as until
        from connection c where c.agency_id = :agency and c.workspace_id = w.id
            and c.network <> :import and c.state in ('active', 'trouble', 'reconnect')) c
    cross join lateral (select exists (select from channel n where n.agency_id = :agency
        and n.workspace_id = w.id and n.chosen and not n.history_done) as missing) h
""")
# Threads younger than a day are not judged yet; the median wait is unknown where it is longer than
# that, since older threads have had more time to be answered than newer ones.
_THREADS = text("""
    select w.id as workspace_id, w.week, s.*
    from unnest(cast(:ids as uuid[]), cast(:weeks as integer[]), cast(:starts as timestamptz[]),
        cast(:ends as timestamptz[])) w(id, week, starts, ends)
    cross join lateral (
        select count(*) as asked,
            count(*) filter (where t.first_response_at is null
                or t.first_response_at >= w.ends) as unanswered,
            count(*) filter (where t.started_at < :settled) as settled,
            count(*) filter (where t.started_at < :settled
                and t.first_response_at <= t.started_at + interval '1 day') as answered,
            nullif(percentile_disc(0.5) within group (order by
                case when t.first_response_at is null then 86400 else least(86400,
                    extract(epoch from t.first_response_at - t.started_at)) end)
                filter (where t.started_at < :settled), 86400)::double precision as wait
        from thread t
        where t.agency_id = :agency and t.workspace_id = w.id
            and t.started_at >= w.starts and t.started_at < w.ends
            and t.starter_id <> all (array(
                select m.id from member m where m.agency_id = :agency
                    and m.workspace_id = w.id and (m.team or m.bot)))) s
""")


@dataclass(frozen=True, slots=True)
class Trend:
    """Nine weekly values, the oldest first, what is usual, and whether the last one is not.

    ``n`` is how many cases the last value rests on. ``complete`` is false when not everything of
    the last week has been read; then nothing is said to have moved.
    """

    name: str
    points: tuple[float | None, ...]
    usual: Usual | None
    n: int
    complete: bool

    @property
    def value(self) -> float | None:
        """The last complete week's."""
        return self.points[-1]

    @property
    def move(self) -> Move:
        """Which way the last week has left what is usual."""
        if self.usual is None or self.value is None or not self.complete:
            return ""
        return self.usual.move_of(self.value)


Trends = Mapping[str, Trend]


def week_of(look: Look, workspace_id: UUID, back: int) -> tuple[date, date]:
    """First and last day of the week that lies so many weeks back; 0 ended yesterday."""
    last = look.today(workspace_id) - timedelta(days=1 + 7 * back)
    return last - timedelta(days=6), last


async def read_trends(session: AsyncSession, look: Look) -> dict[UUID, Trends]:
    """Messages, active members, newcomers, answers, unanswered threads and waits, by workspace."""
    members = _by_week(await _member_weeks(session, look))
    newcomers = _by_week(await _newcomer_weeks(session, look))
    threads = _by_week(await _thread_weeks(session, look))
    known = {row.workspace_id: row for row in await _known(session, look)}
    return {
        each: dict(_trends(look, each, (members, newcomers, threads), known[each]))
        for each in look.workspace_ids
    }


async def _member_weeks(session: AsyncSession, look: Look) -> Sequence[Any]:
    lasts = [week_of(look, each, 0)[1] for each in look.workspace_ids]
    found = await session.execute(_MEMBERS, look.keys | {"lasts": lasts, "span": _SPAN})
    return found.all()


async def _newcomer_weeks(session: AsyncSession, look: Look) -> Sequence[Any]:
    given = look.keys | {
        "lasts": [week_of(look, each, 0)[1] for each in look.workspace_ids],
        "starts": [
            look.midnight(each, week_of(look, each, WEEKS)[0]) for each in look.workspace_ids
        ],
        "zones": [look.zones[each].key for each in look.workspace_ids],
    }
    return (await session.execute(_NEWCOMERS, given)).all()


async def _thread_weeks(session: AsyncSession, look: Look) -> Sequence[Any]:
    weeks = [(each, back) for each in look.workspace_ids for back in range(WEEKS + 1)]
    spans = [week_of(look, *week) for week in weeks]
    midnights = [
        (look.midnight(each, first), look.midnight(each, last + timedelta(days=1)))
        for (each, _), (first, last) in zip(weeks, spans, strict=True)
    ]
    given = {
        "agency": look.actor.agency_id,
        "ids": [each for each, _ in weeks],
        "weeks": [back for _, back in weeks],
        "starts": [start for start, _ in midnights],
        "ends": [end for _, end in midnights],
        "settled": look.now - timedelta(days=1),
    }
    return (await session.execute(_THREADS, given)).all()


async def _known(session: AsyncSession, look: Look) -> Sequence[Any]:
    return (await session.execute(_KNOWN, look.keys | {"import": IMPORT})).all()


_Weeks = Mapping[tuple[UUID, int], Any]


def _by_week(rows: Sequence[Any]) -> _Weeks:
    return {(row.workspace_id, row.week): row for row in rows}


_COUNTS = (
    ("messages", 0, 20),
    ("members", 0, 10),
    ("newcomers", _YOUNG, 5),
    ("unanswered", 0, 5),
)
"""Counted things: weeks of the community's beginning left out, least number of a usual week."""


def _trends(
    look: Look, workspace_id: UUID, weeks: tuple[_Weeks, _Weeks, _Weeks], known: Any
) -> Iterator[tuple[str, Trend]]:
    backs = range(WEEKS, -1, -1)
    members, newcomers, threads = weeks
    said = [members.get((workspace_id, back)) for back in backs]
    came = [newcomers.get((workspace_id, back)) for back in backs]
    asked = [threads[workspace_id, back] for back in backs]
    by_name = {"newcomers": came, "unanswered": asked}
    complete = _complete(look, workspace_id, known)

    def trend(name: str, points: Sequence[float | None], usual: Usual | None, n: int) -> Any:
        return name, Trend(name, tuple(points), usual, n, complete)

    for name, young, least in _COUNTS:
        lived = [_lived(look, workspace_id, back, known.first, young) for back in backs]
        points = _counts(by_name.get(name, said), name, lived)
        n = asked[-1].asked if name == "unanswered" else int(points[-1] or 0)
        yield trend(name, points, usual_count(points[:-1], least=least), n)
    shares = [row.answered / row.settled if row.settled else None for row in asked]
    yield trend("answered", shares, usual_share(shares[:-1], asked[-1].settled), asked[-1].settled)
    waits = [row.wait for row in asked]
    yield trend("wait", waits, usual_time(waits[:-1], asked[-1].settled), asked[-1].settled)


def _counts(rows: Sequence[Any], name: str, lived: Sequence[bool]) -> list[float | None]:
    """A week without rows counts nothing; one before the community's beginning is unknown."""
    return [
        float(getattr(row, name) if row else 0) if lives else None
        for row, lives in zip(rows, lived, strict=True)
    ]


def _lived(look: Look, workspace_id: UUID, back: int, first: date | None, young: int) -> bool:
    """Whether the community was known from the week's first day on, and so many weeks before."""
    begins = week_of(look, workspace_id, back)[0]
    return first is not None and first + timedelta(weeks=young) <= begins


def _complete(look: Look, workspace_id: UUID, known: Any) -> bool:
    end = look.midnight(workspace_id, look.today(workspace_id))
    read: datetime | None = known.until
    return not known.missing and (read is None or read >= end)
