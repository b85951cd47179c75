"""The import page's State: what was imported, and how far what runs has come."""

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.services.importing import runs
from cmhub.services.importing.runs import ImportView
from cmhub.state.asked import given_id
from cmhub.state.base import tell, told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place


class ImportsState(rx.State):
    """What the import page shows."""

    runs: rx.Field[list[ImportView]] = rx.field(default_factory=list[ImportView])
    running: rx.Field[int] = rx.field(0)
    loaded: rx.Field[bool] = rx.field(False)

    @rx.event
    @requires(Permission.HISTORY_IMPORT)
    @told
    async def load(self) -> None:
        """Load the imports of the workspace."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            self.runs = list(await runs.list_imports(session, actor, place()))
        self.running = sum(one.state in ("waiting", "running") for one in self.runs)
        self.loaded = True

    @rx.event
    @requires(Permission.HISTORY_IMPORT)
    @told
    async def stop(self, run_id: str) -> None:
        """Stop an import that runs."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await runs.stop_import(session, actor, place(), given_id(run_id))
        await tell(self, "imports.stop.told")
