"""The agency's Home: which client needs somebody, and why."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden
from cmhub.models import Connection, Workspace
from cmhub.services.workspaces import create_workspace
from tests.support.agency import NewAgency
from tests.support.community import bring, make_community, said
from tests.support.home import NOW, agency_home_of, home_of, somebody

HOUR = timedelta(hours=1)


async def _more(agency: NewAgency, *names: str) -> Actor:
    """The owner with further workspaces in reach, each with a connected account."""
    owner = agency.owner
    for name in names:
        async with unit_of_work(owner) as session:
            made = await create_workspace(
                session, owner, name=name, client=f"{name} SA", time_zone="Asia/Tokyo"
            )
        owner = replace(owner, workspaces={**owner.workspaces, made.id: frozenset({Role.OWNER})})
        await make_community(owner, made.id)
    return owner


async def test_what_needs_somebody_comes_first_with_its_reason(agency: NewAgency) -> None:
    owner = await _more(agency, "Calme", "Panne", "Attente", "Retard")
    ids = {one.name: one.id for one in (await agency_home_of(owner)).spaces}
    for name, hours in (("Attente", (30, 40)), ("Retard", (90,)), ("Calme", (2,))):
        community = await make_community(owner, ids[name])
        await bring(community, *(said(f"m{n}", at=NOW - n * HOUR) for n in hours))
    async with unit_of_work(owner) as session:
        await session.execute(
            update(Connection)
            .where(Connection.workspace_id == ids["Panne"])
            .values(state="reconnect", faulted_at=NOW - 95 * HOUR)
        )
    found = (await agency_home_of(owner)).spaces
    assert [one.name for one in found] == ["Panne", "Retard", "Attente", "Calme", "Rivière"]
    assert [(one.severity, one.count) for one in found] == [
        ("bad", 1), ("bad", 1), ("warn", 2), ("good", 0), ("good", 0),
    ]  # fmt: skip
    assert [one.worst.key if one.worst else "" for one in found] == [
        "home.connection.reconnect", "home.thread.waits", "home.thread.waits", "", "",
    ]  # fmt: skip
    waiting = {one.name: one.waiting for one in found}
    assert waiting["Attente"] is not None
    assert (waiting["Attente"].count, waiting["Attente"].since) == (2, NOW - 40 * HOUR)
    assert waiting["Rivière"] is None
    assert [one.name for one in found[0].trends] == [
        "messages", "members", "newcomers", "answered", "unanswered",
    ]  # fmt: skip


async def test_a_row_says_what_the_workspaces_own_home_says(agency: NewAgency) -> None:
    owner = await _more(agency, "Nord")
    nord = next(one for one in (await agency_home_of(owner)).spaces if one.name == "Nord")
    community = await make_community(owner, nord.id)
    await bring(community, *(said(f"m{n}", at=NOW - n * HOUR) for n in range(25, 40)))
    row = next(one for one in (await agency_home_of(owner)).spaces if one.name == "Nord")
    home = await home_of(owner, nord.id)
    assert row.count == sum(line.count for line in home.burning) == 15
    assert row.worst == home.burning[0]


async def test_one_sees_the_workspaces_in_reach_and_no_others(agency: NewAgency) -> None:
    owner = await _more(agency, "Nord", "Sud")
    moderator = somebody(owner, Role.MODERATOR, agency.workspace_id)
    assert [one.name for one in (await agency_home_of(moderator)).spaces] == ["Rivière"]
    forged = replace(moderator, workspaces=owner.workspaces, agency_roles=owner.agency_roles)
    assert len((await agency_home_of(forged)).spaces) == 3, "the session decides on reach"


async def test_a_workspace_where_one_is_a_client_is_left_out(agency: NewAgency) -> None:
    owner = await _more(agency, "Nord")
    ids = [one.id for one in (await agency_home_of(owner)).spaces]
    roles = dict(zip(ids, (frozenset({Role.CLIENT}), frozenset({Role.ANALYST})), strict=True))
    both = replace(somebody(owner, Role.CLIENT, ids[0]), workspaces=roles)
    assert [one.id for one in (await agency_home_of(both)).spaces] == ids[1:]
    with pytest.raises(Forbidden):
        await agency_home_of(somebody(owner, Role.CLIENT, ids[0]))


async def test_an_archived_workspace_burns_no_more(agency: NewAgency) -> None:
    owner = await _more(agency, "Nord")
    async with unit_of_work(owner) as session:
        await session.execute(
            update(Workspace).where(Workspace.name == "Nord").values(archived_at=NOW)
        )
    assert [one.name for one in (await agency_home_of(owner)).spaces] == ["Rivière"]


async def test_an_agency_without_workspaces_has_an_empty_home(agency: NewAgency) -> None:
    nobody = replace(agency.owner, workspaces={})
    assert (await agency_home_of(nobody)).spaces == ()
