"""Connections: made, watched, given up; their history stays and their secrets do not leak."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from cmhub.actor import Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden, Invalid, NotReady
from cmhub.integrations.networks.base import RemoteAccount
from cmhub.models import AuditEvent, Channel, Connection, DataKey, Member, Message
from cmhub.services.connections import (
    OpenedConnection,
    choose_channels,
    give_up,
    list_connections,
    open_connection,
    save_connection,
    store_credentials,
)
from tests.support.agency import NewAgency
from tests.support.community import (
    NETWORK,
    SECRET,
    TEAM,
    Community,
    bring,
    credentials,
    make_community,
    room,
    said,
)


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    return await make_community(agency.owner, agency.workspace_id)


async def _open(community: Community, connection: UUID | None = None) -> OpenedConnection:
    async with unit_of_work(community.actor) as session:
        return await open_connection(
            session, community.workspace_id, connection or community.connection_id
        )


async def _save(community: Community, account: str = TEAM, **secret: str) -> UUID:
    actor = community.actor
    async with unit_of_work(actor) as session:
        return await save_connection(
            session,
            actor,
            community.workspace_id,
            NETWORK,
            credentials(account, **secret),
            RemoteAccount(account, "Rivière"),
        )


async def _give_up(community: Community) -> None:
    async with unit_of_work(community.actor) as session:
        await give_up(session, community.actor, community.workspace_id, community.connection_id)


async def _choose(community: Community, *names: str) -> None:
    async with unit_of_work(community.actor) as session:
        await choose_channels(
            session,
            community.actor,
            community.workspace_id,
            community.connection_id,
            [room(name) for name in names],
        )


async def _tags(community: Community) -> list[str]:
    async with unit_of_work(community.actor) as session:
        rows = await session.scalars(
            select(AuditEvent.tag)
            .where(AuditEvent.object_kind == "connection")
            .order_by(AuditEvent.at, AuditEvent.id)
        )
        return list(rows)


async def _one(community: Community, query: Any) -> Any:
    async with unit_of_work(community.actor) as session:
        return (await session.scalars(query)).one()


async def test_a_connection_is_listed_with_its_channels(community: Community) -> None:
    async with unit_of_work(community.actor) as session:
        (one,) = await list_connections(session, community.actor, community.workspace_id)
    assert (one.network, one.label, one.account_name) == (
        "matrix",
        "matrix.example.org",
        "Rivière",
    )
    assert (one.state, one.fault) == ("active", "")
    assert [(channel.name, channel.chosen) for channel in one.channels] == [
        ("General", True),
        ("Help", True),
    ]
    assert await _tags(community) == ["connection:connect", "channel:choose"]


async def test_the_account_we_act_as_is_the_team(community: Community) -> None:
    await bring(community, said("m1", by="team"), said("m2", by="ana"))
    async with unit_of_work(community.actor) as session:
        rows = await session.execute(select(Member.name, Member.team).order_by(Member.name))
        assert [tuple(row) for row in rows] == [("Ana", False), ("Rivière", True)]


async def test_who_wrote_before_becomes_the_team(community: Community) -> None:
    await bring(community, said("m1", by="ana"))
    await _save(community, "@ana:example.org")
    assert await _one(community, select(Member.team).where(Member.name == "Ana")) is True


async def test_the_same_account_again_is_the_same_connection(community: Community) -> None:
    await bring(community, said("m1"))
    await _give_up(community)
    assert await _save(community, access_token="newer") == community.connection_id
    opened = await _open(community)
    assert (opened.state, opened.credentials.secret) == ("active", {"access_token": "newer"})
    assert set(opened.channels) == {"general", "help"}
    assert await _one(community, select(func.count()).select_from(Message)) == 1
    assert await _tags(community) == [
        "connection:connect",
        "channel:choose",
        "connection:disconnect",
        "connection:reconnect",
    ]


async def test_another_account_is_another_connection(community: Community) -> None:
    assert await _save(community, "@other:example.org") != community.connection_id


async def test_reconnecting_heals_the_fault(community: Community) -> None:
    async with unit_of_work(community.actor) as session:
        await session.execute(
            update(Connection).values(state="reconnect", fault="reauthorise", failures=3)
        )
    await _save(community)
    row = await _one(community, select(Connection))
    assert (row.state, row.fault, row.failures) == ("active", None, 0)
    assert row.due_at is not None
    assert row.due_at <= datetime.now(UTC)


async def test_giving_up_forgets_the_secret_and_keeps_what_was_read(community: Community) -> None:
    await bring(community, said("m1"))
    await _give_up(community)
    await _give_up(community)
    row = await _one(community, select(Connection))
    assert (row.state, row.secret, row.due_at, row.cursor) == ("disconnected", None, None, None)
    assert await _one(community, select(func.count()).select_from(Message)) == 1
    with pytest.raises(Invalid) as caught:
        await _open(community)
    assert caught.value.params["reason"] == "disconnected"
    assert (await _tags(community)).count("connection:disconnect") == 1


async def test_a_secret_is_not_readable_in_the_table(community: Community) -> None:
    sealed = await _one(community, select(Connection.secret))
    assert SECRET.encode() not in bytes(sealed)
    async with unit_of_work(community.actor) as session:
        for table in ("connection", "data_key", "audit_event"):
            rows = await session.execute(text(f"select t::text from {table} t"))
            assert all(SECRET not in row[0] for row in rows), table
    assert SECRET not in repr((await _open(community)).credentials)


async def test_a_secret_moved_to_another_row_does_not_open(community: Community) -> None:
    other = await _save(community, "@other:example.org")
    async with unit_of_work(community.actor) as session:
        stolen = select(Connection.secret).where(Connection.id == community.connection_id)
        await session.execute(
            update(Connection).where(Connection.id == other).values(secret=stolen.scalar_subquery())
        )
    with pytest.raises(NotReady):
        await _open(community, other)


async def test_without_its_key_a_secret_does_not_open(community: Community) -> None:
    async with unit_of_work(community.actor) as session:
        await session.execute(text("delete from data_key"))
    with pytest.raises(NotReady):
        await _open(community)


async def test_a_workspace_has_one_key(community: Community) -> None:
    await _save(community, "@other:example.org")
    assert await _one(community, select(func.count()).select_from(DataKey)) == 1


async def test_an_empty_secret_never_overwrites_one(community: Community) -> None:
    async with unit_of_work(community.actor) as session:
        row = (await session.scalars(select(Connection))).one()
        await store_credentials(session, row, replace(credentials(), secret={}))
    assert (await _open(community)).credentials.secret == {"access_token": SECRET}


async def test_it_reads_exactly_the_chosen_channels(community: Community) -> None:
    await bring(community, said("m1", channel="help"))
    await _choose(community, "general", "news")
    assert set((await _open(community)).channels) == {"general", "news"}
    help_ = await _one(community, select(Channel).where(Channel.external_id == "help"))
    assert help_.chosen is False
    assert await _one(community, select(func.count()).select_from(Message)) == 1
    await _choose(community, "help")
    assert (await _open(community)).channels == {"help": help_.id}


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.MEDIATOR, Role.ANALYST])
async def test_it_requires_manager(community: Community, role: Role) -> None:
    reach = {community.workspace_id: frozenset({role})}
    theirs = replace(
        community, actor=replace(community.actor, agency_roles=frozenset(), workspaces=reach)
    )
    for change in (_save(theirs), _give_up(theirs), _choose(theirs, "general")):
        with pytest.raises(Forbidden):
            await change
    async with unit_of_work(theirs.actor) as session:
        assert await list_connections(session, theirs.actor, theirs.workspace_id)


async def test_a_client_sees_no_connections(community: Community) -> None:
    reach = {community.workspace_id: frozenset({Role.CLIENT})}
    client = replace(community.actor, agency_roles=frozenset(), workspaces=reach)
    async with unit_of_work(client) as session:
        with pytest.raises(Forbidden):
            await list_connections(session, client, community.workspace_id)
