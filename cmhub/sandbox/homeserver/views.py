"""What an account gets to see: a sync, and a room page by page."""

from collections.abc import Iterable
from dataclasses import dataclass

from cmhub.sandbox.homeserver.rooms import Content, Event, Refused, Room, forbidden
from cmhub.sandbox.homeserver.server import Homeserver
from cmhub.sandbox.homeserver.tokens import Pair

_STRIPPED = (
    "m.room.create",
    "m.room.name",
    "m.room.topic",
    "m.room.canonical_alias",
    "m.room.encryption",
    "m.room.join_rules",
)
_HEROES = 5


def token(position: int) -> str:
    """Return a place in the stream as clients carry it."""
    return f"s{position}"


def position_of(server: Homeserver, text: str) -> int:
    """Read a place in the stream.

    Raises:
        Refused: it is none of ours.
    """
    if not text[1:].isdecimal() or text[0] != "s" or int(text[1:]) > server.position:
        raise Refused(400, "M_INVALID_PARAM", "Invalid stream token")
    return int(text[1:])


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a filter lets through of rooms."""

    room: Content

    def takes_room(self, room: str) -> bool:
        """Tell whether the room is asked for."""
        rooms = self.room.get("rooms")
        return rooms is None or room in rooms

    def takes(self, part: str, event: Event) -> bool:
        """Tell whether ``timeline`` or ``state`` takes the event."""
        types = self.room.get(part, {}).get("types")
        return types is None or event.kind in types

    @property
    def limit(self) -> int:
        """Most events of a room's timeline."""
        return int(self.room.get("timeline", {}).get("limit", 10))

    @property
    def lazy(self) -> bool:
        """Whether only those members are wanted who wrote something."""
        return bool(self.room.get("state", {}).get("lazy_load_members"))


def sync(
    server: Homeserver, pair: Pair, since: int | None, chosen: Content
) -> tuple[Content, bool]:
    """Return the answer of a sync, and whether anything is in it."""
    wanted = Wanted(chosen.get("room", {}))
    rooms: dict[str, Content] = {"join": {}, "invite": {}, "leave": {}}
    for room in server.rooms.values():
        if wanted.takes_room(room.id):
            found = _room(pair, room, since, wanted)
            if found is not None:
                rooms[found[0]][room.id] = found[1]
    answer = {"next_batch": token(server.position), "rooms": rooms}
    return answer, any(rooms.values())


def _room(pair: Pair, room: Room, since: int | None, wanted: Wanted) -> tuple[str, Content] | None:
    own = room.state.get(("m.room.member", pair.user))
    standing = room.membership(pair.user)
    if own is None or (standing in {"leave", "ban"} and own.position <= (since or own.position)):
        return None
    if standing == "invite":
        return None if since and own.position <= since else ("invite", _invited(room, own))
    last = own.position if standing in {"leave", "ban"} else room.events[-1].position
    entered = since is not None and own.position > since and _entered(own)
    found = _joined(pair, room, None if entered else since, last, wanted)
    if since is not None and not found["timeline"]["events"] and not entered:
        return None
    return "leave" if standing in {"leave", "ban"} else "join", found


def _entered(own: Event) -> bool:
    now = own.content.get("membership")
    return now == "join" and (own.before or {}).get("membership") != "join"


def _invited(room: Room, own: Event) -> Content:
    state = [room.state[kind, ""] for kind in _STRIPPED if (kind, "") in room.state]
    return {"invite_state": {"events": [event.shown() for event in (*state, own)]}}


def _joined(pair: Pair, room: Room, since: int | None, last: int, wanted: Wanted) -> Content:
    new = room.after(0 if since is None else since)
    fitting = [one for one in new if one.position <= last and wanted.takes("timeline", one)]
    timeline = fitting[len(fitting) - wanted.limit :] if len(fitting) > wanted.limit else fitting
    limited = len(timeline) < len(fitting)
    before = timeline[0].position - 1 if timeline else last
    state = _state(room, timeline, wanted, since, pair.user)
    return {
        "timeline": {
            "events": [event.shown(pair.device) for event in timeline],
            "limited": limited,
            "prev_batch": token(before),
        },
        "state": {"events": [event.shown(pair.device) for event in state]},
        "summary": _summary(room, pair.user),
        "unread_notifications": {},
    }


def _state(
    room: Room, timeline: list[Event], wanted: Wanted, since: int | None, user: str
) -> list[Event]:
    """Return the state that the timeline does not show itself."""
    shown = {event.id for event in timeline}
    writers = {event.sender for event in timeline} | ({user} if since is None else set())
    found: list[Event] = []
    for (kind, key), event in room.state.items():
        is_writer = kind == "m.room.member" and key in writers
        is_left_out = kind == "m.room.member" and wanted.lazy and not is_writer
        is_news = since is None or event.position > since or (is_writer and wanted.lazy)
        if event.id not in shown and not is_left_out and is_news and wanted.takes("state", event):
            found.append(event)
    return found


def _summary(room: Room, user: str) -> Content:
    here = room.joined()
    heroes = [other for other in here if other != user][:_HEROES]
    return {"m.joined_member_count": len(here), "m.heroes": heroes}


def messages(
    server: Homeserver, pair: Pair, room: Room, query: dict[str, str], chosen: Content
) -> Content:
    """Return a page of a room backwards.

    Raises:
        Refused: who asks was never there, or a token is wrong.
    """
    newest = _last_seen(room, pair.user)
    if "from" in query:
        newest = min(newest, position_of(server, query["from"]))
    oldest = position_of(server, query["to"]) if "to" in query else 0
    limit = max(1, min(int(query.get("limit", "10")), 1000))
    types = chosen.get("types")
    past = room.events[room.index(oldest) : room.index(newest)]
    page: list[Event] = []
    for event in reversed(past):
        if len(page) == limit:
            break
        if types is None or event.kind in types:
            page.append(event)
    answer: Content = {
        "start": token(newest),
        "chunk": [event.shown(pair.device) for event in page],
        "state": [event.shown() for event in _writers(room, page)],
    }
    if len(page) == limit and page[-1] is not past[0]:
        answer["end"] = token(page[-1].position - 1)
    return answer


def _last_seen(room: Room, user: str) -> int:
    own = room.state.get(("m.room.member", user))
    if own is None or own.content.get("membership") == "invite":
        raise forbidden(f"User {user} not in room {room.id}")
    return room.events[-1].position if own.content.get("membership") == "join" else own.position


def _writers(room: Room, page: Iterable[Event]) -> list[Event]:
    writers = {event.sender for event in page}
    return [room.state["m.room.member", one] for one in writers if room.membership(one)]
