"""What Home is made of: lines of several parts, and who provides them.

An area of the product (threads, connections, tasks …) is one ``Area``. Each of its providers is
asked once for all workspaces together, inside of an open unit of work, and must not write.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission

Severity = Literal["bad", "warn", "info", "good"]
SEVERITIES: tuple[Severity, ...] = ("bad", "warn", "info", "good")
Part = Literal["happened", "burning", "due", "client", "moved", "open", "signals"]
PARTS: tuple[Part, ...] = ("happened", "burning", "due", "client", "moved", "open", "signals")
COLUMNS = ("waiting", "next", "connections")
"""What a signal may tell of a workspace in the agency's table; its line has that as its id."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to know or do.

    ``id`` stays the same from look to look. ``key`` names its sentence, filled with ``params``
    and with ``since`` as a day; ``note`` names a second, smaller one; ``detail`` is what
    somebody wrote. ``address`` follows the workspace's own. ``count`` is how many things the
    line stands for.
    """

    workspace_id: UUID
    id: str
    severity: Severity
    key: str
    address: str
    params: dict[str, str | int | float] = field(default_factory=dict[str, str | int | float])
    note: str = ""
    detail: str = ""
    count: int = 1
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks, at which workspaces (all of one agency), since when and at what moment.

    ``since`` is the end of the last visit. ``zones`` has the time zone of every workspace.
    """

    actor: Actor
    workspace_ids: tuple[UUID, ...]
    since: datetime
    now: datetime
    zones: Mapping[UUID, ZoneInfo]

    @property
    def keys(self) -> dict[str, object]:
        """The parameters that every statement has."""
        return {"agency": self.actor.agency_id, "ids": list(self.workspace_ids)}

    def today(self, workspace_id: UUID) -> date:
        """The day it is in the workspace."""
        return self.now.astimezone(self.zones[workspace_id]).date()

    def midnight(self, workspace_id: UUID, day: date) -> datetime:
        """The moment at which a day of the workspace begins; days may have 23 or 25 hours."""
        return datetime.combine(day, datetime.min.time(), self.zones[workspace_id])

    def tomorrow(self, workspace_id: UUID) -> datetime:
        """The moment at which today ends in the workspace."""
        return self.midnight(workspace_id, self.today(workspace_id) + timedelta(days=1))


Provider = Callable[[AsyncSession, Look], Awaitable[Sequence[Line]]]


@dataclass(frozen=True, slots=True)
class Area:
    """What one area of the product tells Home; its name is the text ``home.area.<name>``.

    It is asked only about workspaces where the reader holds the permission. ``open`` is what a
    hand-over note begins with, ``signals`` what stands in the agency's table.
    """

    name: str
    permission: Permission
    happened: Provider | None = None
    burning: Provider | None = None
    due: Provider | None = None
    client: Provider | None = None
    moved: Provider | None = None
    open: Provider | None = None
    signals: Provider | None = None


def rank(line: Line) -> tuple[int, datetime, str]:
    """Order lines: the worst first, then what has lasted longest."""
    began = line.since or datetime.max.replace(tzinfo=ZoneInfo("UTC"))
    return SEVERITIES.index(line.severity), began, line.id


def short(words: str, most: int = 140) -> str:
    """Return what somebody wrote on one line."""
    line = " ".join(words.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
