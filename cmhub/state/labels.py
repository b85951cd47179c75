"""The State of the labels' page."""

from uuid import UUID

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError
from cmhub.services import labels
from cmhub.services.labels import LabelView
from cmhub.state.asked import asked, entered
from cmhub.state.base import SessionState, tell, told
from cmhub.state.inbox import id_of
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place


class LabelsState(rx.State):
    """The workspace's labels; the address says which one is changed (``new`` for a new one)."""

    labels: rx.Field[list[LabelView]] = rx.field(default_factory=list[LabelView])
    loaded: rx.Field[bool] = rx.field(False)
    edited: rx.Field[str] = rx.field("")
    name: rx.Field[str] = rx.field("")
    color: rx.Field[str] = rx.field("blue")
    error_key: rx.Field[str] = rx.field("")
    error_params: rx.Field[dict[str, str | int]] = rx.field(default_factory=dict[str, str | int])
    # The label that a question is about.
    asked_id: rx.Field[str] = rx.field("")
    asked_name: rx.Field[str] = rx.field("")
    asked_threads: rx.Field[int] = rx.field(0)

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def load(self) -> None:
        """Load the labels, and the one that the address asks to change."""
        await self._list()
        self.edited, self.error_key = asked(self).get("label", ""), ""
        known = next((one for one in self.labels if str(one.id) == self.edited), None)
        self.name, self.color = (known.name, known.color) if known else ("", "blue")

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def refresh(self) -> None:
        """Labels changed: load them again, and leave the form as it is."""
        await self._list()

    async def _list(self) -> None:
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            found = await labels.list_labels(session, actor, place(), counted=True)
        self.labels, self.loaded = list(found), True

    async def _done(self) -> rx.event.EventSpec:
        await self._list()
        shell = await self.get_state(SessionState)
        return rx.redirect(f"{shell.workspace_address}/settings/labels/")

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def save(self, form: dict[str, object]) -> rx.event.EventSpec | None:
        """Make the label in the form, or change the one that is open."""
        self.name, self.color = entered(form, "name"), entered(form, "color")
        self.error_key = ""
        try:
            await self._save()
        except CMHubError as error:
            self.error_key, self.error_params = error.key, error.params
            return None
        return await self._done()

    async def _save(self) -> None:
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            if self.edited == "new":
                await labels.create_label(session, actor, place(), self.name, self.color)
                await tell(self, "labels.created")
            else:
                count = await labels.change_label(
                    session, actor, place(), id_of(self.edited), self.name, self.color
                )
                await tell(self, "labels.changed", n=count)

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    async def ask(self, label_id: str) -> None:
        """Remember which label the question is about, and how many threads have it."""
        for one in self.labels:
            if str(one.id) == label_id:
                self.asked_id, self.asked_name = label_id, one.name
                self.asked_threads = one.threads

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def merge(self, form: dict[str, object]) -> None:
        """Merge the label that was asked about into the chosen one."""
        actor, into = current_actor().within(place()), id_of(entered(form, "into"))
        async with unit_of_work(actor) as session:
            count = await labels.merge_labels(session, actor, place(), self._asked(), into)
        await tell(self, "labels.merged", n=count)
        await self._list()

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def delete(self) -> None:
        """Delete the label that was asked about."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            count = await labels.delete_label(session, actor, place(), self._asked())
        await tell(self, "labels.deleted", n=count)
        await self._list()

    def _asked(self) -> UUID:
        return id_of(self.asked_id)
