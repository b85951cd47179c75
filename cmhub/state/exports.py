"""The export page's State: what was exported, and how far what is being made has come."""

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.services.exporting import runs
from cmhub.services.exporting.runs import ExportView
from cmhub.state.asked import given_id
from cmhub.state.base import tell, told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place


class ExportsState(rx.State):
    """What the export page shows."""

    runs: rx.Field[list[ExportView]] = rx.field(default_factory=list[ExportView])
    running: rx.Field[bool] = rx.field(False)
    loaded: rx.Field[bool] = rx.field(False)

    @rx.event
    @requires(Permission.WORKSPACE_EXPORT)
    @told
    async def load(self) -> None:
        """Load the exports of the workspace."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            self.runs = list(await runs.list_exports(session, actor, place()))
        self.running = any(one.state in ("waiting", "running") for one in self.runs)
        self.loaded = True

    @rx.event
    @requires(Permission.WORKSPACE_EXPORT)
    @told
    async def make(self) -> None:
        """Have an export made."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await runs.start_export(session, actor, place())
        await tell(self, "exports.started")

    @rx.event
    @requires(Permission.WORKSPACE_EXPORT)
    @told
    async def stop(self, run_id: str) -> None:
        """Give up an export that is being made."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await runs.stop_export(session, actor, place(), given_id(run_id))
        await tell(self, "exports.stop.told")
