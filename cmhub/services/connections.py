"""Connections of a workspace: made, watched, given up; and the channels chosen in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import announce, wake_stream
from cmhub.errors import Invalid, NotFound
from cmhub.integrations.networks.base import Credentials, RemoteAccount, RemoteChannel
from cmhub.models import Channel, Connection, Identity, Member, new_id
from cmhub.services import audit, secrets
from cmhub.services.search.words import folded_line

IMPORT = "import"


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel that was chosen at least once."""

    id: UUID
    name: str
    kind: str
    chosen: bool
    may_moderate: bool
    history_done: bool
    member_count: int | None


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as its page shows it; ``fault`` is the key of a sentence, or empty."""

    id: UUID
    network: str
    label: str
    address: str
    account: str
    account_name: str
    state: str
    fault: str
    fault_params: dict[str, str | int]
    faulted_at: datetime | None
    synced_at: datetime | None
    last_message_at: datetime | None
    channels: tuple[ChannelView, ...]


@dataclass(frozen=True, slots=True)
class OpenedConnection:
    """What a call to the network needs: where, as whom and with what."""

    id: UUID
    network: str
    state: str
    cursor: str | None
    credentials: Credentials
    channels: Mapping[str, UUID]


async def list_connections(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[ConnectionView, ...]:
    """All connections of the workspace, also those given up, the oldest first."""
    actor.require(Permission.CONNECTION_READ, workspace_id)
    connections = await session.scalars(
        select(Connection)
        .where(Connection.workspace_id == workspace_id)
        .order_by(Connection.created_at, Connection.id)
    )
    channels = await session.scalars(
        select(Channel).where(Channel.workspace_id == workspace_id).order_by(Channel.name)
    )
    by_connection: dict[UUID, list[ChannelView]] = {}
    for channel in channels:
        by_connection.setdefault(channel.connection_id, []).append(_channel_view(channel))
    return tuple(_view(one, by_connection.get(one.id, [])) for one in connections)


def _channel_view(channel: Channel) -> ChannelView:
    return ChannelView(
        channel.id,
        channel.name,
        channel.kind,
        channel.chosen,
        channel.may_moderate,
        channel.history_done,
        channel.member_count,
    )


def _view(connection: Connection, channels: Sequence[ChannelView]) -> ConnectionView:
    return ConnectionView(
        id=connection.id,
        network=connection.network,
        label=connection.label,
        address=connection.address,
        account=connection.account,
        account_name=connection.account_name,
        state=connection.state,
        fault=connection.fault or "",
        fault_params=params_of(connection.fault_params),
        faulted_at=connection.faulted_at,
        synced_at=connection.synced_at,
        last_message_at=connection.last_message_at,
        channels=tuple(channels),
    )


def params_of(stored: Mapping[str, object]) -> dict[str, str | int]:
    """What fills a stored fault's sentence."""
    return {key: value if isinstance(value, int) else str(value) for key, value in stored.items()}


async def find_connection(
    session: AsyncSession, workspace_id: UUID, connection_id: UUID, *, lock: bool = False
) -> Connection:
    """The connection's row, in scope.

    Raises:
        NotFound: there is none in this workspace.
    """
    query = select(Connection).where(
        Connection.workspace_id == workspace_id, Connection.id == connection_id
    )
    found = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if found is None:
        raise NotFound
    return found


async def save_connection(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    network: str,
    credentials: Credentials,
    account: RemoteAccount,
) -> UUID:
    """Keep what connecting gave; the same account again is reconnected and keeps its history."""
    actor.require(Permission.CONNECTION_MANAGE, workspace_id)
    known = await session.scalar(
        select(Connection)
        .where(
            Connection.workspace_id == workspace_id,
            Connection.network == network,
            Connection.address == credentials.address,
            Connection.account == credentials.account,
        )
        .with_for_update(key_share=True)
    )
    connection = known or _new_connection(actor, workspace_id, network, credentials)
    if known is None:
        session.add(connection)
        await session.flush()
    connection.account_name = account.name or credentials.account
    connection.state, connection.fault, connection.failures = "active", None, 0
    connection.due_at = datetime.now(UTC)
    await store_credentials(session, connection, credentials)
    await _mark_team(session, connection, account)
    tag = "connection:reconnect" if known else "connection:connect"
    audit.record(
        session,
        actor,
        tag,
        "connection",
        connection.id,
        workspace_id=workspace_id,
        network=network,
        account=credentials.account,
    )
    await wake_stream(session, connection.id)
    await announce(session, actor, workspace_id, "connections")
    return connection.id


def _new_connection(
    actor: Actor, workspace_id: UUID, network: str, credentials: Credentials
) -> Connection:
    return Connection(
        agency_id=actor.agency_id,
        workspace_id=workspace_id,
        id=new_id(),
        network=network,
        label=credentials.address.split("://", 1)[-1],
        address=credentials.address,
        account=credentials.account,
        account_name=credentials.account,
        state="active",
        fault_params={},
        created_at=datetime.now(UTC),
    )


async def store_credentials(
    session: AsyncSession, connection: Connection, credentials: Credentials
) -> None:
    """Seal the credentials into the row; an empty secret never overwrites one that is there."""
    if credentials.secret:
        connection.secret = await secrets.seal(
            session,
            connection.agency_id,
            connection.workspace_id,
            connection.id,
            credentials.secret,
        )


async def _mark_team(session: AsyncSession, connection: Connection, account: RemoteAccount) -> None:
    """The account we act as is the client's own side, not a member of the community."""
    keys = {"agency_id": connection.agency_id, "workspace_id": connection.workspace_id}
    fresh = new_id()
    sought = folded_line(account.name or account.external_id, account.external_id)
    added = await session.scalar(
        insert(Identity)
        .values(
            **keys,
            id=new_id(),
            member_id=fresh,
            network=connection.network,
            external_id=account.external_id,
            handle=account.external_id,
            name=account.name or account.external_id,
            sought=sought,
        )
        .on_conflict_do_nothing()
        .returning(Identity.member_id)
    )
    if added is not None:
        session.add(
            Member(
                **keys,
                id=fresh,
                name=account.name or account.external_id,
                sought=f"{folded_line(account.name or account.external_id)}\n{sought}",
                bot=False,
                team=True,
                created_at=datetime.now(UTC),
            )
        )
        return
    known = await session.scalar(
        select(Member)
        .join(
            Identity,
            (Identity.member_id == Member.id) & (Identity.workspace_id == Member.workspace_id),
        )
        .where(
            Member.workspace_id == connection.workspace_id,
            Identity.network == connection.network,
            Identity.external_id == account.external_id,
        )
    )
    if known is not None:
        known.team = True


async def open_connection(
    session: AsyncSession, workspace_id: UUID, connection_id: UUID, *, lock: bool = False
) -> OpenedConnection:
    """The connection with its secret opened, for a call to the network.

    Raises:
        NotFound: there is none in this workspace.
        Invalid: it was given up and has no secret any more.
    """
    row = await find_connection(session, workspace_id, connection_id, lock=lock)
    if row.secret is None:
        raise Invalid("disconnected")
    secret = await secrets.unseal(session, row.agency_id, row.workspace_id, row.id, row.secret)
    channels = await session.execute(
        select(Channel.external_id, Channel.id).where(
            Channel.workspace_id == workspace_id,
            Channel.connection_id == row.id,
            Channel.chosen,
        )
    )
    return OpenedConnection(
        id=row.id,
        network=row.network,
        state=row.state,
        cursor=row.cursor,
        credentials=Credentials(row.address, row.account, secret),
        channels={row.external_id: row.id for row in channels},
    )


async def choose_channels(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    connection_id: UUID,
    chosen: Sequence[RemoteChannel],
) -> None:
    """Read exactly these channels of a connection from now on; history stays in either case."""
    actor.require(Permission.CONNECTION_MANAGE, workspace_id)
    connection = await find_connection(session, workspace_id, connection_id, lock=True)
    wanted = {channel.external_id: channel for channel in chosen}
    rows = await session.scalars(
        select(Channel).where(
            Channel.workspace_id == workspace_id, Channel.connection_id == connection_id
        )
    )
    for row in rows:
        row.chosen = row.external_id in wanted
        if row.chosen:
            _update(row, wanted.pop(row.external_id))
    for channel in wanted.values():
        session.add(_new_channel(connection, channel))
    connection.due_at = datetime.now(UTC)
    audit.record(
        session,
        actor,
        "channel:choose",
        "connection",
        connection_id,
        workspace_id=workspace_id,
        channels=[channel.name for channel in chosen],
    )
    await wake_stream(session, connection.id)
    await announce(session, actor, workspace_id, "connections", "inbox")


def _update(row: Channel, channel: RemoteChannel) -> None:
    row.name, row.topic, row.kind = channel.name, channel.topic, channel.kind
    row.member_count, row.may_moderate = channel.members, channel.may_moderate


def _new_channel(connection: Connection, channel: RemoteChannel) -> Channel:
    return Channel(
        agency_id=connection.agency_id,
        workspace_id=connection.workspace_id,
        id=new_id(),
        connection_id=connection.id,
        external_id=channel.external_id,
        name=channel.name,
        topic=channel.topic,
        kind=channel.kind,
        member_count=channel.members,
        chosen=True,
        may_moderate=channel.may_moderate,
        history_done=False,
        created_at=datetime.now(UTC),
    )


async def give_up(
    session: AsyncSession, actor: Actor, workspace_id: UUID, connection_id: UUID
) -> None:
    """Stop reading and forget the secret; what was read stays in the workspace."""
    actor.require(Permission.CONNECTION_MANAGE, workspace_id)
    connection = await find_connection(session, workspace_id, connection_id, lock=True)
    if connection.state == "disconnected":
        return
    connection.state, connection.secret, connection.due_at = "disconnected", None, None
    connection.fault, connection.cursor = None, None
    audit.record(
        session,
        actor,
        "connection:disconnect",
        "connection",
        connection_id,
        workspace_id=workspace_id,
        account=connection.account,
    )
    await wake_stream(session, connection.id)
    await announce(session, actor, workspace_id, "connections")
