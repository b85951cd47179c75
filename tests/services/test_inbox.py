"""The inbox: what waits, what was answered, what is done."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden, Invalid, NotFound
from cmhub.integrations.networks.base import IncomingDeletion
from cmhub.models import AuditEvent, Thread, new_id
from cmhub.services.inbox import (
    PAGE,
    InboxFilter,
    InboxPage,
    find_thread,
    list_threads,
    set_thread_state,
)
from tests.support.agency import NewAgency
from tests.support.community import Community, ago, bring, make_community, said


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    """A workspace that reads two channels of a homeserver."""
    return await make_community(agency.owner, agency.workspace_id)


async def _inbox(community: Community, **wanted: object) -> InboxPage:
    actor = community.actor
    async with unit_of_work(actor) as session:
        return await list_threads(
            session, actor, community.workspace_id, InboxFilter(**wanted)  # pyright: ignore[reportArgumentType]
        )  # fmt: skip


async def _thread(session: AsyncSession, community: Community, root: str) -> Thread:
    return (
        await session.scalars(
            select(Thread).where(Thread.workspace_id == community.workspace_id, Thread.root == root)
        )
    ).one()


async def _move(community: Community, root: str, state: str) -> str:
    async with unit_of_work(community.actor) as session:
        thread = await _thread(session, community, root)
        return await set_thread_state(
            session, community.actor, community.workspace_id, thread.id, state
        )


async def _state(community: Community, root: str) -> str:
    async with unit_of_work(community.actor) as session:
        return (await _thread(session, community, root)).state


async def test_a_members_message_opens_a_thread(community: Community) -> None:
    asked = ago(hours=2)
    await bring(community, said("m1", "Où est\n la   notice ?", at=asked))
    page = await _inbox(community)
    (row,) = page.rows
    assert (row.starter, row.opening, row.channel) == ("Ana", "Où est la notice ?", "General")
    assert (row.last_at, row.waiting_since, row.message_count) == (asked, asked, 1)
    assert (row.state, row.last_from_team, row.last_deleted) == ("open", False, False)
    assert page.counts == {"open": 1, "waiting": 0, "snoozed": 0, "done": 0}
    assert page.after == ""


async def test_an_answer_of_the_team_leaves_the_thread_waiting_for_the_member(
    community: Community,
) -> None:
    await bring(community, said("m1", at=ago(hours=2)))
    await bring(community, said("m2", "Ici.", by="team", at=ago(hours=1), to="m1"))
    assert (await _inbox(community)).rows == ()
    (row,) = (await _inbox(community, state="waiting")).rows
    assert (row.last_words, row.last_from_team, row.waiting_since) == ("Ici.", True, None)
    assert row.message_count == 2


async def test_a_new_message_of_a_member_opens_it_again(community: Community) -> None:
    back = ago(minutes=5)
    await bring(community, said("m1", at=ago(hours=2)))
    await bring(community, said("m2", by="team", at=ago(hours=1), to="m1"))
    await bring(community, said("m3", "Merci, mais…", at=back, to="m2"))
    (row,) = (await _inbox(community)).rows
    assert (row.last_words, row.waiting_since) == ("Merci, mais…", back)


@pytest.mark.parametrize("state", ["done", "waiting"])
async def test_what_somebody_put_aside_comes_back_with_a_members_message(
    community: Community, state: str
) -> None:
    await bring(community, said("m1", at=ago(hours=2)))
    await _move(community, "m1", state)
    await bring(community, said("m1", at=ago(hours=2)))
    assert await _state(community, "m1") == state, "the same message again is nothing new"
    await bring(community, said("m2", by="ben", to="m1"))
    assert await _state(community, "m1") == "open"


async def test_history_opens_nothing_again(community: Community) -> None:
    await bring(community, said("m2", at=ago(hours=1)))
    await _move(community, "m2", "done")
    await bring(community, said("m1", at=ago(hours=3), to="m2"), live=False)
    assert await _state(community, "m2") == "done"


async def test_a_done_thread_stays_done_when_the_team_writes(community: Community) -> None:
    await bring(community, said("m1", at=ago(hours=2)))
    await _move(community, "m1", "done")
    await bring(community, said("m2", by="team", to="m1"))
    assert await _state(community, "m1") == "done"


async def test_it_waits_since_the_first_message_that_nobody_answered(
    community: Community,
) -> None:
    first, second = ago(hours=3), ago(hours=2)
    await bring(community, said("m1", at=first), said("m2", by="ben", at=second, to="m1"))
    (row,) = (await _inbox(community)).rows
    assert row.waiting_since == first
    await bring(community, IncomingDeletion("general", "m1", ago(hours=1)))
    (row,) = (await _inbox(community)).rows
    assert row.waiting_since == second
    assert (row.opening, row.message_count) == ("", 1)


async def test_deleted_words_are_not_shown(community: Community) -> None:
    await bring(community, said("m1", "insulte", at=ago(hours=2)))
    await bring(community, IncomingDeletion("general", "m1", ago(hours=1)))
    (row,) = (await _inbox(community, state="waiting")).rows
    assert (row.last_words, row.opening, row.last_deleted) == ("", "", True)


async def test_old_history_is_done_and_recent_history_waits(community: Community) -> None:
    await bring(community, said("old", at=ago(days=8)), said("new", at=ago(days=6)), live=False)
    assert (await _state(community, "old"), await _state(community, "new")) == ("done", "open")


async def test_a_channel_filters_rows_and_counts(community: Community) -> None:
    await bring(community, said("m1"), said("m2", channel="help"), said("m3", channel="help"))
    page = await _inbox(community, channel_id=community.channels["help"])
    assert {row.channel for row in page.rows} == {"Help"}
    assert page.counts["open"] == 2
    assert [name for _, name, _ in page.channels] == ["General", "Help"]


async def _pages(community: Community, **wanted: object) -> list[UUID]:
    seen: list[UUID] = []
    after = ""
    while True:
        page = await _inbox(community, after=after, **wanted)
        seen += [row.id for row in page.rows]
        after = page.after
        if not after:
            return seen
        assert len(page.rows) == PAGE


async def test_pages_follow_each_other_without_gaps_or_repeats(community: Community) -> None:
    moment = ago(hours=5)
    # Many threads at the same moment: their order must still be one.
    at = [moment + timedelta(minutes=n // 25) for n in range(2 * PAGE + 7)]
    await bring(community, *(said(f"m{n}", at=at[n]) for n in range(len(at))))
    seen = await _pages(community)
    assert len(seen) == len(set(seen)) == len(at)
    async with unit_of_work(community.actor) as session:
        wanted = await session.scalars(select(Thread.id).order_by(Thread.last_at.desc(), Thread.id))
        assert seen == list(wanted)


async def test_exactly_one_full_page_has_no_next(community: Community) -> None:
    await bring(community, *(said(f"m{n}", at=ago(minutes=n + 1)) for n in range(PAGE)))
    page = await _inbox(community)
    assert (len(page.rows), page.after) == (PAGE, "")


async def test_what_arrives_meanwhile_does_not_move_the_next_page(community: Community) -> None:
    await bring(community, *(said(f"m{n}", at=ago(minutes=n + 1)) for n in range(PAGE + 3)))
    first = await _inbox(community)
    await bring(community, said("fresh", at=ago(seconds=1)))
    second = await _inbox(community, after=first.after)
    assert len(second.rows) == 3
    assert not {row.id for row in first.rows} & {row.id for row in second.rows}


async def test_a_page_can_be_reached_through_an_address(community: Community) -> None:
    await bring(community, *(said(f"m{n}", at=ago(minutes=n + 1)) for n in range(PAGE + 1)))
    after = (await _inbox(community)).after
    assert len((await _inbox(community, after=after.replace("+", " "))).rows) == 1


@pytest.mark.parametrize(
    "after", ["x", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00~", f"~{new_id()}",
              f"2026-01-01T00:00:00~{new_id()}"],
)  # fmt: skip
async def test_it_refuses_a_place_that_is_none(community: Community, after: str) -> None:
    with pytest.raises(Invalid):
        await _inbox(community, after=after)


async def test_it_refuses_a_state_that_is_none(community: Community) -> None:
    with pytest.raises(Invalid):
        await _inbox(community, state="gone")
    await bring(community, said("m1"))
    with pytest.raises(Invalid):
        await _move(community, "m1", "snoozed")


async def test_moving_a_thread_gives_the_way_back_and_is_recorded(community: Community) -> None:
    await bring(community, said("m1"))
    assert await _move(community, "m1", "done") == "open"
    assert await _move(community, "m1", "done") == "done", "again changes nothing"
    async with unit_of_work(community.actor) as session:
        events = (
            await session.scalars(select(AuditEvent).where(AuditEvent.tag == "thread:state"))
        ).all()
    assert [event.data for event in events] == [{"before": "open", "after": "done"}]
    assert events[0].user_id == community.actor.user_id


def _as(community: Community, role: Role) -> Actor:
    return replace(
        community.actor,
        agency_roles=frozenset(),
        workspaces={community.workspace_id: frozenset({role})},
    )


async def test_an_analyst_reads_and_a_mediator_moves(community: Community) -> None:
    await bring(community, said("m1"))
    analyst, mediator = _as(community, Role.ANALYST), _as(community, Role.MEDIATOR)
    async with unit_of_work(analyst) as session:
        page = await list_threads(session, analyst, community.workspace_id, InboxFilter())
        with pytest.raises(Forbidden):
            await set_thread_state(
                session, analyst, community.workspace_id, page.rows[0].id, "done"
            )
        await set_thread_state(session, mediator, community.workspace_id, page.rows[0].id, "done")


async def test_a_client_does_not_see_the_inbox(community: Community) -> None:
    client = _as(community, Role.CLIENT)
    async with unit_of_work(client) as session:
        with pytest.raises(Forbidden):
            await list_threads(session, client, community.workspace_id, InboxFilter())


async def test_a_thread_that_is_not_there_is_not_found(community: Community) -> None:
    async with unit_of_work(community.actor) as session:
        with pytest.raises(NotFound):
            await find_thread(session, community.workspace_id, new_id())
