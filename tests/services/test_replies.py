"""Answers of the team, from the first word to giving up."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.db import doors, unit_of_work
from cmhub.errors import CMHubError, Conflict, Invalid, NotFound
from cmhub.models import AuditEvent, Connection, Reply, Thread, new_id
from cmhub.queue import Work
from cmhub.services.replies import MOST, discard_reply, retry_reply, send_reply
from tests.support.agency import NewAgency
from tests.support.community import Community, ago, bring, make_community, said


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    made = await make_community(agency.owner, agency.workspace_id)
    await bring(made, said("m1", at=ago(hours=2)), said("m2", by="ben", at=ago(hours=1), to="m1"))
    return made


async def _thread(community: Community) -> UUID:
    async with unit_of_work(community.actor) as session:
        return (await session.scalars(select(Thread.id))).one()


async def _send(community: Community, body: str) -> UUID:
    thread, actor = await _thread(community), community.actor
    async with unit_of_work(actor) as session:
        return await send_reply(session, actor, community.workspace_id, thread, body)


async def _reply(community: Community, reply_id: UUID) -> Reply | None:
    async with unit_of_work(community.actor) as session:
        return await session.scalar(select(Reply).where(Reply.id == reply_id))


async def _jobs(reply_id: UUID) -> list[Work]:
    async with doors() as session:
        rows = await session.execute(
            text("select payload from jobs.pgqueuer where dedupe_key = :key"),
            {"key": f"reply:{reply_id}"},
        )
        return [Work.decode(bytes(row.payload)) for row in rows]


async def _tags(community: Community) -> list[str]:
    async with unit_of_work(community.actor) as session:
        rows = await session.execute(
            select(AuditEvent.tag)
            .where(AuditEvent.object_kind == "reply")
            .order_by(AuditEvent.at, AuditEvent.id)
        )
        return [row.tag for row in rows]


async def test_it_answers_the_last_message_and_says_who(community: Community) -> None:
    sent = await _send(community, "  Bonjour\x00 !\n")
    reply = await _reply(community, sent)
    assert reply is not None
    assert (reply.body, reply.reply_to, reply.state) == ("Bonjour !", "m2", "planned")
    assert (reply.user_id, reply.user_name) == (community.actor.user_id, community.actor.name)
    assert await _jobs(sent) == [Work(sent, community.actor.agency_id, community.workspace_id)]
    assert await _tags(community) == ["reply:send"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [("", "empty_reply"), (" \n\t\x00", "empty_reply"), ("x" * (MOST + 1), "long_reply")],
)
async def test_it_refuses_what_cannot_be_sent(community: Community, body: str, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        await _send(community, body)
    assert caught.value.params["reason"] == reason
    assert await _tags(community) == []


async def test_it_takes_the_longest_reply(community: Community) -> None:
    assert await _send(community, "é" * MOST)


@pytest.mark.parametrize("state", ["disconnected", "reconnect"])
async def test_it_refuses_where_nothing_can_be_written(community: Community, state: str) -> None:
    async with unit_of_work(community.actor) as session:
        await session.execute(update(Connection).values(state=state))
    with pytest.raises(Invalid) as caught:
        await _send(community, "Bonjour")
    assert caught.value.params["reason"] == "closed"


async def _settle(community: Community, reply_id: UUID, state: str) -> None:
    async with unit_of_work(community.actor) as session:
        await session.execute(
            update(Reply)
            .where(Reply.id == reply_id)
            .values(state=state, fault="busy", attempts=8, due_at=None)
        )


async def _again(community: Community, reply_id: UUID) -> None:
    async with unit_of_work(community.actor) as session:
        await retry_reply(session, community.actor, community.workspace_id, reply_id)


async def _give_up(community: Community, reply_id: UUID) -> str:
    async with unit_of_work(community.actor) as session:
        return await discard_reply(session, community.actor, community.workspace_id, reply_id)


@pytest.mark.parametrize("state", ["failed", "unknown"])
async def test_what_did_not_arrive_can_be_tried_again(community: Community, state: str) -> None:
    sent = await _send(community, "Bonjour")
    await _settle(community, sent, state)
    await _again(community, sent)
    reply = await _reply(community, sent)
    assert reply is not None
    assert (reply.state, reply.fault, reply.attempts) == ("planned", None, 0)
    assert reply.due_at is not None
    assert await _tags(community) == ["reply:send", "reply:retry"]


@pytest.mark.parametrize("state", ["failed", "unknown"])
async def test_giving_up_gives_the_words_back(community: Community, state: str) -> None:
    sent = await _send(community, "Bonjour")
    await _settle(community, sent, state)
    assert await _give_up(community, sent) == "Bonjour"
    assert await _reply(community, sent) is None
    assert await _tags(community) == ["reply:send", "reply:discard"]
    with pytest.raises(NotFound):
        await _again(community, sent)


@pytest.mark.parametrize("state", ["planned", "sending", "sent"])
async def test_what_is_on_its_way_is_neither_sent_again_nor_given_up(
    community: Community, state: str
) -> None:
    sent = await _send(community, "Bonjour")
    await _settle(community, sent, state)
    with pytest.raises(Conflict):
        await _again(community, sent)
    with pytest.raises(Conflict):
        await _give_up(community, sent)
    assert await _tags(community) == ["reply:send"]


async def test_of_two_who_decide_at_once_one_is_told_of_the_other(community: Community) -> None:
    sent = await _send(community, "Bonjour")
    await _settle(community, sent, "failed")
    outcomes: tuple[Any, ...] = await asyncio.gather(
        _again(community, sent), _give_up(community, sent), return_exceptions=True
    )
    refused = [one for one in outcomes if isinstance(one, CMHubError)]
    assert len(refused) == 1, outcomes
    assert isinstance(refused[0], Conflict | NotFound)


async def test_nothing_is_sent_when_the_transaction_does_not_hold(community: Community) -> None:
    thread, actor = await _thread(community), community.actor
    made: list[UUID] = []

    async def change(session: AsyncSession) -> None:
        made.append(await send_reply(session, actor, community.workspace_id, thread, "Non"))
        raise LookupError

    with pytest.raises(LookupError):
        async with unit_of_work(actor) as session:
            await change(session)
    assert await _reply(community, made[0]) is None
    assert await _jobs(made[0]) == []
    assert await _tags(community) == []


async def test_a_reply_moves_with_its_thread(community: Community) -> None:
    await bring(community, said("a2", by="ana", to="a1"))
    async with unit_of_work(community.actor) as session:
        thread = (await session.scalars(select(Thread.id).where(Thread.root == "a1"))).one()
        sent = await send_reply(session, community.actor, community.workspace_id, thread, "Bonjour")
    # What it answers turns out to answer something else, that is not known yet.
    await bring(community, said("a1", by="ben", at=ago(hours=3), to="a0"))
    reply = await _reply(community, sent)
    assert reply is not None
    async with unit_of_work(community.actor) as session:
        root = await session.scalar(select(Thread.root).where(Thread.id == reply.thread_id))
    assert root == "a0"


async def test_a_reply_that_is_not_there_is_not_found(community: Community) -> None:
    with pytest.raises(NotFound):
        await _give_up(community, new_id())
