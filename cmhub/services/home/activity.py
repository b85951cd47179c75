"""The community on Home: who came, and what moved against its own usual level."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Permission
from cmhub.services.home.parts import Area, Line, Look, Severity
from cmhub.services.home.usual import Usual, size_of
from cmhub.services.home.weeks import Trend, read_trends

MOST = 1000
# An import brings members of long ago: who wrote before then is no newcomer.
_CAME = text("""
    select w.id as workspace_id, n.n from unnest(cast(:ids as uuid[])) w(id)
    cross join lateral (select count(*) as n from (
        select from member m
        where m.agency_id = :agency and m.workspace_id = w.id and m.created_at > :since
            and not m.team and not m.bot
            and exists (select from message p where p.agency_id = :agency
                and p.workspace_id = w.id and p.member_id = m.id)
            and not exists (select from message p where p.agency_id = :agency
                and p.workspace_id = w.id and p.member_id = m.id and p.posted_at <= :since)
        limit :most) m) n
    where n.n > 0
""")
# How many threads of the seven days before each midnight nobody had answered by then.
_UNANSWERED = text("""
    select d.at, t.n from unnest(cast(:starts as timestamptz[]), cast(:ends as timestamptz[]))
        d(start, at)
    cross join lateral (
        select count(*) as n from thread t
        where t.agency_id = :agency and t.workspace_id = :workspace
            and t.started_at >= d.start and t.started_at < d.at
            and (t.first_response_at is null or t.first_response_at >= d.at)
            and t.starter_id <> all (array(
                select m.id from member m where m.agency_id = :agency
                    and m.workspace_id = :workspace and (m.team or m.bot)))) t
    order by d.at desc
""")
_DAYS = 56
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


async def _happened(session: AsyncSession, look: Look) -> Sequence[Line]:
    return [
        Line(
            workspace_id=row.workspace_id,
            id="newcomers",
            severity="info",
            key="home.happened.newcomers",
            params={"n": row.n},
            address="activity/?days=7",
            count=row.n,
        )
        for row in await session.execute(_CAME, look.keys | {"since": look.since, "most": MOST})
    ]


async def _moved(session: AsyncSession, look: Look) -> Sequence[Line]:
    lines: list[Line] = []
    for workspace_id, trends in (await read_trends(session, look)).items():
        for name in ("messages", "members", "wait"):
            lines += _line(workspace_id, trends[name])
        lines += await _unanswered(session, look, workspace_id, trends["unanswered"])
    return lines


def _line(workspace_id: UUID, trend: Trend) -> Iterator[Line]:
    usual, value = trend.usual, trend.value
    if not trend.move or usual is None or value is None:
        return
    timed = trend.name == "wait"
    worse = (trend.move == "up") == timed
    severity: Severity = "warn" if worse else "good"
    ending = trend.move if timed else size_of(value, usual.level)
    yield Line(
        workspace_id=workspace_id,
        id=f"moved:{trend.name}",
        severity=severity,
        key=f"home.moved.{trend.name}.{ending}",
        note=f"home.moved.{trend.name}.note",
        params=_times(trend, value, usual) if timed else _shares(trend, value, usual),
        address="activity/?days=90",
    )


def _shares(trend: Trend, value: float, usual: Usual) -> dict[str, str | int | float]:
    return {
        "n": round(value),
        "of": trend.n,
        "usual": round(usual.level),
        "share": round(100 * abs(value / usual.level - 1)) if usual.level else 100,
        "times": round(value / usual.level, 1) if usual.level else 0,
    }


def _times(trend: Trend, value: float, usual: Usual) -> dict[str, str | int | float]:
    """Both durations in the unit that suits the longer one."""
    longest = max(value, usual.level)
    seconds, unit = next((each for each in _UNITS if longest >= each[0]), _UNITS[-1])
    return {
        "n": trend.n,
        "value": round(value / seconds, 1),
        "usual": round(usual.level / seconds, 1),
        "unit": unit,
    }


async def _unanswered(
    session: AsyncSession, look: Look, workspace_id: UUID, trend: Trend
) -> list[Line]:
    usual, value = trend.usual, trend.value
    if not trend.move or usual is None or value is None:
        return []
    return [
        Line(
            workspace_id=workspace_id,
            id="moved:unanswered",
            severity="warn" if trend.move == "up" else "good",
            key=f"home.moved.unanswered.{size_of(value, usual.level)}",
            note="home.moved.unanswered.note",
            params=_shares(trend, value, usual),
            address="inbox/?state=open",
            since=await _since(session, look, workspace_id, usual, trend.move),
        )
    ]


async def _since(
    session: AsyncSession, look: Look, workspace_id: UUID, usual: Usual, move: str
) -> datetime:
    """The first of the days, up to yesterday, at whose end the number lay outside the band."""
    today = look.today(workspace_id)
    days = [today - timedelta(days=back) for back in range(_DAYS)]
    rows = await session.execute(
        _UNANSWERED,
        {
            "agency": look.actor.agency_id,
            "workspace": workspace_id,
            "starts": [look.midnight(workspace_id, day - timedelta(days=7)) for day in days],
            "ends": [look.midnight(workspace_id, day) for day in days],
        },
    )
    first = 0
    for back, row in enumerate(rows):
        if row.n <= usual.high if move == "up" else row.n >= usual.low:
            break
        first = back
    # What a day's end shows happened on that day; noon is on it in every time zone's reckoning.
    day = days[first] - timedelta(days=1)
    return look.midnight(workspace_id, day) + timedelta(hours=12)


AREA = Area("activity", Permission.ACTIVITY_READ, happened=_happened, moved=_moved)
