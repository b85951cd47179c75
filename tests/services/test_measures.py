"""Measures: planned with time to think again, sent once, refused to who may not."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from cmhub.actor import Role
from cmhub.db import doors, unit_of_work
from cmhub.errors import Conflict, Forbidden, Invalid
from cmhub.integrations.networks.base import IncomingDeletion
from cmhub.models import AuditEvent, Channel, Measure, Message
from cmhub.queue import Work
from cmhub.services.measures import (
    UNDO,
    delete_message,
    measure_member,
    retry_measure,
    undo_measure,
)
from tests.support.agency import NewAgency
from tests.support.community import Community, ago, bring, make_community, said


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    made = await make_community(agency.owner, agency.workspace_id)
    await bring(made, said("m1", "insulte", by="ben", at=ago(hours=1)))
    return made


async def _message(community: Community) -> UUID:
    async with unit_of_work(community.actor) as session:
        return (await session.scalars(select(Message.id))).one()


async def _delete(community: Community, reason: str = "") -> UUID:
    message, actor = await _message(community), community.actor
    async with unit_of_work(actor) as session:
        return await delete_message(session, actor, community.workspace_id, message, reason)


async def _measure(community: Community, kind: str) -> UUID:
    message, actor = await _message(community), community.actor
    async with unit_of_work(actor) as session:
        return await measure_member(session, actor, community.workspace_id, message, kind)


async def _undo(community: Community, measure: UUID) -> None:
    async with unit_of_work(community.actor) as session:
        await undo_measure(session, community.actor, community.workspace_id, measure)


async def _row(community: Community, measure: UUID) -> Measure:
    async with unit_of_work(community.actor) as session:
        return (await session.scalars(select(Measure).where(Measure.id == measure))).one()


async def _settle(community: Community, measure: UUID, state: str) -> None:
    async with unit_of_work(community.actor) as session:
        await session.execute(
            update(Measure)
            .where(Measure.id == measure)
            .values(state=state, due_at=None, fault="busy", attempts=8)
        )


async def _tags(community: Community) -> list[str]:
    async with unit_of_work(community.actor) as session:
        rows = await session.scalars(
            select(AuditEvent.tag)
            .where(AuditEvent.object_kind == "measure")
            .order_by(AuditEvent.at, AuditEvent.id)
        )
        return list(rows)


async def _delays(measure: UUID) -> list[timedelta]:
    async with doors() as session:
        rows = await session.execute(
            text("select payload, execute_after - created as delay from jobs.pgqueuer"
                 " where entrypoint = 'measure.apply'")
        )  # fmt: skip
        return [row.delay for row in rows if Work.decode(bytes(row.payload)).id == measure]


async def test_a_deletion_waits_for_second_thoughts(community: Community) -> None:
    measure = await _delete(community, "  injure  ")
    row = await _row(community, measure)
    assert (row.kind, row.state, row.reason) == ("delete", "planned", "injure")
    assert row.user_id == community.actor.user_id
    assert row.due_at is not None
    assert row.due_at - row.created_at == UNDO
    (delay,) = await _delays(measure)
    assert UNDO - timedelta(seconds=1) < delay < UNDO + timedelta(seconds=2)
    assert await _tags(community) == ["measure:plan"]


async def test_it_can_be_undone_until_it_is_sent(community: Community) -> None:
    measure = await _delete(community)
    await _undo(community, measure)
    await _undo(community, measure)
    row = await _row(community, measure)
    assert (row.state, row.due_at) == ("undone", None)
    assert await _tags(community) == ["measure:plan", "measure:undo"]
    assert await _delete(community) != measure, "and decided anew"


@pytest.mark.parametrize("state", ["sending", "confirmed", "failed", "unknown"])
async def test_too_late_is_a_conflict(community: Community, state: str) -> None:
    measure = await _delete(community)
    await _settle(community, measure, state)
    with pytest.raises(Conflict):
        await _undo(community, measure)
    assert await _tags(community) == ["measure:plan"]


async def test_deleting_twice_is_one_deletion(community: Community) -> None:
    first = await _delete(community)
    assert await _delete(community) == first
    await _settle(community, first, "sending")
    assert await _delete(community) == first
    assert await _tags(community) == ["measure:plan"]


async def test_two_who_delete_at_once_make_one_deletion(community: Community) -> None:
    first, second = await asyncio.gather(_delete(community), _delete(community))
    assert first == second


async def test_a_failed_deletion_can_be_decided_again(community: Community) -> None:
    first = await _delete(community)
    await _settle(community, first, "failed")
    assert await _delete(community) != first


async def test_what_is_deleted_is_not_deleted_again(community: Community) -> None:
    await bring(community, IncomingDeletion("general", "m1", ago(seconds=9)))
    with pytest.raises(Conflict) as caught:
        await _delete(community)
    assert caught.value.params["reason"] == "already_deleted"


async def test_it_refuses_where_the_account_lacks_the_right(community: Community) -> None:
    async with unit_of_work(community.actor) as session:
        await session.execute(update(Channel).values(may_moderate=False))
    with pytest.raises(Invalid) as caught:
        await _delete(community)
    assert caught.value.params["reason"] == "cannot_delete"
    with pytest.raises(Invalid) as caught:
        await _measure(community, "ban")
    assert caught.value.params["reason"] == "cannot_measure"


@pytest.mark.parametrize("kind", ["mute", "unmute", "ban", "unban"])
async def test_a_member_is_measured_on_the_channel_of_their_message(
    community: Community, kind: str
) -> None:
    measure = await _measure(community, kind)
    row = await _row(community, measure)
    assert (row.kind, row.message_id, row.state) == (kind, None, "planned")
    assert row.channel_id == community.channels["general"]


@pytest.mark.parametrize("kind", ["delete", "exile", ""])
async def test_it_takes_no_measure_that_is_none(community: Community, kind: str) -> None:
    with pytest.raises(Invalid):
        await _measure(community, kind)


@pytest.mark.parametrize("state", ["failed", "unknown"])
async def test_what_failed_can_be_tried_again(community: Community, state: str) -> None:
    measure = await _delete(community)
    await _settle(community, measure, state)
    async with unit_of_work(community.actor) as session:
        await retry_measure(session, community.actor, community.workspace_id, measure)
    row = await _row(community, measure)
    assert (row.state, row.fault, row.attempts) == ("planned", None, 0)
    assert row.due_at is not None
    assert row.due_at <= datetime.now(UTC)
    assert await _tags(community) == ["measure:plan", "measure:retry"]


@pytest.mark.parametrize("state", ["planned", "sending", "confirmed", "undone"])
async def test_what_did_not_fail_is_not_tried_again(community: Community, state: str) -> None:
    measure = await _delete(community)
    await _settle(community, measure, state)
    async with unit_of_work(community.actor) as session:
        with pytest.raises(Conflict):
            await retry_measure(session, community.actor, community.workspace_id, measure)


@pytest.mark.parametrize("role", [Role.MEDIATOR, Role.ANALYST, Role.CLIENT])
async def test_it_requires_moderator(community: Community, role: Role) -> None:
    measure, message = await _delete(community), await _message(community)
    actor = replace(
        community.actor,
        agency_roles=frozenset(),
        workspaces={community.workspace_id: frozenset({role})},
    )
    place = community.workspace_id
    calls: list[Any] = [
        lambda session: delete_message(session, actor, place, message),
        lambda session: measure_member(session, actor, place, message, "ban"),
        lambda session: undo_measure(session, actor, place, measure),
        lambda session: retry_measure(session, actor, place, measure),
    ]
    for call in calls:
        async with unit_of_work(actor) as session:
            with pytest.raises(Forbidden):
                await call(session)


async def test_a_moderator_does(community: Community) -> None:
    reach = {community.workspace_id: frozenset({Role.MODERATOR})}
    moderator = replace(community.actor, agency_roles=frozenset(), workspaces=reach)
    await _delete(replace(community, actor=moderator))
