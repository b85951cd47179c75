"""Views: a filter under a name, one's own or everybody's."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from cmhub.actor import Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden, Invalid, NotFound
from cmhub.models import InboxView, new_id
from cmhub.queue import Work
from cmhub.services import labels, sorting, views
from cmhub.services.inbox import InboxFilter, list_threads
from cmhub.services.views import ViewView
from tests.support.agency import NewAgency
from tests.support.community import Community, ago, bring, make_community, said
from tests.support.desk import hire, thread_id

MINE = InboxFilter(assignee="me")


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    made = await make_community(agency.owner, agency.workspace_id)
    await bring(
        made,
        said("m1", "Bonjour, où est la notice ?", at=ago(hours=2)),
        said("m2", "Hello, where is the manual?", at=ago(days=2), channel="help"),
    )
    return made


async def _save(
    community: Community, name: str, wanted: InboxFilter = MINE, *, shared: bool = False
) -> UUID:
    async with unit_of_work(community.actor) as session:
        return await views.save_view(
            session, community.actor, community.workspace_id, name, wanted, shared=shared
        )


async def _all(community: Community) -> tuple[ViewView, ...]:
    async with unit_of_work(community.actor) as session:
        return await views.list_views(session, community.actor, community.workspace_id)


async def _do(community: Community, verb: str, view: UUID, *given: str) -> None:
    async with unit_of_work(community.actor) as session:
        await getattr(views, verb)(session, community.actor, community.workspace_id, view, *given)


async def _roots(community: Community, wanted: InboxFilter) -> set[UUID]:
    async with unit_of_work(community.actor) as session:
        page = await list_threads(session, community.actor, community.workspace_id, wanted)
    return {row.id for row in page.rows}


async def test_a_view_keeps_the_whole_filter(community: Community) -> None:
    wanted = InboxFilter(
        state="waiting", channel_id=community.channels["help"], assignee="nobody",
        label_id=new_id(), language="fr", waits="1d", noted=True,
    )  # fmt: skip
    await _save(community, "Tout", replace(wanted, after="2026-01-01T00:00:00+00:00~x"))
    (view,) = await _all(community)
    assert view.wanted == wanted, "a page is no part of a view"
    assert view.count == -1, "this would take long to count"


async def test_what_is_cheap_is_counted(community: Community) -> None:
    async with unit_of_work(community.actor) as session:
        await sorting.assign_threads(
            session, community.actor, community.workspace_id,
            [await thread_id(community)], community.actor.user_id,
        )  # fmt: skip
    await _save(community, "À moi")
    await _save(community, "Aide", InboxFilter(channel_id=community.channels["help"]))
    assert {one.name: one.count for one in await _all(community)} == {"À moi": 1, "Aide": 1}


async def test_mine_means_whoever_looks(community: Community) -> None:
    await _save(community, "À moi", shared=True)
    ben = replace(community, actor=await hire(community, "Ben", Role.MODERATOR))
    async with unit_of_work(ben.actor) as session:
        await sorting.assign_threads(
            session, ben.actor, community.workspace_id, [await thread_id(community)],
            ben.actor.user_id,
        )  # fmt: skip
    assert [one.count for one in await _all(community)] == [0]
    assert [one.count for one in await _all(ben)] == [1]


async def test_ones_own_view_is_not_there_for_others(community: Community) -> None:
    mine = await _save(community, "À moi")
    shared = await _save(community, "À tous", shared=True)
    ben = replace(community, actor=await hire(community, "Ben", Role.MODERATOR))
    assert [(one.name, one.may_change) for one in await _all(ben)] == [("À tous", False)]
    with pytest.raises(NotFound):
        await _do(ben, "rename_view", mine, "À Ben")
    with pytest.raises(Forbidden):
        await _do(ben, "delete_view", shared)
    boss = replace(community, actor=await hire(community, "Chef", Role.MANAGER))
    await _do(boss, "rename_view", shared, "Pour tous")
    assert [one.name for one in await _all(ben)] == ["Pour tous"]


async def test_an_analyst_keeps_views_of_their_own_only(community: Community) -> None:
    analyst = replace(community, actor=await hire(community, "Iris", Role.ANALYST))
    await _save(analyst, "Pour moi")
    with pytest.raises(Forbidden):
        await _save(analyst, "Pour tous", shared=True)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("", MINE),
        ("x" * 61, MINE),
        ("A", InboxFilter(state="gone")),
        ("A", InboxFilter(language="xx")),
        ("A", InboxFilter(waits="9y")),
        ("A", InboxFilter(assignee="somebody")),
    ],
)
async def test_it_refuses_a_view_without_a_name_or_a_filter(
    community: Community, name: str, wanted: InboxFilter
) -> None:
    with pytest.raises(Invalid):
        await _save(community, name, wanted)


async def test_a_deleted_view_can_be_taken_back_and_is_forgotten_else(
    community: Community,
) -> None:
    view = await _save(community, "À moi")
    work = Work(view, community.actor.agency_id, community.workspace_id)
    await _do(community, "delete_view", view)
    assert await _all(community) == ()
    await views.forget(work)
    await _do(community, "restore_view", view)
    assert [one.name for one in await _all(community)] == ["À moi"]
    await _do(community, "delete_view", view)
    async with unit_of_work(community.actor) as session:
        await session.execute(
            update(InboxView).where(InboxView.id == view).values(deleted_at=ago(minutes=2))
        )
    await views.forget(work)
    async with unit_of_work(community.actor) as session:
        assert await session.scalar(select(func.count()).select_from(InboxView)) == 0


# the filters themselves


async def test_filters_find_what_they_say(community: Community) -> None:
    first, second = await thread_id(community, "m1"), await thread_id(community, "m2")
    async with unit_of_work(community.actor) as session:
        actor, place = community.actor, community.workspace_id
        await sorting.assign_threads(session, actor, place, [first], actor.user_id)
        label = await labels.create_label(session, actor, place, "Panne", "red")
        await labels.label_threads(session, actor, place, [second], label, on=True)
    for wanted, found in (
        (InboxFilter(assignee="me"), {first}),
        (InboxFilter(assignee=str(community.actor.user_id)), {first}),
        (InboxFilter(assignee="nobody"), {second}),
        (InboxFilter(label_id=label), {second}),
        (InboxFilter(language="fr"), {first}),
        (InboxFilter(language="en"), {second}),
        (InboxFilter(waits="1h"), {first, second}),
        (InboxFilter(waits="1d"), {second}),
        (InboxFilter(waits="3d"), set[UUID]()),
        (InboxFilter(noted=True), set[UUID]()),
        (InboxFilter(assignee="me", language="en"), set[UUID]()),
        (InboxFilter(label_id=label, waits="1d", assignee="nobody", language="en"), {second}),
    ):
        assert await _roots(community, wanted) == found, wanted
