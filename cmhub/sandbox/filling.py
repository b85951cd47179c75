"""A workspace of the demo with its connections, and all that was said, by the path of imports."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from cmhub.actor import Actor, system_actor
from cmhub.config import settings
from cmhub.db import unit_of_work
from cmhub.integrations.networks.base import (
    Credentials,
    Event,
    IncomingMessage,
    IncomingReaction,
    Person,
    RemoteAccount,
    RemoteChannel,
)
from cmhub.integrations.networks.matrix.events import EVENT_TYPES, read_events
from cmhub.integrations.networks.matrix.reading import Position
from cmhub.integrations.networks.simulated import PREFIX, tell
from cmhub.models import Identity, new_id
from cmhub.sandbox.community.clients import UNREAD
from cmhub.sandbox.community.past import Post, past
from cmhub.sandbox.community.places import (
    HISTORY_DAYS,
    MOVED_DAYS,
    Community,
    Section,
    people,
)
from cmhub.sandbox.community.settling import first_day, opened
from cmhub.sandbox.homeserver import BASE, Homeserver
from cmhub.sandbox.homeserver.views import token
from cmhub.services import connections
from cmhub.services.importing import import_file
from cmhub.services.ingest import Scope, ingest

BATCH = 1000
_AUDIENCES = {f"{PREFIX}instagram", f"{PREFIX}facebook"}
_AGED = text("""
    update member m set created_at = s.at
    from (select member_id, min(posted_at) as at from message
        where agency_id = :agency and workspace_id = :workspace group by member_id) s
    where m.agency_id = :agency and m.workspace_id = :workspace and m.id = s.member_id
""")
_READ = text("""
    with read as (
        update channel c set history_done = true
        where c.agency_id = :agency and c.workspace_id = :workspace
            and c.id = any(cast(:channels as uuid[])) returning c.connection_id)
    update connection n set last_message_at = (
        select max(m.posted_at) from message m where m.agency_id = :agency
            and m.workspace_id = :workspace and m.channel_id = any(cast(:channels as uuid[]))
            and m.posted_at <= :until)
    where n.agency_id = :agency and n.workspace_id = :workspace
        and n.id = (select connection_id from read limit 1)
""")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a community is brought in: its agency and workspace, by ids and by addresses."""

    owner: Actor
    workspace_id: UUID
    agency: str
    workspace: str
    community: Community

    @property
    def keys(self) -> dict[str, UUID]:
        """The parameters of a statement about the workspace."""
        return {"agency": self.owner.agency_id, "workspace": self.workspace_id}

    @property
    def actor(self) -> Actor:
        """Who brings it in."""
        return system_actor(self.owner.agency_id, self.workspace_id)


def address() -> str:
    """Return where the sandbox's homeserver is reached."""
    return settings().base_url + BASE


def device_of(account: str) -> str:
    """Return the device that an account is signed in on; no other account is on the same."""
    return f"CMHUBDEMO{account}"


def label(community: Community, network: str) -> str:
    """Return under which name a connection's other end is known."""
    return dict(community.labels)[network] or address().split("://", 1)[-1]


async def fill(site: Site, server: Homeserver, tokens: Mapping[str, str], now: datetime) -> None:
    """Connect a workspace, and bring in the 180 days up to now."""
    community = site.community
    since = now - timedelta(days=HISTORY_DAYS)
    if any(section.former for section in community.sections):
        since = now - timedelta(days=MOVED_DAYS)
        await _import(site, since, now)
    for network in community.networks:
        channels, until = await _connect(site, server, network, tokens, now)
        await _bring(site, server, network, channels, (since, until, now))
    async with unit_of_work(site.actor) as session:
        await session.execute(_AGED, site.keys)


def is_unread(community: Community, network: str) -> bool:
    """Tell whether the network has turned this connection away."""
    return (community.key, network) == UNREAD[:2]


async def _connect(
    site: Site, server: Homeserver, network: str, tokens: Mapping[str, str], now: datetime
) -> tuple[dict[str, UUID], datetime]:
    """Keep a connection that has read everything up to a moment.

    Returns:
        Our ids of its channels by the network's, and that moment.
    """
    community, actor = site.community, site.owner
    account, turned_away = community.account(network), is_unread(community, network)
    until = now - timedelta(days=UNREAD[2]) if turned_away else now
    access = "ended" if turned_away else tokens[account]
    secret = {"obtained": "token", "access_token": access, "device_id": device_of(account)}
    credentials = Credentials(address(), account, secret)
    async with unit_of_work(actor) as session:
        made = await connections.save_connection(
            session, actor, site.workspace_id, network, credentials,
            RemoteAccount(account, community.team),
        )  # fmt: skip
        chosen = [
            _channel(server, community, section)
            for section in community.sections
            if section.network == network
        ]
        await connections.choose_channels(session, actor, site.workspace_id, made, chosen)
        row = await connections.find_connection(session, site.workspace_id, made)
        row.label, row.synced_at = label(community, network), until
        row.cursor = Position(token(_position(server, until))).dump()
        if turned_away:
            row.state, row.due_at = "reconnect", None
            row.fault, row.failures, row.faulted_at = "reauthorise", 1, until
        found = await connections.open_connection(session, site.workspace_id, made)
    return dict(found.channels), until


def _position(server: Homeserver, until: datetime) -> int:
    """Return the place in the homeserver's stream at a moment."""
    before = until.timestamp() * 1000
    events = (event for room in server.rooms.values() for event in room.events)
    return max((event.position for event in events if event.at <= before), default=0)


def _channel(server: Homeserver, community: Community, section: Section) -> RemoteChannel:
    room = server.rooms[community.room(section)]
    return RemoteChannel(
        external_id=room.id,
        name=section.name,
        topic=section.topic,
        kind="audience" if section.network in _AUDIENCES else "community",
        members=len(room.joined()),
        joined=True,
        may_moderate=True,
    )


async def _bring(
    site: Site,
    server: Homeserver,
    network: str,
    channels: Mapping[str, UUID],
    times: tuple[datetime, datetime, datetime],
) -> None:
    """Write all that was said on a network, the oldest first, and what it still has as its own."""
    since, until, now = times
    community = site.community
    zone = ZoneInfo(community.zone)
    scope = Scope(site.owner.agency_id, site.workspace_id, network, channels, zone, False)
    for section in community.sections:
        if section.network == network:
            events = [
                *_before(community, section, since, now),
                *_kept(server, community, section, until),
            ]
            told = list(map(tell, events)) if network.startswith(PREFIX) else events
            for first in range(0, len(told), BATCH):
                async with unit_of_work(site.actor) as session:
                    await ingest(session, scope, told[first : first + BATCH])
    async with unit_of_work(site.actor) as session:
        await session.execute(
            _READ, site.keys | {"channels": list(channels.values()), "until": until}
        )


def _before(
    community: Community, section: Section, since: datetime, now: datetime
) -> Iterator[Event]:
    """Yield what was said before the homeserver's own memory begins."""
    room, account = community.room(section), community.account(section.network)
    for post in past(community, section, first_day(community, now), since, opened(now)):
        author = post.author
        who = (account, community.team) if author is None else (author.user, author.name)
        yield IncomingMessage(
            external_id=_id(post.id),
            channel=room,
            author=Person(*who, who[0]),
            text="" if post.gone else post.text,
            posted_at=post.at,
            thread=_id(post.root) if post.number else None,
            deleted=post.gone > 0,
        )
        for number, (person, name) in enumerate(post.reactions, 1):
            by = Person(person.user, person.name, person.user)
            moment = post.at + timedelta(minutes=number)
            yield IncomingReaction(room, None, _id(post.id), by, name, moment)


def _id(name: str) -> str:
    return f"${sha256(name.encode()).hexdigest()[:43]}"


def _kept(
    server: Homeserver, community: Community, section: Section, until: datetime
) -> tuple[Event, ...]:
    """Return what the homeserver remembers, as the connection would have read it."""
    room, account = server.rooms[community.room(section)], community.account(section.network)
    wanted = [one for one in room.events if one.kind in EVENT_TYPES]
    shown = [one.shown() for one in wanted if one.at <= until.timestamp() * 1000]
    return read_events(room.id, account, shown, [])


async def _import(site: Site, moved: datetime, now: datetime) -> None:
    """Bring in what was said before the community moved, as from an export."""
    community, start = site.community, now - timedelta(days=HISTORY_DAYS)
    posts = [
        (post, section)
        for section in community.sections
        for post in past(community, section, first_day(community, now), start, moved)
    ]
    posts.sort(key=lambda one: one[0].at)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{community.key}.jsonl"
        lines = [json.dumps(_line(community, *one), ensure_ascii=False) for one in posts]
        file.write_text("\n".join(lines), encoding="utf-8")
        await import_file(file, site.agency, site.workspace)
    await _recognise(site)


def _line(community: Community, post: Post, section: Section) -> dict[str, object]:
    author = post.author
    who = (community.key, community.team) if author is None else (author.local, author.name)
    line: dict[str, object] = {
        "id": post.id,
        "channel": section.former,
        "author": {"id": who[0], "name": who[1]},
        "text": post.text,
        "posted_at": post.at.isoformat(),
        "language": community.language,
        "reactions": [{"author": one.local, "name": name} for one, name in post.reactions],
    }
    return (
        line
        | ({"thread": post.root} if post.number else {})
        | ({"deleted": True} if post.gone else {})
    )


async def _recognise(site: Site) -> None:
    """Tell that those who came along are the ones of the export: one member, two identities."""
    community, network = site.community, site.community.networks[0]
    known = {one.local: (one.user, one.name) for one in people(community)}
    known[community.key] = (community.account(network), community.team)
    async with unit_of_work(site.actor) as session:
        query = select(Identity.external_id, Identity.member_id).where(
            Identity.workspace_id == site.workspace_id, Identity.network == connections.IMPORT
        )
        rows = [row for row in await session.execute(query) if row.external_id in known]
        values = [
            {
                "agency_id": site.owner.agency_id,
                "workspace_id": site.workspace_id,
                "id": new_id(),
                "member_id": row.member_id,
                "network": network,
                "external_id": known[row.external_id][0],
                "handle": known[row.external_id][0],
                "name": known[row.external_id][1],
            }
            for row in rows
        ]
        await session.execute(insert(Identity).on_conflict_do_nothing(), values)
