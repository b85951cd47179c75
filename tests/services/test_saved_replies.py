"""Saved replies: checked when kept, found by any part, filled with the thread's values."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from cmhub.actor import Role
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError, Forbidden, Invalid
from cmhub.models import new_id
from cmhub.services import saved_replies
from cmhub.services.checks import InvalidForm
from cmhub.services.saved_replies import VARIABLES, Proposal, fill
from tests.support.agency import NewAgency
from tests.support.community import Community, ago, bring, make_community, said
from tests.support.desk import hire, thread_id, told


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    made = await make_community(agency.owner, agency.workspace_id)
    await bring(made, said("m1", "Hello, where is the manual?", at=ago(hours=2)))
    return made


async def _save(community: Community, reply: UUID | None = None, **given: str) -> UUID:
    words = {"shortcut": "salut", "body_fr": "Bonjour {name} !", "body_en": ""} | given
    async with unit_of_work(community.actor) as session:
        return await saved_replies.save_reply(
            session, community.actor, community.workspace_id, reply, **words
        )


async def _propose(
    community: Community, sought: str = "", root: str = "m1"
) -> tuple[Proposal, ...]:
    thread, actor = await thread_id(community, root), community.actor
    async with unit_of_work(actor) as session:
        return await saved_replies.propose(session, actor, community.workspace_id, thread, sought)


async def _all(community: Community) -> list[tuple[str, str, str]]:
    async with unit_of_work(community.actor) as session:
        found = await saved_replies.list_saved_replies(
            session, community.actor, community.workspace_id
        )
    return [(one.shortcut, one.body_fr, one.body_en) for one in found]


async def test_it_is_kept_by_its_shortcut_and_changed(community: Community) -> None:
    made = await _save(community, shortcut=" /Salut ")
    assert await _all(community) == [("salut", "Bonjour {name} !", "")]
    assert await _save(community, made, shortcut="hello", body_en="Hello {name}") == made
    assert await _all(community) == [("hello", "Bonjour {name} !", "Hello {name}")]
    assert [one["new"] for one in await told(community, "saved_reply:save")] == [True, False]


@pytest.mark.parametrize(
    ("given", "field", "reason"),
    [
        ({"shortcut": ""}, "shortcut", "shortcut_missing"),
        ({"shortcut": "deux mots"}, "shortcut", "shortcut_wrong"),
        ({"shortcut": "x" * 31}, "shortcut", "shortcut_wrong"),
        ({"body_fr": ""}, "body_fr", "reply_missing"),
        ({"body_fr": "x" * 10_001}, "body_fr", "too_long"),
        ({"body_en": "Hi {firstname}"}, "body_en", "variable_unknown"),
        ({"body_en": "Hi {}"}, "body_en", "variable_unknown"),
    ],
)
async def test_what_cannot_be_used_is_told_by_its_field(
    community: Community, given: dict[str, str], field: str, reason: str
) -> None:
    with pytest.raises(InvalidForm) as refused:
        await _save(community, None, **given)
    assert refused.value.faults[field].params["reason"] == reason
    assert await _all(community) == []


async def test_an_unknown_variable_is_named(community: Community) -> None:
    with pytest.raises(InvalidForm) as refused:
        await _save(community, body_fr="Bonjour {prénom}")
    assert refused.value.faults["body_fr"].params["name"] == "prénom"


async def test_a_shortcut_is_there_once(community: Community) -> None:
    await _save(community)
    other = await _save(community, shortcut="merci")
    for reply in (None, other):
        with pytest.raises(InvalidForm) as refused:
            await _save(community, reply, shortcut="SALUT")
        assert refused.value.faults["shortcut"].params["reason"] == "shortcut_taken"


async def test_it_is_filled_with_the_values_of_the_thread(community: Community) -> None:
    every = " / ".join(f"{{{name}}}" for name in VARIABLES)
    await _save(community, body_fr=every)
    (one,) = await _propose(community)
    assert one.words == "Ana / General / Zoé d’Été / Rivière SA / Rivière"


def test_what_a_member_is_called_is_not_filled_in_again() -> None:
    assert fill("Bonjour {name} de {client}", {"name": "{client}", "client": "SA"}) == (
        "Bonjour {client} de SA"
    )


async def test_the_language_of_the_thread_comes_first(community: Community) -> None:
    await bring(community, said("m2", "Bonjour, où est la notice ?", at=ago(hours=1)))
    await _save(community, body_en="Hello {name}!")
    assert [(one.words, one.language) for one in await _propose(community)] == [
        ("Hello Ana!", "en")
    ]
    assert (await _propose(community, root="m2"))[0].words == "Bonjour Ana !"


async def test_without_the_threads_language_the_other_one_is_proposed(
    community: Community,
) -> None:
    await _save(community)
    assert (await _propose(community))[0].language == "fr"


async def test_it_is_found_by_shortcut_first_and_by_words(community: Community) -> None:
    await _save(community, shortcut="refuge", body_fr="Les refuges ouvrent en été.")
    await _save(community, shortcut="mon-refuge", body_fr="Ailleurs.")
    await _save(community, shortcut="autre", body_fr="Voyez la page des REFUGES.")
    await _save(community, shortcut="sans", body_fr="Rien.")
    found = [one.shortcut for one in await _propose(community, "/refuge")]
    assert found == ["refuge", "mon-refuge", "autre"]
    assert [one.shortcut for one in await _propose(community, "ete")] == ["refuge"]


async def test_it_proposes_a_few(community: Community) -> None:
    for number in range(10):
        await _save(community, shortcut=f"s{number}")
    assert len(await _propose(community)) == saved_replies.PROPOSED


async def test_a_deleted_one_is_given_back_to_be_saved_again(community: Community) -> None:
    made = await _save(community)
    async with unit_of_work(community.actor) as session:
        gone = await saved_replies.delete_saved_reply(
            session, community.actor, community.workspace_id, made
        )
    assert await _all(community) == []
    await _save(community, shortcut=gone.shortcut, body_fr=gone.body_fr, body_en=gone.body_en)
    assert len(await _all(community)) == 1


async def test_who_answers_uses_them_and_who_manages_keeps_them(community: Community) -> None:
    made = await _save(community)
    mediator = await hire(community, "Mia", Role.MEDIATOR)
    working = replace(community, actor=mediator)
    assert "Mia" not in (await _propose(working))[0].words
    attempts: list[Any] = [_save(working, shortcut="x"), _save(working, made)]
    for attempt in attempts:
        with pytest.raises(Forbidden):
            await attempt
    analyst = replace(community, actor=await hire(community, "Iris", Role.ANALYST))
    with pytest.raises(Forbidden):
        await _propose(analyst)


async def test_what_is_not_there_is_not_changed(community: Community) -> None:
    with pytest.raises(CMHubError):
        await _save(community, new_id())


async def test_a_workspace_has_only_so_many(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_replies, "MOST", 1)
    await _save(community)
    with pytest.raises(Invalid):
        await _save(community, shortcut="two")
