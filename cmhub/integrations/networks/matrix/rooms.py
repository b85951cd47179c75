"""Rooms the account is in or invited to, and who is in them."""

import json
from collections.abc import Iterable

from cmhub.integrations.networks.base import (
    ChannelKind,
    Credentials,
    Gone,
    NotAllowed,
    Person,
    RemoteChannel,
)
from cmhub.integrations.networks.matrix.api import Api, route
from cmhub.integrations.networks.matrix.power import Levels
from cmhub.integrations.networks.matrix.shape import as_list, as_number, as_object, as_objects
from cmhub.integrations.networks.matrix.shape import as_text as text_of

Json = dict[str, object]

_BYTES = 64 * 1024 * 1024
_SECONDS = 90.0
_NONE: Json = {"types": []}
_STATE = [
    "m.room.name",
    "m.room.canonical_alias",
    "m.room.topic",
    "m.room.create",
    "m.room.power_levels",
    "m.room.encryption",
    "m.room.member",
]


class Rooms(Api):
    """Verbs of finding rooms."""

    async def channels(self, credentials: Credentials) -> tuple[RemoteChannel, ...]:
        """Return rooms joined and rooms invited to, by name; spaces are no rooms."""
        return await self._rooms(credentials, None)

    async def _rooms(
        self, credentials: Credentials, only: list[str] | None
    ) -> tuple[RemoteChannel, ...]:
        """Ask for a first sync of the state alone: one request, however many rooms."""
        wanted: Json = {
            "ephemeral": _NONE,
            "account_data": _NONE,
            "state": {"types": _STATE, "lazy_load_members": True},
            "timeline": {"types": ["m.room.create"], "limit": 1, "lazy_load_members": True},
        }
        room = wanted if only is None else {**wanted, "rooms": only}
        chosen = json.dumps({"presence": _NONE, "account_data": _NONE, "room": room})
        params = {"filter": chosen, "timeout": 0, "set_presence": "offline"}
        answer = await self.call(
            credentials, "GET", route("sync"), params=params, seconds=_SECONDS, limit=_BYTES
        )
        rooms = as_object(answer.get("rooms"))
        found = [
            *_read(credentials.account, rooms, "join", "state"),
            *_read(credentials.account, rooms, "invite", "invite_state"),
        ]
        return tuple(sorted(found, key=lambda channel: channel.name.casefold()))

    async def join(self, credentials: Credentials, channel: str) -> RemoteChannel:
        """Join a room by its id or by its address (``#room:server``).

        Raises:
            NotAllowed: the room wants an invitation.
            Gone: there is no such room.
        """
        try:
            answer = await self.call(credentials, "POST", route("join", channel.strip()), json={})
        except NotAllowed as error:
            raise NotAllowed("join", "not_invited") from error
        except Gone as error:
            raise Gone("no_such_room") from error
        room = text_of(answer.get("room_id"))
        for found in await self._rooms(credentials, [room]):
            if found.external_id == room:
                return found
        raise Gone("no_such_room")

    async def members(self, credentials: Credentials, channel: str) -> tuple[Person, ...]:
        """Return who is in the room now."""
        path = route("rooms", channel, "joined_members")
        try:
            answer = await self.call(credentials, "GET", path, seconds=_SECONDS, limit=_BYTES)
        except NotAllowed as error:
            raise NotAllowed("read", "not_in_room") from error
        return tuple(
            Person(user, text_of(as_object(profile).get("display_name")) or _local(user), user)
            for user, profile in as_object(answer.get("joined")).items()
        )


def _local(user: str) -> str:
    return user.removeprefix("@").partition(":")[0] or user


def _read(account: str, rooms: Json, membership: str, part: str) -> Iterable[RemoteChannel]:
    for room, value in as_object(rooms.get(membership)).items():
        content = as_object(value)
        state = as_objects(as_object(content.get(part)).get("events"))
        state += as_objects(as_object(content.get("timeline")).get("events"))
        channel = _channel(account, room, state, as_object(content.get("summary")))
        if channel is not None:
            yield channel if membership == "join" else _invited(channel)


def _invited(channel: RemoteChannel) -> RemoteChannel:
    return RemoteChannel(
        external_id=channel.external_id,
        name=channel.name,
        topic=channel.topic,
        kind="community",
        members=None,
        joined=False,
        may_moderate=False,
        encrypted=channel.encrypted,
    )


def _channel(account: str, room: str, state: list[Json], summary: Json) -> RemoteChannel | None:
    events = {text_of(event.get("type")): event for event in state}
    create = events.get("m.room.create", {})
    if as_object(create.get("content")).get("type") == "m.space":
        return None
    levels = Levels.of_room(create, _content(events, "m.room.power_levels"))
    audience = levels.to_send("m.room.message") > levels.default
    kind: ChannelKind = "audience" if audience else "community"
    members = as_number(summary.get("m.joined_member_count"), -1)
    return RemoteChannel(
        external_id=room,
        name=_name(room, events, state, summary),
        topic=text_of(_content(events, "m.room.topic").get("topic")),
        kind=kind,
        members=members if members >= 0 else None,
        joined=True,
        may_moderate=levels.of(account) >= max(levels.to("redact"), levels.to("ban")),
        encrypted="m.room.encryption" in events,
    )


def _content(events: dict[str, Json], kind: str) -> Json:
    return as_object(events.get(kind, {}).get("content"))


def _name(room: str, events: dict[str, Json], state: list[Json], summary: Json) -> str:
    """Return the room's name, else its address, else the names of those in it, else its id."""
    named = text_of(_content(events, "m.room.name").get("name")).strip()
    address = text_of(_content(events, "m.room.canonical_alias").get("alias"))
    people = {
        text_of(event.get("state_key")): text_of(as_object(event.get("content")).get("displayname"))
        for event in state
        if event.get("type") == "m.room.member"
    }
    heroes = [text_of(user) for user in as_list(summary.get("m.heroes"))]
    return named or address or ", ".join(people.get(u) or _local(u) for u in heroes) or room
