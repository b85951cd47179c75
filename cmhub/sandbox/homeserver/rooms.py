"""Rooms: events in their order, the state they add up to, and who may do what."""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

Content = dict[str, Any]

LEVELS = {
    "users_default": 0,
    "events": {"m.room.power_levels": 100, "m.room.name": 50, "m.room.topic": 50},
    "events_default": 0,
    "state_default": 50,
    "ban": 50,
    "kick": 50,
    "redact": 50,
    "invite": 0,
}
_CREATOR = 2**53
_NAMED = ("ban", "kick", "redact", "invite", "events_default", "state_default", "users_default")
# What a redaction leaves of state that the room stands on.
_KEPT = {"m.room.member": {"membership"}, "m.room.create": None, "m.room.power_levels": None}


class Refused(Exception):
    """The homeserver would not do it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def forbidden(message: str) -> Refused:
    """The refusal of somebody without the right."""
    return Refused(403, "M_FORBIDDEN", message)


def not_found(message: str) -> Refused:
    """The refusal of what is not there."""
    return Refused(404, "M_NOT_FOUND", message)


@dataclass(slots=True)
class Event:
    """An event at its place in the server's stream; ``at`` is in milliseconds."""

    position: int
    id: str
    room: str
    kind: str
    sender: str
    at: int
    content: Content
    state_key: str | None = None
    redacts: str | None = None
    before: Content | None = None
    redacted_by: "Event | None" = None
    edit: "Event | None" = None
    device: str = ""
    key: str = ""

    def prune(self, by: "Event") -> None:
        """Take everything away that somebody wrote."""
        self.redacted_by = by
        kept = _KEPT.get(self.kind, set()) if self.state_key is not None else set()
        if kept is not None:
            self.content = {name: self.content[name] for name in kept if name in self.content}

    def shown(self, device: str = "") -> Content:
        """Return it as clients get it; only the device that sent it sees its transaction id."""
        unsigned: Content = {}
        if self.before is not None:
            unsigned["prev_content"] = self.before
        if self.key and device == self.device:
            unsigned["transaction_id"] = self.key
        if self.redacted_by is not None:
            unsigned["redacted_because"] = self.redacted_by.shown()
        elif self.edit is not None:
            unsigned["m.relations"] = {"m.replace": self.edit.shown()}
        found: Content = {
            "event_id": self.id,
            "room_id": self.room,
            "type": self.kind,
            "sender": self.sender,
            "origin_server_ts": self.at,
            "content": self.content,
            "unsigned": unsigned,
        }
        found |= {} if self.state_key is None else {"state_key": self.state_key}
        return found | ({} if self.redacts is None else {"redacts": self.redacts})


@dataclass(slots=True)
class Room:
    """A room as its events made it."""

    id: str
    events: list[Event] = field(default_factory=list[Event])
    state: dict[tuple[str, str], Event] = field(default_factory=dict[tuple[str, str], Event])
    by_id: dict[str, Event] = field(default_factory=dict[str, Event])

    def add(self, event: Event) -> None:
        """Take an event in, with what it does to others."""
        self.events.append(event)
        self.by_id[event.id] = event
        if event.state_key is not None:
            replaced = self.state.get((event.kind, event.state_key))
            event.before = None if replaced is None else replaced.content
            self.state[event.kind, event.state_key] = event
        if event.redacts in self.by_id:
            self.by_id[event.redacts].prune(event)
        relation = event.content.get("m.relates_to")
        if isinstance(relation, dict) and relation.get("rel_type") == "m.replace":
            target = self.by_id.get(str(relation.get("event_id")))
            if target is not None and target.sender == event.sender:
                target.edit = event

    def content(self, kind: str, key: str = "") -> Content:
        """Return a state, empty when it was never set."""
        found = self.state.get((kind, key))
        return {} if found is None else found.content

    def membership(self, user: str) -> str:
        """Return where somebody stands, empty when they were never here."""
        return str(self.content("m.room.member", user).get("membership", ""))

    def joined(self) -> list[str]:
        """Return who is here."""
        return [
            key
            for (kind, key), event in self.state.items()
            if kind == "m.room.member" and event.content.get("membership") == "join"
        ]

    def after(self, position: int) -> list[Event]:
        """Return what came after a position of the stream."""
        return self.events[self.index(position) :]

    def index(self, position: int) -> int:
        """Return how many events there are up to a position of the stream."""
        return bisect_right(self.events, position, key=lambda event: event.position)

    @property
    def levels(self) -> Content:
        """The power levels."""
        return self.content("m.room.power_levels")

    def level(self, user: str) -> int:
        """Return the level of somebody; who made the room may do everything from version 12 on."""
        create = self.state["m.room.create", ""]
        if user == create.sender and create.content.get("room_version") == "12":
            return _CREATOR
        users = self.levels.get("users", {})
        return int(users.get(user, self.levels.get("users_default", 0)))

    def needed(self, action: str) -> int:
        """Return the level of an action such as ``ban``."""
        return int(self.levels.get(action, LEVELS[action]))

    def needed_to_send(self, kind: str, *, state: bool) -> int:
        """Return the level that sending an event needs."""
        default = self.needed("state_default" if state else "events_default")
        return int(self.levels.get("events", {}).get(kind, default))

    def require_joined(self, user: str) -> None:
        """Refuse who is not here.

        Raises:
            Refused: they are not.
        """
        if self.membership(user) != "join":
            raise forbidden(f"User {user} not in room {self.id}")

    def require(self, user: str, action: str, about: str = "") -> None:
        """Refuse who may not do it, or not to somebody who is their equal.

        Raises:
            Refused: the level does not reach.
        """
        self.require_joined(user)
        if self.level(user) < self.needed(action):
            raise forbidden(f"You don't have permission to {action}")
        if about and self.level(about) >= self.level(user):
            raise forbidden(f"You cannot {action} this user")

    def require_to_send(self, user: str, kind: str, state: bool, content: Content) -> None:
        """Refuse who may not send this event.

        Raises:
            Refused: they are not here, or their level does not reach.
        """
        self.require_joined(user)
        needed = self.needed_to_send(kind, state=state)
        if self.level(user) < needed:
            raise forbidden(f"You don't have permission to post {kind}: level {needed} is needed")
        if kind == "m.room.power_levels":
            self._require_levels(user, content)

    def _require_levels(self, user: str, new: Content) -> None:
        """Nobody may raise anything above their own level, or change their equals."""
        own = self.level(user)
        users, changed = self.levels.get("users", {}), new.get("users", {})
        for name in {*users, *changed}:
            old, wanted = users.get(name), changed.get(name)
            if old == wanted:
                continue
            if name != user and old is not None and int(old) >= own:
                raise forbidden("You don't have permission to change the level of your equal")
            if wanted is not None and int(wanted) > own:
                raise forbidden("You don't have permission to give more than you have")
        for name in _NAMED:
            old, wanted = self.needed_or(name, 0), int(new.get(name, LEVELS[name]))
            if old != wanted and max(old, wanted) > own:
                raise forbidden("You don't have permission to change this level")

    def needed_or(self, name: str, default: int) -> int:
        """Return a named level of the room."""
        return int(self.levels.get(name, LEVELS.get(name, default)))
