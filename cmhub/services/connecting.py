"""Talks with a network on behalf of a user: the calls happen outside any transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from cmhub.actor import Actor, Permission
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError
from cmhub.integrations.networks import network
from cmhub.integrations.networks.base import Credentials, NetworkFault, RemoteChannel, Retry
from cmhub.services import connections


class NetworkSaid(CMHubError):
    """A network would not do it; told in the sentence of the fault."""

    code = "network"

    def __init__(self, fault: NetworkFault) -> None:
        super().__init__(**fault.params)
        self._fault = fault.code

    @property
    def key(self) -> str:
        """Every fault has its own sentence."""
        return f"fault.{self._fault}"


async def connect(
    actor: Actor,
    workspace_id: UUID,
    kind: str,
    address: str,
    *,
    user: str = "",
    password: str = "",
    token: str = "",
) -> UUID:
    """Sign in to a network by password or token and keep the connection.

    Raises:
        NetworkSaid: the network refused, in its sentence.
    """
    actor.require(Permission.CONNECTION_MANAGE, workspace_id)
    net = network(kind)
    try:
        if token:
            credentials = await net.connect_with_token(address, token)
        else:
            credentials = await net.connect_with_password(address, user, password)
        account = await net.verify(credentials)
    except NetworkFault as fault:
        raise NetworkSaid(fault) from None
    async with unit_of_work(actor) as session:
        return await connections.save_connection(
            session, actor, workspace_id, kind, credentials, account
        )


async def _opened(
    actor: Actor, workspace_id: UUID, connection_id: UUID
) -> connections.OpenedConnection:
    actor.require(Permission.CONNECTION_MANAGE, workspace_id)
    await refresh_if_due(actor, workspace_id, connection_id)
    async with unit_of_work(actor) as session:
        return await connections.open_connection(session, workspace_id, connection_id)


async def available_channels(
    actor: Actor, workspace_id: UUID, connection_id: UUID
) -> tuple[RemoteChannel, ...]:
    """What the connected account could read now.

    Raises:
        NetworkSaid: the network refused, in its sentence.
    """
    opened = await _opened(actor, workspace_id, connection_id)
    try:
        return await network(opened.network).channels(opened.credentials)
    except NetworkFault as fault:
        raise NetworkSaid(fault) from None


async def join_and_choose(
    actor: Actor, workspace_id: UUID, connection_id: UUID, wanted: Sequence[str]
) -> None:
    """Join what is not joined yet, and read exactly these channels from now on.

    Raises:
        NetworkSaid: a channel could not be joined; nothing is changed.
    """
    opened = await _opened(actor, workspace_id, connection_id)
    net = network(opened.network)
    try:
        found = {one.external_id: one for one in await net.channels(opened.credentials)}
        chosen = [
            found[one]
            if one in found and found[one].joined
            else await net.join(opened.credentials, one)
            for one in wanted
        ]
    except NetworkFault as fault:
        raise NetworkSaid(fault) from None
    async with unit_of_work(actor) as session:
        await connections.choose_channels(session, actor, workspace_id, connection_id, chosen)


async def disconnect(actor: Actor, workspace_id: UUID, connection_id: UUID) -> None:
    """Give the connection up here, then give back at the network what signing in got us."""
    actor.require(Permission.CONNECTION_MANAGE, workspace_id)
    async with unit_of_work(actor) as session:
        opened = await connections.open_connection(session, workspace_id, connection_id)
        await connections.give_up(session, actor, workspace_id, connection_id)
    try:
        await network(opened.network).disconnect(opened.credentials)
    except Retry as fault:
        raise NetworkSaid(fault) from None
    except NetworkFault:
        return


async def refresh_if_due(
    actor: Actor, workspace_id: UUID, connection_id: UUID, *, refused: Credentials | None = None
) -> None:
    """Refresh credentials that end soon, or those that the network has just ``refused``.

    The row is locked and looked at again first, so that many callers make one refresh.

    Raises:
        NetworkFault: it could not be refreshed.
    """
    async with unit_of_work(actor) as session:
        row = await connections.find_connection(session, workspace_id, connection_id, lock=True)
        opened = await connections.open_connection(session, workspace_id, connection_id)
        if not _needs_refresh(opened.credentials, refused):
            return
        newer = await network(row.network).refresh(opened.credentials)
        if newer is not None:
            await connections.store_credentials(session, row, newer)


def _needs_refresh(current: Credentials, refused: Credentials | None) -> bool:
    if refused is not None:
        return dict(current.secret) == dict(refused.secret)
    return current.refresh_at is not None and current.refresh_at <= datetime.now(UTC)
