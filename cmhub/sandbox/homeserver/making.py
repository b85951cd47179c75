"""Rooms made, entered and left, by the rules."""

from secrets import token_urlsafe

from cmhub.sandbox.homeserver.rooms import LEVELS, Content, Room, forbidden
from cmhub.sandbox.homeserver.server import NAME, Homeserver

VERSION = "12"


def create_room(
    server: Homeserver, user: str, wanted: Content, *, room_id: str = "", at: float | None = None
) -> str:
    """Make a room as ``createRoom`` asks for it, and return its id."""
    version = str(wanted.get("room_version", VERSION))
    room = room_id or f"!{token_urlsafe(18)}" + ("" if version == "12" else f":{NAME}")
    users = {} if version == "12" else {user: 100}
    override = wanted.get("power_level_content_override", {})
    public = wanted.get("preset") == "public_chat"
    alias = wanted.get("room_alias_name")
    made: list[tuple[str, Content]] = [
        ("m.room.create", {"room_version": version}),
        ("m.room.power_levels", {**LEVELS, "users": users, **override}),
        ("m.room.join_rules", {"join_rule": "public" if public else "invite"}),
        ("m.room.history_visibility", {"history_visibility": "shared"}),
        ("m.room.canonical_alias", {"alias": f"#{alias}:{NAME}"} if alias else {}),
        ("m.room.name", {"name": wanted["name"]} if "name" in wanted else {}),
        ("m.room.topic", {"topic": wanted["topic"]} if "topic" in wanted else {}),
    ]
    for number, (kind, content) in enumerate(made):
        if content:
            server.put(room, user, kind, content, state_key="", at=at)
        if number == 0:
            server.become(room, user, "join", at=at)
    return room


def join(server: Homeserver, user: str, wanted: str) -> str:
    """Enter a room by id or alias and return its id; again does nothing.

    Raises:
        Refused: there is none, or who asks is banned or not invited.
    """
    room = server.find_room(wanted)
    membership = room.membership(user)
    if membership == "join":
        return room.id
    if membership == "ban":
        raise forbidden("You are banned from this room")
    if membership != "invite" and room.content("m.room.join_rules").get("join_rule") != "public":
        raise forbidden("You are not invited to this room")
    server.become(room.id, user, "join")
    return room.id


def leave(server: Homeserver, user: str, room: Room) -> None:
    """Leave a room, or refuse an invitation.

    Raises:
        Refused: who asks is not in it.
    """
    if room.membership(user) not in {"join", "invite"}:
        raise forbidden(f"User {user} not in room {room.id}")
    server.become(room.id, user, "leave")


def invite(server: Homeserver, user: str, room: Room, about: str) -> None:
    """Invite somebody.

    Raises:
        Refused: who asks may not, or the other one is there or banned.
    """
    room.require(user, "invite")
    if room.membership(about) in {"join", "ban"} or about not in server.users:
        raise forbidden(f"{about} cannot be invited")
    server.become(room.id, about, "invite", by=user)


def remove(
    server: Homeserver, user: str, room: Room, about: str, action: str, reason: str = ""
) -> None:
    """Kick, ban or unban somebody.

    Raises:
        Refused: the level does not reach, or there is nothing to lift.
    """
    room.require(user, "ban" if action == "unban" else action, about)
    standing = room.membership(about)
    if action == "unban" and standing != "ban":
        raise forbidden(f"{about} is not banned")
    if action == "kick" and standing not in {"join", "invite"}:
        raise forbidden(f"{about} is not in the room")
    state = "ban" if action == "ban" else "leave"
    server.become(room.id, about, state, by=user, reason=reason)
