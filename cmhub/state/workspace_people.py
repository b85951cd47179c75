"""The State of a workspace's people: who may do what here, and for some the change of it."""

from typing import Any
from uuid import UUID

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import Invalid
from cmhub.services import people
from cmhub.services.people import PersonView, WorkspacePerson
from cmhub.state.asked import asked_id, entered
from cmhub.state.base import tell, told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place


class WorkspacePeopleState(rx.State):
    """What the people tab of a workspace's settings shows."""

    people: rx.Field[list[WorkspacePerson]] = rx.field(default_factory=list[WorkspacePerson])
    addable: rx.Field[list[PersonView]] = rx.field(default_factory=list[PersonView])
    manages: rx.Field[bool] = rx.field(False)
    leaving: rx.Field[str] = rx.field("")
    leaving_name: rx.Field[str] = rx.field("")
    loaded: rx.Field[bool] = rx.field(False)
    # Grows when the selects must show other roles than were chosen in them.
    version: rx.Field[int] = rx.field(0)

    # Whose role was changed last, and what it was.
    _before: tuple[str, str] | None = None

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def load(self) -> None:
        """Load who is here."""
        await self._list()

    async def _list(self) -> None:
        actor = current_actor()
        self.manages = actor.may(Permission.USER_MANAGE, place())
        async with unit_of_work(actor) as session:
            found = await people.list_workspace_people(session, actor, place())
            others = await people.list_addable(session, actor, place()) if self.manages else ()
        self.people, self.addable = list(found), list(others)
        self.loaded, self.version = True, self.version + 1

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def add(self, form: dict[str, Any]) -> None:
        """Give somebody of the agency a role here."""
        person = asked_id({"id": entered(form, "person")}, "id")
        if person is None:
            raise Invalid("person_missing")
        name = next((one.name for one in self.addable if one.id == person), "")
        await self._set(person, entered(form, "role"))
        await tell(self, "people.added.told", undo=True, name=name)
        await self._list()

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def set_role(self, user_id: str, role: str) -> None:
        """Change what somebody is here."""
        try:
            await self._set(_id(user_id), role)
        finally:
            await self._list()
        await tell(self, "people.roles.told", undo=True, name=self._name(user_id))

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def remove(self, user_id: str) -> None:
        """Take somebody out of this workspace, and offer to take that back."""
        name = self._name(user_id)
        await self._set(_id(user_id), "")
        await tell(self, "people.out.told", undo=True, name=name)
        await self._list()

    async def _set(self, person: UUID, role: str) -> None:
        actor = current_actor()
        async with unit_of_work(actor) as session:
            was = await people.set_workspace_role(session, actor, place(), person, role)
        self._before = (str(person), was)

    def _name(self, user_id: str) -> str:
        return next((one.name for one in self.people if str(one.id) == user_id), "")

    @rx.event
    @requires(Permission.USER_MANAGE)
    async def ask_remove(self, user_id: str, name: str) -> None:
        """Remember whom the question is about, who would leave the agency."""
        self.leaving, self.leaving_name = user_id, name

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def remove_for_good(self) -> None:
        """Take somebody who is nowhere else out of the agency."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            name = await people.remove_person(session, actor, _id(self.leaving))
        await tell(self, "people.remove.told", name=name)
        await self._list()

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def undo(self) -> None:
        """Take the last change of a role back."""
        if self._before is None:
            raise Invalid("filter")
        person, role = self._before
        await self._set(_id(person), role)
        self._before = None
        await tell(self, "people.undone")
        await self._list()


def _id(value: str) -> UUID:
    found = asked_id({"id": value}, "id")
    if found is None:
        raise Invalid("filter")
    return found
