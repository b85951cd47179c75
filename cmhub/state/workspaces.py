"""The agency's workspaces: what there is, and the way to archive, restore and delete."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import Invalid
from cmhub.services import archiving
from cmhub.services.archiving import WorkspaceRow
from cmhub.state.asked import asked, asked_id
from cmhub.state.base import SessionState, tell, told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, current_visit

ORDERS = ("name", "-name", "people", "-people", "last", "-last", "created", "-created")


@dataclass(frozen=True, slots=True)
class Shown:
    """A workspace as its row shows it; ``logo`` and ``address`` lead somewhere."""

    id: str
    name: str
    client: str
    logo: str
    address: str
    people: int
    messages: int
    last_at: datetime | None
    created_at: datetime
    archived_at: datetime | None
    deletes_at: datetime | None


def shown(row: WorkspaceRow, agency_slug: str) -> Shown:
    """A row of the list; an archived workspace has no page, and nothing serves its logo."""
    logo = f"/files/{agency_slug}/{row.slug}/{row.logo}" if row.logo and not row.archived_at else ""
    return Shown(
        str(row.id), row.name, row.client, logo, f"/w/{agency_slug}/{row.slug}", row.people,
        row.messages, row.last_at, row.created_at, row.archived_at, row.deletes_at,
    )  # fmt: skip


def ordered(rows: list[Shown], order: str) -> list[Shown]:
    """Rows in the order that the address asks for; what has no date comes last upwards."""

    def value(row: Shown) -> Any:
        if order.endswith("people"):
            return row.people
        if order.endswith("last"):
            return row.last_at.timestamp() if row.last_at else 0.0
        return row.created_at.timestamp() if order.endswith("created") else row.name.casefold()

    return sorted(rows, key=value, reverse=order.startswith("-"))


class WorkspacesState(rx.State):
    """What the list of workspaces shows; the address says in which order."""

    open: rx.Field[list[Shown]] = rx.field(default_factory=list[Shown])
    archived: rx.Field[list[Shown]] = rx.field(default_factory=list[Shown])
    order: rx.Field[str] = rx.field("name")
    leaving: rx.Field[str] = rx.field("")
    leaving_name: rx.Field[str] = rx.field("")
    leaving_messages: rx.Field[int] = rx.field(0)
    loaded: rx.Field[bool] = rx.field(False)

    _undo: tuple[str, str] = ("", "")

    @rx.event
    @requires(Permission.AGENCY_READ)
    @told
    async def load(self) -> None:
        """Load the list in the order that the address asks for."""
        wanted = asked(self).get("sort", "name")
        self.order = wanted if wanted in ORDERS else "name"
        await self._list()

    async def _list(self) -> None:
        actor, agency = current_actor(), current_visit().agency
        assert agency is not None
        async with unit_of_work(actor) as session:
            found = await archiving.list_workspaces(session, actor)
        rows = ordered([shown(row, agency.agency_slug) for row in found], self.order)
        self.open = [row for row in rows if row.archived_at is None]
        self.archived = [row for row in rows if row.archived_at is not None]
        self.loaded = True

    @rx.event
    @requires(Permission.WORKSPACE_ARCHIVE)
    @told
    async def archive(self, workspace_id: str) -> Any:
        """Archive a workspace, and offer to take that back."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            name = await archiving.archive_workspace(session, actor, _id(workspace_id))
        self._undo = ("restore", workspace_id)
        return await self._done("workspaces.archived.told", name, undo=True)

    @rx.event
    @requires(Permission.WORKSPACE_ARCHIVE)
    @told
    async def restore(self, workspace_id: str) -> Any:
        """Bring an archived workspace back."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            name = await archiving.restore_workspace(session, actor, _id(workspace_id))
        return await self._done("workspaces.restored.told", name)

    @rx.event
    @requires(Permission.WORKSPACE_ARCHIVE)
    async def ask_to_delete(self, workspace_id: str) -> None:
        """Remember which workspace the question is about."""
        found = next((row for row in self.archived if row.id == workspace_id), None)
        if found is not None:
            self.leaving, self.leaving_name = found.id, found.name
            self.leaving_messages = found.messages

    @rx.event
    @requires(Permission.WORKSPACE_ARCHIVE)
    @told
    async def delete(self) -> Any:
        """Have the workspace in question deleted when its days of grace are over."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            await archiving.ask_deletion(session, actor, _id(self.leaving))
        return await self._done("workspaces.deleting.told", self.leaving_name)

    @rx.event
    @requires(Permission.WORKSPACE_ARCHIVE)
    @told
    async def keep(self, workspace_id: str) -> Any:
        """Cancel a deletion."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            name = await archiving.cancel_deletion(session, actor, _id(workspace_id))
        return await self._done("workspaces.kept.told", name)

    @rx.event
    @requires(Permission.WORKSPACE_ARCHIVE)
    @told
    async def undo(self) -> Any:
        """Take the last archiving back."""
        (verb, workspace_id), self._undo = self._undo, ("", "")
        if verb != "restore":
            raise Invalid("filter")
        actor = current_actor()
        async with unit_of_work(actor) as session:
            name = await archiving.restore_workspace(session, actor, _id(workspace_id))
        return await self._done("workspaces.restored.told", name)

    async def _done(self, key: str, name: str, *, undo: bool = False) -> Any:
        await self._list()
        await tell(self, key, undo=undo, name=name)
        return SessionState.refresh


def _id(value: str) -> UUID:
    found = asked_id({"id": value}, "id")
    if found is None:
        raise Invalid("filter")
    return found
