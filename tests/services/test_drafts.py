"""Drafts: kept for their author, gone when sent; and the question when somebody was faster."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Conflict, Forbidden
from cmhub.models import Draft, Message, Reply
from cmhub.services import drafts, replies
from cmhub.services.drafts import MOST, DraftView
from tests.support.agency import NewAgency
from tests.support.community import Community, ago, bring, make_community, said
from tests.support.desk import hire, thread_id


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    made = await make_community(agency.owner, agency.workspace_id)
    await bring(made, said("m1", at=ago(hours=2)))
    return made


async def _keep(community: Community, body: str, begun_at: datetime | None = None) -> None:
    thread, actor = await thread_id(community), community.actor
    async with unit_of_work(actor) as session:
        await drafts.keep_draft(
            session, actor, community.workspace_id, thread, body, begun_at or ago(minutes=5)
        )


async def _draft(community: Community, actor: Actor | None = None) -> DraftView | None:
    thread, reader = await thread_id(community), actor or community.actor
    async with unit_of_work(reader) as session:
        return await drafts.read_draft(session, reader, community.workspace_id, thread)


async def _send(community: Community, actor: Actor, since: datetime | None) -> None:
    thread = await thread_id(community)
    async with unit_of_work(actor) as session:
        await replies.send_reply(
            session, actor, community.workspace_id, thread, "Voici.", since=since
        )


async def test_a_draft_is_its_authors_alone(community: Community) -> None:
    begun = ago(minutes=5)
    await _keep(community, "Bonjour, je", begun)
    await _keep(community, "Bonjour, je regarde", ago(minutes=1))
    assert await _draft(community) == DraftView("Bonjour, je regarde", begun)
    ben = await hire(community, "Ben", Role.MODERATOR)
    assert await _draft(community, ben) is None


async def test_an_empty_draft_goes(community: Community) -> None:
    await _keep(community, "Bonjour")
    await _keep(community, "  \n")
    assert await _draft(community) is None


async def test_it_keeps_no_more_than_can_be_sent_and_begins_in_no_future(
    community: Community,
) -> None:
    await _keep(community, "x" * (MOST + 5), datetime.now(UTC) + timedelta(days=1))
    found = await _draft(community)
    assert found is not None
    assert len(found.body) == MOST
    assert found.begun_at <= datetime.now(UTC)


async def test_a_draft_goes_when_it_is_sent(community: Community) -> None:
    await _keep(community, "Voici.")
    await _send(community, community.actor, None)
    async with unit_of_work(community.actor) as session:
        assert await session.scalar(select(func.count()).select_from(Draft)) == 0


async def test_an_analyst_keeps_no_draft(community: Community) -> None:
    analyst = await hire(community, "Iris", Role.ANALYST)
    with pytest.raises(Forbidden):
        await _keep(replace(community, actor=analyst), "Bonjour")


async def test_a_reply_to_what_somebody_answered_meanwhile_asks_first(
    community: Community,
) -> None:
    ben = await hire(community, "Ben", Role.MODERATOR)
    begun = ago(seconds=1)
    await _send(community, ben, begun)
    with pytest.raises(Conflict) as asked:
        await _send(community, community.actor, begun)
    assert asked.value.params["name"] == "Ben"
    async with unit_of_work(community.actor) as session:
        assert await session.scalar(select(func.count()).select_from(Reply)) == 1
    await _send(community, community.actor, datetime.now(UTC))


async def test_ones_own_answer_asks_nothing(community: Community) -> None:
    begun = ago(minutes=1)
    await _send(community, community.actor, begun)
    await _send(community, community.actor, begun)


async def test_what_was_written_on_the_network_counts_too(community: Community) -> None:
    begun = ago(minutes=5)
    await bring(community, said("t1", by="team", to="m1", at=ago(minutes=2)))
    with pytest.raises(Conflict) as asked:
        await _send(community, community.actor, begun)
    assert asked.value.params["name"] == "Rivière"


async def test_a_members_message_and_old_history_ask_nothing(community: Community) -> None:
    begun = ago(seconds=30)
    await bring(community, said("m2", to="m1", at=ago(seconds=2)))
    await bring(community, said("t0", by="team", to="m1", at=ago(hours=1)), live=False)
    await _send(community, community.actor, begun)


async def test_ones_own_reply_come_back_from_the_network_asks_nothing(
    community: Community,
) -> None:
    begun = ago(minutes=1)
    await _send(community, community.actor, begun)
    await bring(community, said("t1", "Voici.", by="team", to="m1", at=ago(seconds=1)))
    async with unit_of_work(community.actor) as session:
        reply = (await session.scalars(select(Reply))).one()
        reply.state, reply.external_id = "sent", "t1"
        assert await session.scalar(select(func.count()).select_from(Message)) == 2
    await _send(community, community.actor, begun)
