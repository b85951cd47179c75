"""The audit's State: a page of events, as the address filters them."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.services import auditing
from cmhub.services.auditing import AuditFilter, AuditPage, AuditRow, Change
from cmhub.state.asked import asked, asked_id
from cmhub.state.base import told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, current_visit

FILTERS = ("person", "workspace", "kind", "from", "to", "q")


@dataclass(frozen=True, slots=True)
class Event:
    """An event as its row shows it."""

    id: str
    at: str
    actor: str
    address: str
    sentence: str
    workspace: str
    object_kind: str
    object_id: str
    what: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """A person or workspace to choose."""

    value: str
    name: str


def event(row: AuditRow) -> Event:
    """What the row of an event shows."""
    return Event(
        str(row.id), row.at.isoformat(), row.actor, row.address, row.sentence, row.workspace,
        row.object_kind, str(row.object_id), row.what, row.changes,
    )  # fmt: skip


def day(value: str) -> date | None:
    """A day of the address; nothing when it is none."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


class AuditState(rx.State):
    """What the audit shows."""

    rows: rx.Field[list[Event]] = rx.field(default_factory=list[Event])
    people: rx.Field[list[Option]] = rx.field(default_factory=list[Option])
    workspaces: rx.Field[list[Option]] = rx.field(default_factory=list[Option])
    given: rx.Field[dict[str, str]] = rx.field(default_factory=dict[str, str])
    # The filter as a query, for the links of the export.
    query: rx.Field[str] = rx.field("")
    after: rx.Field[str] = rx.field("")
    paged: rx.Field[bool] = rx.field(False)
    filtered: rx.Field[bool] = rx.field(False)
    loaded: rx.Field[bool] = rx.field(False)

    @rx.event
    @requires(Permission.AUDIT_READ)
    @told
    async def load(self) -> None:
        """Load the page of events that the address asks for."""
        given = asked(self)
        self.given = {name: given.get(name, "") for name in FILTERS}
        info = current_visit().info
        chosen = AuditFilter(
            person=asked_id(given, "person"),
            workspace=asked_id(given, "workspace"),
            kind=given.get("kind", "") if given.get("kind") in auditing.kinds() else "",
            first=day(given.get("from", "")),
            last=day(given.get("to", "")),
            words=given.get("q", ""),
            after=given.get("after", ""),
            zone=info.time_zone,
            language=info.language,
        )
        actor = current_actor()
        async with unit_of_work(actor) as session:
            found = await auditing.read_audit(session, actor, chosen)
        self._show(found)
        self.paged = bool(chosen.after)

    def _show(self, found: AuditPage) -> None:
        filled = {name: value for name, value in self.given.items() if value}
        self.rows, self.after = [event(row) for row in found.rows], found.after
        self.people = [Option(str(one.id), one.name) for one in found.people]
        self.workspaces = [Option(str(one.id), one.name) for one in found.workspaces]
        self.query, self.filtered = urlencode(filled), bool(filled)
        self.loaded = True
