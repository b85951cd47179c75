"""A community to work on: a connection with channels, and what its members write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from cmhub.actor import Actor, system_actor
from cmhub.db import unit_of_work
from cmhub.integrations.networks.base import (
    Credentials,
    Event,
    IncomingMessage,
    Person,
    RemoteAccount,
    RemoteChannel,
)
from cmhub.services import connections
from cmhub.services.ingest import Ingested, Scope, ingest

NETWORK = "matrix"
TEAM = "@riviere:example.org"
ADDRESS = "https://matrix.example.org"
SECRET = "syt_c2VjcmV0"
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Community:
    """A workspace that reads some channels of a connection."""

    actor: Actor
    workspace_id: UUID
    connection_id: UUID
    channels: Mapping[str, UUID] = field(default_factory=dict[str, UUID])
    zone: ZoneInfo = PARIS

    def scope(self, *, live: bool = True) -> Scope:
        """Where what the network brings belongs."""
        return Scope(
            self.actor.agency_id, self.workspace_id, NETWORK, self.channels, self.zone, live
        )


def credentials(account: str = TEAM, **secret: str) -> Credentials:
    """What signing in at the homeserver would give."""
    return Credentials(ADDRESS, account, secret or {"access_token": SECRET})


def room(name: str, *, may_moderate: bool = True) -> RemoteChannel:
    """A room that the account has joined."""
    return RemoteChannel(name, name.title(), "", "community", 12, True, may_moderate)


async def make_community(
    actor: Actor, workspace_id: UUID, names: Sequence[str] = ("general", "help")
) -> Community:
    """Connect an account to the workspace and choose channels, by the services."""
    async with unit_of_work(actor) as session:
        connection = await connections.save_connection(
            session, actor, workspace_id, NETWORK, credentials(), RemoteAccount(TEAM, "Rivière")
        )
        await connections.choose_channels(
            session, actor, workspace_id, connection, [room(name) for name in names]
        )
        opened = await connections.open_connection(session, workspace_id, connection)
    return Community(actor, workspace_id, connection, dict(opened.channels))


async def bring(community: Community, *events: Event, live: bool = True) -> Ingested:
    """Ingest what the network brings, as the worker does."""
    actor = system_actor(community.actor.agency_id, community.workspace_id)
    async with unit_of_work(actor) as session:
        return await ingest(session, community.scope(live=live), events)


def ago(**time: float) -> datetime:
    """A moment in the past."""
    return datetime.now(UTC) - timedelta(**time)


def person(who: str, *, bot: bool = False) -> Person:
    """Somebody on the network; ``team`` is the connected account."""
    if who == "team":
        return Person(TEAM, "Rivière", TEAM)
    return Person(f"@{who}:example.org", who.title(), f"@{who}:example.org", bot=bot)


def said(
    key: str,
    words: str = "Bonjour",
    *,
    by: str = "ana",
    at: datetime | None = None,
    to: str | None = None,
    channel: str = "general",
    bot: bool = False,
) -> IncomingMessage:
    """A message of somebody, in answer ``to`` another one if given."""
    return IncomingMessage(
        external_id=key,
        channel=channel,
        author=person(by, bot=bot),
        text=words,
        posted_at=at or ago(minutes=1),
        reply_to=to,
    )
