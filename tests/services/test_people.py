"""The people of an agency and of a workspace, and the changes that nobody may make."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from cmhub.actor import Actor, Role, system_actor
from cmhub.db import unit_of_work
from cmhub.errors import Conflict, Forbidden, Invalid, NotFound
from cmhub.models import AuditEvent, Workspace
from cmhub.services import people, sessions
from cmhub.services.grants import Grant
from cmhub.services.people import PeopleFilter, PersonView
from cmhub.services.workspaces import create_workspace
from tests.support.agency import NewAgency
from tests.support.people import Colleague, enrol, hire

pytestmark = pytest.mark.usefixtures("pool")


def _here(agency: NewAgency, role: Role = Role.MODERATOR) -> Grant:
    return Grant(role, agency.workspace_id)


async def _list(actor: Actor, wanted: PeopleFilter | None = None) -> dict[str, PersonView]:
    async with unit_of_work(actor) as session:
        found = await people.list_people(session, actor, wanted)
    return {one.name: one for one in found}


async def _set(actor: Actor, who: Colleague, *wanted: Grant) -> tuple[Grant, ...]:
    async with unit_of_work(actor) as session:
        return await people.set_roles(session, actor, who.info.user_id, wanted)


async def _remove(actor: Actor, who: Colleague) -> str:
    async with unit_of_work(actor) as session:
        return await people.remove_person(session, actor, who.info.user_id)


async def _reason(refused: object) -> str:
    with pytest.raises((Invalid, Conflict)) as caught:
        await refused  # pyright: ignore[reportGeneralTypeIssues]
    return str(caught.value.params["reason"])


async def _other_workspace(agency: NewAgency) -> tuple[Actor, Grant]:
    async with unit_of_work(agency.owner) as session:
        made = await create_workspace(
            session, agency.owner, name="Montagne", client="M", time_zone="UTC"
        )
    reach = {**agency.owner.workspaces, made.id: frozenset({Role.OWNER})}
    owner = Actor(agency.id, reach, agency.owner.agency_roles, agency.owner.user_id, "Zoé")
    return owner, Grant(Role.CLIENT, made.id)


async def test_it_shows_everybody_with_their_roles(agency: NewAgency) -> None:
    await hire(agency, _here(agency), name="Ana")
    await hire(agency, Grant(Role.ADMIN), name="Ben")
    found = await _list(agency.owner)
    assert list(found) == ["Zoé d’Été", "Ben", "Ana"]
    assert [one.role for one in found.values()] == ["owner", "admin", ""]
    ana = found["Ana"]
    assert [(one.workspace, one.role) for one in ana.held] == [("Rivière", "moderator")]
    assert (ana.me, found["Zoé d’Été"].me) == (False, True)


async def test_workspaces_of_one_role_stand_on_one_line(agency: NewAgency) -> None:
    owner, elsewhere = await _other_workspace(agency)
    ana = await hire(agency, _here(agency), name="Ana")
    assert elsewhere.workspace_id is not None
    await _set(owner, ana, _here(agency), Grant(Role.MODERATOR, elsewhere.workspace_id))
    (line,) = (await _list(owner))["Ana"].by_role
    assert (line.role, line.workspaces) == ("moderator", "Montagne, Rivière")


async def test_it_shows_who_was_here_last_and_who_has_a_second_factor(agency: NewAgency) -> None:
    ana = await hire(agency, _here(agency), name="Ana")
    assert not (await _list(agency.owner))["Ana"].factor
    await enrol(ana.info)
    seen = (await _list(agency.owner))["Ana"]
    assert seen.factor
    assert seen.last_seen_at is not None
    assert (datetime.now(UTC) - seen.last_seen_at).total_seconds() < 60
    await sessions.end_session(ana.info, ana.info.session_id)
    assert (await _list(agency.owner))["Ana"].last_seen_at is not None


async def test_it_finds_by_words_role_and_workspace(agency: NewAgency) -> None:
    owner, elsewhere = await _other_workspace(agency)
    ana = await hire(agency, _here(agency), name="Ana")
    ben = await hire(agency, _here(agency, Role.ANALYST), name="Ben")
    await _set(owner, ben, elsewhere)
    assert set(await _list(owner, PeopleFilter(words="AN"))) == {"Ana"}
    assert set(await _list(owner, PeopleFilter(words=ana.email[:8]))) == {"Ana"}
    assert set(await _list(owner, PeopleFilter(role="client"))) == {"Ben"}
    inside = await _list(owner, PeopleFilter(workspace_id=agency.workspace_id))
    assert set(inside) == {"Zoé d’Été", "Ana"}


async def test_it_requires_user_manage(agency: NewAgency) -> None:
    manager = (await hire(agency, _here(agency, Role.MANAGER))).actor(agency)
    ana = await hire(agency, _here(agency))
    for refused in (_list(manager), _set(manager, ana, Grant(Role.ADMIN)), _remove(manager, ana)):
        with pytest.raises(Forbidden):
            await refused
    async with unit_of_work(manager) as session:
        with pytest.raises(Forbidden):
            await people.set_workspace_role(
                session, manager, agency.workspace_id, ana.info.user_id, "client"
            )


async def test_roles_are_changed_at_once_and_taken_back(agency: NewAgency) -> None:
    ana = await hire(agency, _here(agency))
    before = await _set(agency.owner, ana, _here(agency, Role.MANAGER))
    assert before == (_here(agency),)
    info = await sessions.resolve_session(ana.token)
    assert info is not None
    assert [place.role for place in info.places] == [Role.MANAGER]
    await _set(agency.owner, ana, *before)
    assert [one.role for one in (await _list(agency.owner))["Ana"].held] == ["moderator"]


async def test_a_change_of_nothing_is_not_recorded(agency: NewAgency) -> None:
    ana = await hire(agency, _here(agency))
    await _set(agency.owner, ana, _here(agency))
    async with unit_of_work(agency.owner) as session:
        tags = (await session.scalars(select(AuditEvent.tag))).all()
    assert "user:roles" not in tags


async def test_only_an_owner_makes_changes_and_removes_owners(agency: NewAgency) -> None:
    admin = (await hire(agency, Grant(Role.ADMIN), name="Ben")).actor(agency)
    ana = await hire(agency, _here(agency))
    assert await _reason(_set(admin, ana, Grant(Role.OWNER))) == "owner_only"
    await _set(agency.owner, ana, Grant(Role.OWNER))
    assert await _reason(_set(admin, ana, Grant(Role.ADMIN))) == "owner_only"
    assert await _reason(_remove(admin, ana)) == "owner_only"
    assert (await _list(agency.owner))["Ana"].role == "owner"


async def test_the_last_owner_is_neither_demoted_nor_removed(agency: NewAgency) -> None:
    me = Colleague(agency.email, "", await _owner_info(agency))
    assert await _reason(_set(agency.owner, me, Grant(Role.ADMIN))) == "last_owner"
    assert await _reason(_remove(agency.owner, me)) == "last_owner"
    ana = await hire(agency, Grant(Role.OWNER))
    await _set(agency.owner, me, Grant(Role.ADMIN))
    assert await _reason(_remove(ana.actor(agency), ana)) == "last_owner"


async def _owner_info(agency: NewAgency) -> sessions.SessionInfo:
    from cmhub.services import accounts
    from tests.support.agency import PASSWORD

    token = await accounts.sign_in(agency.email, PASSWORD, "tests", "")
    info = await sessions.resolve_session(token)
    assert info is not None
    return info


async def test_two_owners_who_go_at_once_leave_one(agency: NewAgency) -> None:
    ana = await hire(agency, Grant(Role.OWNER), name="Ana")
    me = Colleague(agency.email, "", await _owner_info(agency))
    done = await asyncio.gather(
        _remove(ana.actor(agency), me), _remove(agency.owner, ana), return_exceptions=True
    )
    assert sum(isinstance(one, Conflict) for one in done) == 1


async def test_who_is_removed_is_out_of_everything(agency: NewAgency) -> None:
    owner, elsewhere = await _other_workspace(agency)
    ana = await hire(agency, _here(agency))
    await _set(owner, ana, _here(agency), elsewhere)
    async with unit_of_work(system_actor(agency.id, *owner.workspaces)) as session:
        await session.execute(
            update(Workspace)
            .where(Workspace.id == elsewhere.workspace_id)
            .values(archived_at=datetime.now(UTC))
        )
    assert await _remove(agency.owner, ana) == "Ana"
    info = await sessions.resolve_session(ana.token)
    assert info is not None
    assert info.places == ()
    async with unit_of_work(system_actor(agency.id, *owner.workspaces)) as session:
        await session.execute(
            update(Workspace).where(Workspace.id == elsewhere.workspace_id).values(archived_at=None)
        )
    info = await sessions.resolve_session(ana.token)
    assert info is not None
    assert info.places == ()


async def test_roles_in_archived_workspaces_outlast_a_change(agency: NewAgency) -> None:
    owner, elsewhere = await _other_workspace(agency)
    ana = await hire(agency, _here(agency))
    await _set(owner, ana, _here(agency), elsewhere)
    # The actor of a session does not reach what is archived.
    await _set(agency.owner, ana, _here(agency, Role.ANALYST))
    info = await sessions.resolve_session(ana.token)
    assert info is not None
    held = {place.workspace_id: place.role for place in info.places}
    assert held == {
        agency.workspace_id: Role.ANALYST,
        elsewhere.workspace_id: Role.CLIENT,
    }


async def test_somebody_of_no_agency_of_ours_is_not_found(agency: NewAgency) -> None:
    from tests.support.agency import make_agency

    other = await make_agency("Autre")
    stranger = await hire(other, _here(other))
    for refused in (
        _set(agency.owner, stranger, _here(agency)),
        _remove(agency.owner, stranger),
    ):
        with pytest.raises(NotFound):
            await refused


async def test_managers_see_the_people_of_their_workspace_only(agency: NewAgency) -> None:
    owner, elsewhere = await _other_workspace(agency)
    manager = (await hire(agency, _here(agency, Role.MANAGER), name="Mia")).actor(agency)
    ben = await hire(agency, _here(agency), name="Ben")
    await _set(owner, ben, elsewhere)
    async with unit_of_work(manager) as session:
        found = await people.list_workspace_people(session, manager, agency.workspace_id)
    assert [(one.name, one.role, one.whole) for one in found] == [
        ("Zoé d’Été", "owner", True),
        ("Mia", "manager", False),
    ]


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ANALYST, Role.CLIENT])
async def test_who_may_not_see_the_settings_sees_no_people(agency: NewAgency, role: Role) -> None:
    actor = (await hire(agency, _here(agency, role))).actor(agency)
    async with unit_of_work(actor) as session:
        with pytest.raises(Forbidden):
            await people.list_workspace_people(session, actor, agency.workspace_id)


async def test_a_role_in_one_workspace_is_given_changed_and_taken(agency: NewAgency) -> None:
    owner, elsewhere = await _other_workspace(agency)
    ana = await hire(agency, _here(agency), name="Ana")
    place = elsewhere.workspace_id
    assert place is not None
    async with unit_of_work(owner) as session:
        assert [one.name for one in await people.list_addable(session, owner, place)] == ["Ana"]
    for role, was in (("analyst", ""), ("manager", "analyst"), ("", "manager")):
        async with unit_of_work(owner) as session:
            before = await people.set_workspace_role(session, owner, place, ana.info.user_id, role)
        assert before == was
    held = (await _list(owner))["Ana"].held
    assert [(one.workspace, one.role) for one in held] == [("Rivière", "moderator")]


async def test_the_only_place_and_a_role_in_the_agency_are_not_changed_from_a_workspace(
    agency: NewAgency,
) -> None:
    ana = await hire(agency, _here(agency), name="Ana")
    ben = await hire(agency, Grant(Role.ADMIN), name="Ben")

    async def take(user: Colleague, role: str) -> None:
        async with unit_of_work(agency.owner) as session:
            await people.set_workspace_role(
                session, agency.owner, agency.workspace_id, user.info.user_id, role
            )

    assert await _reason(take(ana, "")) == "only_place"
    assert await _reason(take(ben, "client")) == "role_whole"
    assert await _reason(take(ana, "owner")) == "role_place"


async def test_it_is_recorded(agency: NewAgency) -> None:
    ana = await hire(agency, _here(agency))
    await _set(agency.owner, ana, Grant(Role.ADMIN))
    await _remove(agency.owner, ana)
    async with unit_of_work(agency.owner) as session:
        rows = (
            await session.execute(
                select(AuditEvent.tag, AuditEvent.data)
                .where(AuditEvent.object_id == ana.info.user_id)
                .order_by(AuditEvent.at)
            )
        ).all()
    assert [row.tag for row in rows] == ["user:roles", "user:remove"]
    assert rows[0].data["after"] == [{"workspace": None, "role": "admin"}]
    assert rows[1].data["name"] == "Ana"
