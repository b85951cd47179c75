"""Colleagues: who works in a workspace, told to those who work there."""

from dataclasses import replace

from sqlalchemy import text

from cmhub.actor import Role
from cmhub.db import doors, unit_of_work
from cmhub.services.colleagues import list_colleagues
from cmhub.services.languages import language_of
from tests.support.agency import NewAgency, make_agency
from tests.support.community import make_community
from tests.support.desk import hire


async def test_they_are_those_who_see_the_inbox(agency: NewAgency) -> None:
    community = await make_community(agency.owner, agency.workspace_id)
    await hire(community, "Ben", Role.MEDIATOR)
    await hire(community, "Iris", Role.ANALYST)
    await hire(community, "Claire", Role.CLIENT)
    async with unit_of_work(agency.owner) as session:
        found = await list_colleagues(session, agency.owner, agency.workspace_id)
    assert [(one.name, one.may_answer) for one in found] == [
        ("Ben", True),
        ("Iris", False),
        ("Zoé d’Été", True),
    ]


async def test_the_door_tells_nobody_else(agency: NewAgency) -> None:
    other = (await make_agency()).owner
    asked = text("select * from colleagues_in(:place)")
    place = {"place": agency.workspace_id}
    async with doors() as session:
        assert (await session.execute(asked, place)).all() == []
    forger = replace(other, workspaces=agency.owner.workspaces)
    for stranger in (other, forger):
        async with unit_of_work(stranger) as session:
            assert (await session.execute(asked, place)).all() == []


def test_a_language_is_told_by_its_small_words() -> None:
    assert language_of("Bonjour, où est la notice de montage ?") == "fr"
    assert language_of("Hello, where is the manual for this?") == "en"
    for words in ("", "👍", "OK 42", "xyzzy"):
        assert language_of(words) is None
