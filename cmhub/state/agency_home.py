"""The agency's Home: a row for each workspace, as the address filters and orders them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.services.checks import folded
from cmhub.services.home.parts import Line
from cmhub.services.home.reading import Space, read_agency_home
from cmhub.services.home.registry import Fault
from cmhub.services.home.weeks import Trend
from cmhub.state.asked import asked
from cmhub.state.base import SessionState, told
from cmhub.state.home import Row, row_of
from cmhub.state.marks import requires_somewhere
from cmhub.state.visit import current_actor

SHOWS = ("all", "burning", "waiting", "connections")
SORTS = ("need", "waiting", "messages", "name")
_NOTHING = Row("", "", "", {}, "", "", "", "")
_BETTER = {"messages", "members", "newcomers", "answered"}


@dataclass(frozen=True, slots=True)
class TrendView:
    """A small trend: paths in a square of 100 by 100, y downwards, and its last value in words.

    ``part`` says whether values are shares; ``tone`` whether a move is good or worrying.
    """

    name: str
    solid: str
    dashed: str
    band: str
    value: float
    known: bool
    part: bool
    move: str
    tone: str
    low: float
    high: float
    usual: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """A workspace in the table; an empty key stands for a signal that there is not."""

    id: str
    base: str
    name: str
    client: str
    severity: str
    count: int
    worst: Row
    waiting: Row
    waits: int
    next: Row
    connections: Row
    broken: int
    trends: tuple[TrendView, ...]
    messages: float


def trend_view(trend: Trend) -> TrendView:
    """A trend as it is drawn; the part that is not complete is dashed."""
    known = [each for each in trend.points if each is not None]
    usual = trend.usual
    top = max([*known, usual.high if usual else 0.0, 0.0]) or 1.0
    good = (trend.move == "up") == (trend.name in _BETTER)
    return TrendView(
        name=trend.name,
        solid=_path(trend.points if trend.complete else trend.points[:-1], top),
        dashed="" if trend.complete else _path(trend.points, top, last=2),
        band=f"M0,{_y(usual.high, top)}H100V{_y(usual.low, top)}H0Z" if usual else "",
        value=trend.value or 0.0,
        known=trend.value is not None,
        part=trend.name == "answered",
        move=trend.move,
        tone="" if not trend.move else "good" if good else "warn",
        low=usual.low if usual else 0.0,
        high=usual.high if usual else 0.0,
        usual=usual is not None,
        complete=trend.complete,
    )


def _y(value: float, top: float) -> str:
    return f"{100 - 100 * value / top:.1f}"


def _path(points: Sequence[float | None], top: float, last: int = 0) -> str:
    """A line through the values, broken where one is unknown; of the ``last`` ones only."""
    words: list[str] = []
    pen = "M"
    for place, value in enumerate(points):
        if value is None or (last and place < len(points) - last):
            pen = "M"
            continue
        words.append(f"{pen}{place * 12.5:g},{_y(value, top)}")
        pen = "L"
    return "".join(words)


def _row(line: Line | None) -> Row:
    return row_of(line) if line else _NOTHING


def space_row(space: Space, agency: str) -> SpaceRow:
    """A workspace as its row shows it; ``agency`` is the slug of its agency."""
    return SpaceRow(
        id=str(space.id),
        base=f"/w/{agency}/{space.slug}",
        name=space.name,
        client="" if space.client == space.name else space.client,
        severity=space.severity,
        count=space.count,
        worst=_row(space.worst),
        waiting=_row(space.waiting),
        waits=space.waiting.count if space.waiting else 0,
        next=_row(space.next),
        connections=_row(space.connections),
        broken=space.connections.count if space.connections else 0,
        trends=tuple(trend_view(trend) for trend in space.trends),
        messages=next((t.value or 0.0 for t in space.trends if t.name == "messages"), 0.0),
    )


_FILTERS: dict[str, Callable[[SpaceRow], bool]] = {
    "all": lambda _: True,
    "burning": lambda row: row.count > 0,
    "waiting": lambda row: row.waits > 0,
    "connections": lambda row: row.broken > 0,
}
_ORDERS: dict[str, Callable[[SpaceRow], Any]] = {
    "waiting": lambda row: (row.waiting.since or "9", -row.waits),
    "messages": lambda row: -row.messages,
    "name": lambda row: folded(row.name),
}


def chosen(rows: Sequence[SpaceRow], show: str, sort: str) -> list[SpaceRow]:
    """The rows of a filter in an order; they come sorted by what needs somebody."""
    kept = [row for row in rows if _FILTERS[show](row)]
    order = _ORDERS.get(sort)
    return sorted(kept, key=order) if order else kept


def settled(shown: Sequence[SpaceRow], fresh: Sequence[SpaceRow]) -> tuple[list[SpaceRow], int]:
    """Bring rows up to date where they stand.

    Returns:
        The rows, and how many burn now that did not, or burn worse.
    """
    known = {row.id: row for row in fresh}
    before = {row.id: row for row in shown}
    kept = [known[row.id] for row in shown if row.id in known]
    rank = ("bad", "warn", "info", "good").index
    worse = sum(
        1
        for row in fresh
        if row.id not in before or rank(row.severity) < rank(before[row.id].severity)
    )
    return kept, worse


class AgencyHomeState(rx.State):
    """What the agency's Home shows; the address says which rows, in which order."""

    rows: rx.Field[list[SpaceRow]] = rx.field(default_factory=list[SpaceRow])
    counts: rx.Field[dict[str, int]] = rx.field(default_factory=dict[str, int])
    faults: rx.Field[list[Fault]] = rx.field(default_factory=list[Fault])
    show: rx.Field[str] = rx.field("all")
    sort: rx.Field[str] = rx.field("need")
    burning: rx.Field[int] = rx.field(0)
    arrivals: rx.Field[int] = rx.field(0)
    loaded: rx.Field[bool] = rx.field(False)

    @rx.event
    @requires_somewhere(Permission.HOME_READ)
    @told
    async def load(self) -> None:
        """Show every workspace that the address asks for, those first that need somebody."""
        given = asked(self)
        self.show = given.get("show", "all") if given.get("show", "all") in SHOWS else "all"
        self.sort = given.get("sort", "need") if given.get("sort", "need") in SORTS else "need"
        rows = await self._read()
        self.rows, self.arrivals, self.loaded = chosen(rows, self.show, self.sort), 0, True

    @rx.event
    @requires_somewhere(Permission.HOME_READ)
    @told
    async def refresh(self) -> None:
        """Something changed: bring the rows up to date where they stand."""
        if self.loaded:
            rows = await self._read()
            fresh = chosen(rows, self.show, self.sort)
            self.rows, self.arrivals = settled(self.rows, fresh)

    async def _read(self) -> list[SpaceRow]:
        actor = current_actor()
        async with unit_of_work(actor) as session:
            found = await read_agency_home(session, actor, now=datetime.now(UTC))
        shell = await self.get_state(SessionState)
        slug = shell.agency_address.rpartition("/")[2]
        rows = [space_row(space, slug) for space in found.spaces]
        self.counts = {name: sum(map(kept, rows)) for name, kept in _FILTERS.items()}
        self.burning, self.faults = self.counts["burning"], list(found.faults)
        return rows
