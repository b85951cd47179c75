"""The communities' past in a homeserver: rooms, people who come and go, and what was said."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from cmhub.sandbox.community.past import Post, past
from cmhub.sandbox.community.places import (
    COMMUNITIES,
    LIVE_DAYS,
    Community,
    Person,
    Section,
    people,
)
from cmhub.sandbox.homeserver import Homeserver
from cmhub.sandbox.homeserver.making import create_room
from cmhub.sandbox.homeserver.rooms import Content

Step = tuple[float, Callable[[], object]]


def settle(server: Homeserver, password: str, now: datetime) -> None:
    """Fill an empty homeserver with the last weeks of every community."""
    steps: list[Step] = []
    for community in COMMUNITIES:
        server.register(community.key, password, community.team)
        founder = server.register(f"{community.key}-admin", "", f"{community.team} (admin)")
        for person in people(community):
            if person.user not in server.users:
                server.register(person.local, "", person.name)
        for section in community.sections:
            steps += _room(server, community, section, founder, now)
    for _, step in sorted(steps, key=lambda step: step[0]):
        step()


def _room(
    server: Homeserver, community: Community, section: Section, founder: str, now: datetime
) -> list[Step]:
    room = community.room(section)
    opened = now - timedelta(days=LIVE_DAYS + 1)
    began = opened.timestamp()
    wanted: Content = {
        "name": section.name,
        "topic": section.topic,
        "preset": "public_chat",
        "room_alias_name": f"{community.key}-{section.key}",
        "room_version": "11",
        "power_level_content_override": {"users": {founder: 100, community.account: 90}},
    }
    make = partial(create_room, server, founder, wanted, room_id=room, at=began)
    enter = partial(server.become, room, community.account, "join", at=began + 60)
    steps: list[Step] = [(began, make), (began + 60, enter)]
    for number, person in enumerate(people(community)):
        steps += _stay(server, room, person, began + 120 + number, now)
    writer = Writer(server, community, room)
    for post in past(community, section, opened + timedelta(hours=1), now):
        steps.append((post.at.timestamp(), partial(writer.write, post)))
    return steps


def _stay(
    server: Homeserver, room: str, person: Person, earliest: float, now: datetime
) -> list[Step]:
    midnight = datetime.combine(now.date(), datetime.min.time(), UTC)
    came = max(earliest, (midnight - timedelta(days=person.since, hours=3)).timestamp())
    steps: list[Step] = [(came, partial(server.become, room, person.user, "join", at=came))]
    left = (midnight - timedelta(days=person.until - 2)).timestamp()
    if person.until > 0 and came < left < now.timestamp():
        steps.append((left, partial(server.become, room, person.user, "leave", at=left)))
    return steps


class Writer:
    """Writes posts into a room, each where its thread is."""

    def __init__(self, server: Homeserver, community: Community, room: str) -> None:
        self.server, self.community, self.room = server, community, room
        self._roots: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self._random = Random(room)  # noqa: S311

    def write(self, post: Post) -> None:
        """Write a post with its reactions; spam is taken away again an hour later."""
        author = self.community.account if post.author is None else post.author.user
        at = post.at.timestamp()
        root = self._roots.get(post.thread)
        text = post.text
        event = self._put(author, message(text, root, self._last.get(post.thread)), at)
        self._roots.setdefault(post.thread, event)
        self._last[post.thread] = event
        for number, (person, name) in enumerate(post.reactions, 1):
            self.react(person.user, event, name, at + 60 * number)
        if post.spam and post.at < datetime.now(UTC) - timedelta(days=1):
            self.redact(event, at + 240)

    def _put(self, user: str, content: Content, at: float) -> str:
        return self.server.put(self.room, user, "m.room.message", content, at=at)

    def react(self, user: str, event: str, name: str, at: float | None = None) -> None:
        """React to a message."""
        relation = {"rel_type": "m.annotation", "event_id": event, "key": name}
        self.server.put(self.room, user, "m.reaction", {"m.relates_to": relation}, at=at)

    def redact(self, event: str, at: float) -> None:
        """Take a message away, as the team."""
        content = {"redacts": event, "reason": "spam"}
        account = self.community.account
        self.server.put(self.room, account, "m.room.redaction", content, redacts=event, at=at)


def message(text: str, root: str | None = None, last: str | None = None) -> Content:
    """Return the content of a text message, in a thread when there is a root."""
    content: Content = {"msgtype": "m.text", "body": text}
    if root is not None:
        content["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": last or root},
        }
    return content
