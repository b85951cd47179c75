"""The State of the agency's people: who is what, who is invited, and the panel that is open."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx

from cmhub.actor import Permission, Role
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError, Invalid, NotFound
from cmhub.services import invitations, people
from cmhub.services.checks import InvalidForm
from cmhub.services.grants import Grant
from cmhub.services.invitations import InvitationView
from cmhub.services.people import PeopleFilter, PersonView
from cmhub.state.asked import address, asked, asked_id, entered
from cmhub.state.base import SessionState, tell, told
from cmhub.state.marks import requires
from cmhub.state.settings import Fault, faults_of
from cmhub.state.visit import current_actor, current_visit

PAGE = 50


@dataclass(frozen=True, slots=True)
class Space:
    """A workspace to give a role in, with the one that is held there now, or none."""

    id: str
    name: str
    role: str


def spaces_of(held: dict[str, str] | None = None) -> list[Space]:
    """The workspaces of the page's agency, in the order of their names."""
    agency = current_actor().agency_id
    names = {
        place.workspace_id: place.workspace_name
        for place in current_visit().info.places
        if place.agency_id == agency and place.workspace_id is not None
    }
    return [Space(str(one), name, (held or {}).get(str(one), "")) for one, name in names.items()]


def wanted_roles(form: dict[str, Any]) -> list[Grant]:
    """What a form gives: a role in the agency, or those in its workspaces.

    Raises:
        Invalid: a role or a place is none.
    """
    scope = entered(form, "scope")
    try:
        if scope in (Role.OWNER, Role.ADMIN):
            return [Grant(Role(scope))]
        return [
            Grant(Role(str(role)), UUID(name.removeprefix("place-")))
            for name, role in form.items()
            if name.startswith("place-") and role
        ]
    except ValueError:
        raise Invalid("role_place") from None


class PeopleState(rx.State):
    """What the agency's people page shows; the address says what is asked for and open."""

    people: rx.Field[list[PersonView]] = rx.field(default_factory=list[PersonView])
    found: rx.Field[int] = rx.field(0)
    total: rx.Field[int] = rx.field(0)
    after: rx.Field[str] = rx.field("")
    paged: rx.Field[bool] = rx.field(False)
    waiting: rx.Field[list[InvitationView]] = rx.field(default_factory=list[InvitationView])
    spaces: rx.Field[list[Space]] = rx.field(default_factory=list[Space])
    words: rx.Field[str] = rx.field("")
    role: rx.Field[str] = rx.field("")
    workspace: rx.Field[str] = rx.field("")
    filtered: rx.Field[bool] = rx.field(False)
    owns: rx.Field[bool] = rx.field(False)
    panel: rx.Field[str] = rx.field("")
    opened: rx.Field[str] = rx.field("")
    opened_name: rx.Field[str] = rx.field("")
    opened_email: rx.Field[str] = rx.field("")
    opened_scope: rx.Field[str] = rx.field("")
    language: rx.Field[str] = rx.field("en")
    faults: rx.Field[dict[str, Fault]] = rx.field(default_factory=lambda: {"email": Fault()})
    fault: rx.Field[Fault] = rx.field(default_factory=Fault)
    busy: rx.Field[bool] = rx.field(False)
    leaving: rx.Field[str] = rx.field("")
    leaving_name: rx.Field[str] = rx.field("")
    loaded: rx.Field[bool] = rx.field(False)

    # How to take the last action back: the roles somebody had, or an invitation to restore.
    _before: tuple[str, tuple[Grant, ...]] | None = None
    _revoked: str = ""

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def load(self) -> None:
        """Load the people and the panel that the address asks for."""
        given = asked(self)
        self.words, self.role = given.get("q", ""), given.get("role", "")
        workspace = asked_id(given, "workspace")
        self.workspace = str(workspace or "")
        if self.role not in set(Role):
            self.role = ""
        self.filtered = bool(self.words or self.role or self.workspace)
        self.owns = Role.OWNER in current_actor().agency_roles
        self._clear_faults()
        everybody = await self._list(
            int(after) if (after := given.get("after", "")).isdigit() else 0
        )
        self._open(given, everybody)
        self.loaded = True

    async def _list(self, first: int = 0) -> tuple[PersonView, ...]:
        actor = current_actor()
        workspace = UUID(self.workspace) if self.workspace else None
        async with unit_of_work(actor) as session:
            everybody = await people.list_people(session, actor)
            self.waiting = list(await invitations.list_invitations(session, actor))
        wanted = PeopleFilter(self.words, self.role, workspace)
        found = [one for one in everybody if people.matches(one, wanted)]
        self.people, self.found, self.total = (
            found[first : first + PAGE],
            len(found),
            len(everybody),
        )
        self.after = str(first + PAGE) if len(found) > first + PAGE else ""
        self.paged = first > 0
        return everybody

    def _open(self, given: dict[str, str], everybody: tuple[PersonView, ...]) -> None:
        """Open the panel of the address; somebody who is not there any more opens nothing."""
        person = asked_id(given, "person")
        one = next((each for each in everybody if each.id == person), None)
        self.panel = "person" if one else "invite" if given.get("invite") else ""
        self.opened = str(one.id) if one else ""
        self.opened_name, self.opened_email = (one.name, one.email) if one else ("", "")
        self.opened_scope = one.role if one and one.role else "workspaces"
        held = {str(each.workspace_id): each.role for each in one.held} if one else {}
        if self.panel == "invite":
            self.language = current_visit().info.language
            held = {self.workspace: Role.MODERATOR.value} if self.workspace else {}
        self.spaces = spaces_of(held)

    def _clear_faults(self) -> None:
        self.faults, self.fault = {"email": Fault()}, Fault()

    def _wrong(self, error: CMHubError) -> None:
        if isinstance(error, InvalidForm):
            self.faults = {"email": Fault(), **faults_of(error)}
        else:
            self.fault = Fault(error.key, dict(error.params))

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def invite(self, form: dict[str, Any]) -> Any:
        """Invite whom the form names, and close it."""
        self._clear_faults()
        try:
            made = await invitations.invite(
                current_actor(), entered(form, "email"), wanted_roles(form),
                entered(form, "language"),
            )  # fmt: skip
        except CMHubError as error:
            self._wrong(error)
            return None
        await tell(self, "people.invite.told", email=made.email)
        return rx.redirect(await self._here())

    async def _here(self) -> str:
        """The address of the list as it is filtered, without a panel."""
        base = (await self.get_state(SessionState)).agency_address
        return address(f"{base}/people/", q=self.words, role=self.role, workspace=self.workspace)

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def save_roles(self, form: dict[str, Any]) -> Any:
        """Give the open person the roles of the form, and close it."""
        self._clear_faults()
        actor = current_actor()
        try:
            async with unit_of_work(actor) as session:
                person = UUID(self.opened)
                before = await people.set_roles(session, actor, person, wanted_roles(form))
        except NotFound:
            raise
        except CMHubError as error:
            self._wrong(error)
            return None
        self._before, self._revoked = (self.opened, before), ""
        await tell(self, "people.roles.told", undo=True, name=self.opened_name)
        return rx.redirect(await self._here())

    @rx.event
    @requires(Permission.USER_MANAGE)
    async def ask_remove(self, user_id: str, name: str) -> None:
        """Remember whom the question is about."""
        self.leaving, self.leaving_name = user_id, name

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def remove(self) -> Any:
        """Take them out of the agency."""
        actor, leaving = current_actor(), asked_id({"id": self.leaving}, "id")
        if leaving is None:
            raise Invalid("filter")
        async with unit_of_work(actor) as session:
            name = await people.remove_person(session, actor, leaving)
        await tell(self, "people.remove.told", name=name)
        return rx.redirect(await self._here()) if self.panel else await self._reload()

    async def _reload(self) -> None:
        await self._list()

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def invite_again(self, invitation_id: str) -> None:
        """Mail a new link."""
        email = await invitations.invite_again(current_actor(), _id(invitation_id))
        await tell(self, "people.again.told", email=email)
        await self._list()

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def revoke(self, invitation_id: str) -> None:
        """Let a link work no more, and offer to take that back."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            email = await invitations.revoke_invitation(session, actor, _id(invitation_id))
        self._revoked, self._before = invitation_id, None
        await tell(self, "people.revoke.told", undo=True, email=email)
        await self._list()

    @rx.event
    @requires(Permission.USER_MANAGE)
    @told
    async def undo(self) -> None:
        """Take the last change of roles, or the last revocation, back."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            if self._before is not None:
                person, before = self._before
                await people.set_roles(session, actor, UUID(person), before)
            elif self._revoked:
                await invitations.restore_invitation(session, actor, UUID(self._revoked))
            else:
                raise Invalid("filter")
        self._before, self._revoked = None, ""
        await tell(self, "people.undone")
        await self._list()


def _id(value: str) -> UUID:
    found = asked_id({"id": value}, "id")
    if found is None:
        raise Invalid("filter")
    return found
