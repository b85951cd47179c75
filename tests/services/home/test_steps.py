"""The first steps tick themselves."""

from secrets import token_hex

from cmhub.actor import Role
from cmhub.db import unit_of_work
from cmhub.services.grants import Grant
from cmhub.services.home import visits
from cmhub.services.invitations import invite
from tests.support.agency import NewAgency
from tests.support.community import bring, make_community, said
from tests.support.home import NOW, home_of, somebody


async def _steps(agency: NewAgency) -> dict[str, bool]:
    home = await home_of(agency.owner, agency.workspace_id)
    return {one.name: one.done for one in home.steps}


async def test_each_is_done_when_the_data_say_so(agency: NewAgency) -> None:
    names = ("confirm", "create", "connect", "choose", "invite", "answer")
    assert await _steps(agency) == dict(zip(names, (True, True) + (False,) * 4, strict=True))
    community = await make_community(agency.owner, agency.workspace_id)
    assert [name for name, done in (await _steps(agency)).items() if not done] == [
        "invite", "answer",
    ]  # fmt: skip
    await bring(community, said("m1", by="ana", at=NOW), said("m2", by="team", to="m1", at=NOW))
    assert [name for name, done in (await _steps(agency)).items() if not done] == ["invite"]
    grants = [Grant(Role.MODERATOR, agency.workspace_id)]
    await invite(agency.owner, f"{token_hex(6)}@agence.example", grants, "fr")
    assert await _steps(agency) == {}


async def test_who_answers_only_is_not_asked_to_set_up(agency: NewAgency) -> None:
    for role in (Role.MODERATOR, Role.ANALYST):
        other = somebody(agency.owner, role, agency.workspace_id)
        assert (await home_of(other, agency.workspace_id)).steps == ()
    manager = somebody(agency.owner, Role.MANAGER, agency.workspace_id)
    home = await home_of(manager, agency.workspace_id)
    assert "invite" not in {one.name for one in home.steps}, "that is for owners and admins"


async def test_they_stay_away_once_put_away(agency: NewAgency) -> None:
    assert await _steps(agency)
    async with unit_of_work(agency.owner) as session:
        await visits.put_steps_away(session, agency.owner, agency.workspace_id, NOW)
    assert await _steps(agency) == {}
    async with unit_of_work(agency.owner) as session:
        await visits.put_steps_away(session, agency.owner, agency.workspace_id, None)
    assert await _steps(agency)
