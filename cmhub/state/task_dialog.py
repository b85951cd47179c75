"""The State of the dialog that makes a task from anywhere, linked to what the page shows."""

from dataclasses import dataclass, replace
from uuid import UUID

import reflex as rx

from cmhub.actor import Actor, Permission
from cmhub.db import unit_of_work
from cmhub.errors import Invalid, NotFound
from cmhub.services import tasks
from cmhub.services.colleagues import list_colleagues
from cmhub.services.references import KINDS, Reference, find_things
from cmhub.state.asked import asked, asked_id
from cmhub.state.base import tell, told
from cmhub.state.marks import requires_somewhere
from cmhub.state.tasks import PersonChoice, draft_of, id_of
from cmhub.state.visit import current_actor, current_visit

LINKED = tuple(kind for kind in KINDS if kind != "task")
"""Parts of an address that name what a page shows, and so the kinds that a task links to: in its
query by the kind (``thread``), in its path with ``_id`` (``member_id``)."""


@dataclass(frozen=True, slots=True)
class PlaceChoice:
    """A workspace to make a task in."""

    id: str
    name: str


class TaskDialogState(rx.State):
    """What the dialog shows; ``done`` grows when it may close and begin anew."""

    done: rx.Field[int] = rx.field(0)
    me: rx.Field[str] = rx.field("")
    people: rx.Field[list[PersonChoice]] = rx.field(default_factory=list[PersonChoice])
    places: rx.Field[list[PlaceChoice]] = rx.field(default_factory=list[PlaceChoice])
    workspace: rx.Field[str] = rx.field("")
    link_kind: rx.Field[str] = rx.field("")
    link_id: rx.Field[str] = rx.field("")
    link_words: rx.Field[str] = rx.field("")
    fault: rx.Field[str] = rx.field("")
    fault_params: rx.Field[dict[str, str | int]] = rx.field(default_factory=dict[str, str | int])

    @rx.event
    @requires_somewhere(Permission.TASK_WRITE)
    @told
    async def begin(self) -> None:
        """Offer an empty form that knows what the page shows."""
        visit, actor = current_visit(), current_actor()
        self.me, self.fault = str(actor.user_id), ""
        self.link_kind = self.link_id = self.link_words = ""
        self.places = []
        if visit.place is not None and visit.place.workspace_id is not None:
            self.workspace = str(visit.place.workspace_id)
            await self._find_link(actor, visit.place.workspace_id)
        else:
            self._offer_places(actor)
        await self._find_people(actor, id_of(self.workspace))

    def _offer_places(self, actor: Actor) -> None:
        """On a page of the agency the user says where the task belongs."""
        self.places = [
            PlaceChoice(str(each.workspace_id), each.workspace_name)
            for each in current_visit().info.places
            if each.agency_id == actor.agency_id
            and each.workspace_id is not None
            and actor.may(Permission.TASK_WRITE, each.workspace_id)
        ]
        if not self.places:
            raise NotFound
        self.workspace = self.places[0].id

    async def _find_link(self, actor: Actor, workspace_id: UUID) -> None:
        given = asked(self)
        found = [(kind, asked_id(given, kind) or asked_id(given, f"{kind}_id")) for kind in LINKED]
        wanted = [Reference(kind, each) for kind, each in found if each is not None]
        async with unit_of_work(actor) as session:
            things = await find_things(session, actor, [workspace_id], wanted)
        for reference in wanted:
            if reference in things:
                self.link_kind, self.link_id = reference.kind, str(reference.id)
                self.link_words = things[reference].words
                return

    async def _find_people(self, actor: Actor, workspace_id: UUID) -> None:
        actor.require(Permission.TASK_WRITE, workspace_id)
        async with unit_of_work(actor) as session:
            people = await list_colleagues(session, actor, workspace_id)
        self.people = [
            PersonChoice(str(one.id), one.name)
            for one in people
            if one.may(Permission.TASK_READ) and one.id != actor.user_id
        ]

    @rx.event
    @requires_somewhere(Permission.TASK_WRITE)
    @told
    async def choose_place(self, workspace_id: str) -> None:
        """Offer the people of another workspace."""
        await self._find_people(current_actor(), id_of(workspace_id))
        self.workspace = workspace_id

    @rx.event
    @requires_somewhere(Permission.TASK_WRITE)
    @told
    async def create(self, form: dict[str, object]) -> None:
        """Make the task; what cannot be kept is told in the dialog, which stays."""
        actor, self.fault = current_actor(), ""
        try:
            draft = draft_of(form, "new")
            linked = self.link_kind if form.get("new_link") else ""
            link = Reference(linked, id_of(self.link_id)) if linked else None
            async with unit_of_work(actor) as session:
                await tasks.create_task(
                    session, actor, id_of(self.workspace), replace(draft, reference=link)
                )
        except Invalid as error:
            self.fault, self.fault_params = error.key, dict(error.params)
            return
        self.done += 1
        await tell(self, "tasks.created.told")
