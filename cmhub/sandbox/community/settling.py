"""The communities' last weeks in a homeserver: rooms, who came and went, and what was said."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial

from cmhub.sandbox.community.clients import COMMUNITIES
from cmhub.sandbox.community.past import Post, past
from cmhub.sandbox.community.places import LIVE_DAYS, Community, Person, Section, people
from cmhub.sandbox.homeserver import Homeserver
from cmhub.sandbox.homeserver.making import create_room
from cmhub.sandbox.homeserver.rooms import Content

Step = tuple[float, Callable[[], object]]


def opened(now: datetime) -> datetime:
    """Return since when the homeserver knows what was said, when the demo is made now."""
    return now - timedelta(days=LIVE_DAYS)


def first_day(community: Community, now: datetime) -> date:
    """Return the day from which a community's days are counted."""
    return now.astimezone(UTC).date()


def settle(server: Homeserver, password: str, now: datetime) -> None:
    """Fill an empty homeserver with the last weeks of every community."""
    steps: list[Step] = []
    for community in COMMUNITIES:
        for network in community.networks:
            server.register(community.local(network), password, community.team)
        founder = server.register(f"{community.key}-admin", "", f"{community.team} (admin)")
        for person in people(community):
            _register(server, person)
        for section in community.sections:
            steps += _room(server, community, section, founder, now)
    for _, step in sorted(steps, key=lambda step: step[0]):
        step()


def _register(server: Homeserver, person: Person) -> None:
    if person.user not in server.users:
        server.register(person.local, "", person.name)


def _room(
    server: Homeserver, community: Community, section: Section, founder: str, now: datetime
) -> Iterator[Step]:
    room, account = community.room(section), community.account(section.network)
    began = opened(now).timestamp() - 3600
    wanted: Content = {
        "name": section.name,
        "topic": section.topic,
        "preset": "public_chat",
        "room_alias_name": f"{community.key}-{section.key}",
        "room_version": "11",
        "power_level_content_override": {"users": {founder: 100, account: 90}},
    }
    yield began, partial(create_room, server, founder, wanted, room_id=room, at=began)
    yield began + 60, partial(server.become, room, account, "join", at=began + 60)
    for number, person in enumerate(people(community)):
        yield from _stay(server, room, person, began + 120 + number, now)
    writer = Writer(server, community, section)
    for post in past(community, section, first_day(community, now), opened(now), now):
        yield from writer.steps(post)


def _stay(
    server: Homeserver, room: str, person: Person, earliest: float, now: datetime
) -> Iterator[Step]:
    midnight = datetime.combine(now.date(), datetime.min.time(), UTC)
    came = max(earliest, (midnight - timedelta(days=person.since, hours=3)).timestamp())
    left = (midnight - timedelta(days=person.until - 2)).timestamp()
    if person.until > 0 and left <= came:
        return
    yield came, partial(server.become, room, person.user, "join", at=came)
    if person.until > 0 and left < now.timestamp():
        yield left, partial(server.become, room, person.user, "leave", at=left)


class Writer:
    """Writes posts into a room, each where its thread is."""

    def __init__(self, server: Homeserver, community: Community, section: Section) -> None:
        self.server, self.room = server, community.room(section)
        self.account = community.account(section.network)
        self._roots: dict[str, str] = {}
        self._last: dict[str, str] = {}

    def steps(self, post: Post) -> Iterator[Step]:
        """Yield what a post does and when: written, reacted to, taken away with its author."""
        at = post.at.timestamp()
        author = post.author
        if post.gone and author is not None:
            yield at - 60, partial(self._enter, author, at - 60)
            gone = at + 60 * post.gone
            yield gone, partial(self._remove, post, author, gone)
        yield at, partial(self.write, post)

    def write(self, post: Post) -> None:
        """Write a post with its reactions."""
        author = self.account if post.author is None else post.author.user
        at = post.at.timestamp()
        root = self._roots.get(post.thread)
        content = message(post.text, root, self._last.get(post.thread))
        event = self.server.put(self.room, author, "m.room.message", content, at=at)
        self._roots.setdefault(post.thread, event)
        self._last[post.thread] = event
        for number, (person, name) in enumerate(post.reactions, 1):
            self.react(person.user, event, name, at + 60 * number)

    def _enter(self, author: Person, at: float) -> None:
        _register(self.server, author)
        if self.server.rooms[self.room].membership(author.user) != "join":
            self.server.become(self.room, author.user, "join", at=at)

    def _remove(self, post: Post, author: Person, at: float) -> None:
        """Take a message away as the team, and keep out who wrote it."""
        content = {"redacts": self._roots[post.thread], "reason": "spam"}
        kind, target = "m.room.redaction", self._roots[post.thread]
        self.server.put(self.room, self.account, kind, content, redacts=target, at=at)
        if self.server.rooms[self.room].membership(author.user) != "ban":
            ban = {"by": self.account, "reason": "spam", "at": at + 5}
            self.server.become(self.room, author.user, "ban", **ban)

    def react(self, user: str, event: str, name: str, at: float | None = None) -> None:
        """React to a message."""
        relation = {"rel_type": "m.annotation", "event_id": event, "key": name}
        self.server.put(self.room, user, "m.reaction", {"m.relates_to": relation}, at=at)


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
