"""Labels: made for a workspace, put on threads, renamed, merged, deleted."""

from dataclasses import replace
from uuid import UUID

import pytest

from cmhub.actor import Role
from cmhub.db import unit_of_work
from cmhub.errors import Conflict, Forbidden, Invalid, NotFound
from cmhub.models import new_id
from cmhub.services import labels
from cmhub.services.inbox import InboxFilter, InboxPage, list_threads
from tests.support.agency import NewAgency
from tests.support.community import Community, ago, bring, make_community, said
from tests.support.desk import hire, thread_id, told


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    made = await make_community(agency.owner, agency.workspace_id)
    await bring(made, *(said(f"m{n}", at=ago(hours=n)) for n in range(1, 4)))
    return made


async def _make(community: Community, name: str, color: str = "red") -> UUID:
    async with unit_of_work(community.actor) as session:
        return await labels.create_label(
            session, community.actor, community.workspace_id, name, color
        )


async def _put(community: Community, label: UUID, *roots: str, on: bool = True) -> tuple[UUID, ...]:
    ids = [await thread_id(community, root) for root in roots]
    async with unit_of_work(community.actor) as session:
        return await labels.label_threads(
            session, community.actor, community.workspace_id, ids, label, on=on
        )


async def _counts(community: Community) -> dict[str, int]:
    async with unit_of_work(community.actor) as session:
        found = await labels.list_labels(
            session, community.actor, community.workspace_id, counted=True
        )
    return {one.name: one.threads for one in found}


async def _page(community: Community, **wanted: object) -> InboxPage:
    async with unit_of_work(community.actor) as session:
        return await list_threads(
            session, community.actor, community.workspace_id,
            InboxFilter(**wanted),  # pyright: ignore[reportArgumentType]
        )  # fmt: skip


async def test_labels_stand_on_their_threads_and_filter_them(community: Community) -> None:
    bug, idea = await _make(community, "Panne"), await _make(community, "Idée", "blue")
    await _put(community, bug, "m1", "m2")
    await _put(community, idea, "m1")
    assert await _counts(community) == {"Idée": 1, "Panne": 2}
    page = await _page(community, label_id=bug)
    assert [[mark.name for mark in row.labels] for row in page.rows] == [
        ["Idée", "Panne"],
        ["Panne"],
    ]
    assert page.counts == {}, "counting them would take long"
    assert (await _page(community, label_id=new_id())).rows == ()


async def test_only_what_changes_is_told_and_can_be_undone(community: Community) -> None:
    bug = await _make(community, "Panne")
    (first,) = await _put(community, bug, "m1")
    changed = await _put(community, bug, "m1", "m2")
    assert changed == (await thread_id(community, "m2"),)
    assert first not in changed
    assert await _put(community, bug, "m3", on=False) == ()
    assert len(await told(community, "thread:label")) == 2


async def test_a_name_is_there_once(community: Community) -> None:
    first = await _make(community, "Panne")
    other = await _make(community, "Idée")
    with pytest.raises(Conflict):
        await _make(community, "  PANNE ")
    async with unit_of_work(community.actor) as session:
        change = labels.change_label
        actor, place = community.actor, community.workspace_id
        with pytest.raises(Conflict):
            await change(session, actor, place, other, "panne", "red")
        assert await change(session, actor, place, first, "panne", "teal") == 0


@pytest.mark.parametrize(("name", "color"), [("", "red"), ("x" * 41, "red"), ("Panne", "#f00")])
async def test_it_refuses_a_label_without_a_name_or_a_color_of_ours(
    community: Community, name: str, color: str
) -> None:
    with pytest.raises(Invalid):
        await _make(community, name, color)


async def test_renaming_tells_how_many_threads_it_is_about(community: Community) -> None:
    bug = await _make(community, "Panne")
    await _put(community, bug, "m1", "m2")
    async with unit_of_work(community.actor) as session:
        count = await labels.change_label(
            session, community.actor, community.workspace_id, bug, "Incident", "orange"
        )
    assert count == 2
    (row, _) = (await _page(community, label_id=bug)).rows
    assert [(mark.name, mark.color) for mark in row.labels] == [("Incident", "orange")]


async def test_merging_moves_every_thread_and_none_twice(community: Community) -> None:
    bug, idea = await _make(community, "Panne"), await _make(community, "Idée")
    await _put(community, bug, "m1", "m2")
    await _put(community, idea, "m2", "m3")
    async with unit_of_work(community.actor) as session:
        actor, place = community.actor, community.workspace_id
        with pytest.raises(Invalid):
            await labels.merge_labels(session, actor, place, bug, bug)
        assert await labels.merge_labels(session, actor, place, bug, idea) == 2
    assert await _counts(community) == {"Idée": 3}


async def test_deleting_takes_it_from_its_threads(community: Community) -> None:
    bug = await _make(community, "Panne")
    await _put(community, bug, "m1", "m2")
    async with unit_of_work(community.actor) as session:
        actor, place = community.actor, community.workspace_id
        assert await labels.delete_label(session, actor, place, bug) == 2
    assert await _counts(community) == {}
    assert all(row.labels == () for row in (await _page(community)).rows)
    assert (await told(community, "label:delete"))[0]["threads"] == 2


async def test_who_answers_puts_labels_and_who_manages_makes_them(community: Community) -> None:
    bug = await _make(community, "Panne")
    moderator = await hire(community, "Ben", Role.MODERATOR)
    working = replace(community, actor=moderator)
    assert len(await _put(working, bug, "m1")) == 1
    with pytest.raises(Forbidden):
        await _make(working, "Autre")
    async with unit_of_work(moderator) as session:
        for call in (
            labels.delete_label(session, moderator, community.workspace_id, bug),
            labels.change_label(session, moderator, community.workspace_id, bug, "X", "red"),
            labels.merge_labels(session, moderator, community.workspace_id, bug, bug),
        ):
            with pytest.raises(Forbidden):
                await call


async def test_a_label_of_another_client_is_not_there(
    community: Community, agency: NewAgency
) -> None:
    with pytest.raises(NotFound):
        await _put(community, new_id(), "m1")


async def test_labels_stay_when_threads_are_joined(community: Community) -> None:
    # The first message comes after its answer, as backfilled history does.
    await bring(community, said("late", to="early", at=ago(minutes=5)))
    bug = await _make(community, "Panne")
    async with unit_of_work(community.actor) as session:
        page = await list_threads(session, community.actor, community.workspace_id, InboxFilter())
        (thread,) = [row.id for row in page.rows if row.last_words and row.message_count == 1
                     and row.last_at > ago(minutes=6)]  # fmt: skip
        await labels.label_threads(
            session, community.actor, community.workspace_id, [thread], bug, on=True
        )
    await bring(community, said("root", at=ago(minutes=30)))
    await bring(community, said("early", to="root", at=ago(minutes=20)))
    (row,) = (await _page(community, label_id=bug)).rows
    assert row.message_count == 3
