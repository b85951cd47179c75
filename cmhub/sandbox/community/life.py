"""The communities of the demo go on: somebody asks, somebody answers, and the team is answered."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from cmhub.config import settings
from cmhub.sandbox.community.clients import COMMUNITIES
from cmhub.sandbox.community.hands import slipped
from cmhub.sandbox.community.past import past
from cmhub.sandbox.community.places import Community, Section
from cmhub.sandbox.community.settling import Writer, message
from cmhub.sandbox.community.stories import at, phase_at
from cmhub.sandbox.community.telling import Line, Teller
from cmhub.sandbox.homeserver import Event, Homeserver, Room, homeserver
from cmhub.sandbox.homeserver.rooms import Refused

QUICK, SLOW = 16.0, 60.0
"""Mean seconds between two messages of an agency, in its busiest hour and in its quietest."""
LIVELY = 14
"""Messages of a community after which its day calms down, so that days stay comparable."""

_CALM = 6.0
_LONGEST_GAP = timedelta(days=14)


async def live(made_on: Callable[[], date]) -> None:
    """Let the demo's communities live for as long as the process runs, where there is a demo.

    ``made_on`` tells from which day on its days are counted.
    """
    if not settings().local:
        return
    server = homeserver()
    life = Life(server, made_on)
    server.heard.append(life.hear)
    try:
        await life.run()
    finally:
        server.heard.remove(life.hear)


class Life:
    """Everybody who is not the team."""

    def __init__(
        self,
        server: Homeserver,
        made_on: Callable[[], date],
        seed: int | None = None,
        *,
        pace: float = 1.0,
    ) -> None:
        """Prepare; ``pace`` multiplies every pause."""
        self._server, self._made_on = server, made_on
        self._random = Random(seed)  # noqa: S311
        self._pace = pace
        self._tasks: set[asyncio.Task[None]] = set()
        self._said: dict[tuple[str, int], int] = {}
        self._tellers: dict[tuple[str, str], Teller] = {}

    async def run(self) -> None:
        """Go on until cancelled."""
        agencies = sorted({community.agency for community in COMMUNITIES})
        try:
            async with asyncio.TaskGroup() as group:
                for agency in agencies:
                    group.create_task(self._agency(agency), name=f"life of {agency}")
        finally:
            for task in self._tasks:
                task.cancel()

    async def _agency(self, agency: str) -> None:
        mine = [community for community in COMMUNITIES if community.agency == agency]
        while True:
            self._server.look_again()
            for community in mine:
                await self._catch_up(community)
            community = self._random.choices(mine, [self._liveliness(one) for one in mine])[0]
            await self._sleep(self._random.expovariate(1 / self._pause(community)))
            self._begin(community)

    def _liveliness(self, community: Community) -> float:
        """Return how much is written now, against other communities."""
        rate = sum(section.rate for section in community.sections)
        return rate * at(community.story.pulse, 0) / self._calm(community)

    def _calm(self, community: Community) -> float:
        """Return how much calmer it is, once much was said today."""
        today = datetime.now(ZoneInfo(community.zone)).toordinal()
        most = LIVELY * at(community.story.pulse, 0)
        return 1.0 if self._said.get((community.key, today), 0) < most else _CALM

    def _pause(self, community: Community) -> float:
        """Return the mean seconds to the next message, by hour and by how much there was today."""
        hours = community.story.by_hour
        busy = hours[datetime.now(ZoneInfo(community.zone)).hour] / max(hours)
        return (SLOW - (SLOW - QUICK) * busy) * self._calm(community)

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self._pace)

    async def _catch_up(self, community: Community) -> None:
        """Write what was said while nobody served, so that no day is empty."""
        now = datetime.now(UTC)
        for section in community.sections:
            room = self._server.rooms.get(community.room(section))
            if room is None:
                continue
            last = datetime.fromtimestamp(room.events[-1].at / 1000, UTC)
            if now - last < timedelta(hours=6):
                continue
            writer = Writer(self._server, community, section)
            since = max(last, now - _LONGEST_GAP)
            for post in past(community, section, self._made_on(), since, now):
                if post.author is None or self._may_write(room, post.author.user):
                    writer.write(post)
                    await asyncio.sleep(0)

    def _begin(self, community: Community) -> None:
        """Say one thing: begin a thread, or go on with one."""
        section = self._random.choice(community.sections)
        room = self._server.rooms.get(community.room(section))
        if room is None:
            return
        if self._random.random() < 0.03:
            self._spam(community, section, room)
        elif self._random.random() < 0.5:
            self._story(community, section, room)
        else:
            self._react(room)

    def _story(self, community: Community, section: Section, room: Room) -> None:
        teller = self._teller(community, section)
        phase = phase_at(community.story, 0)
        known = phase is not None and phase.name in teller.phases
        name = phase.name if phase and known and self._random.random() < phase.share else ""
        lines = teller.tell(phase=name, team=0)
        asker = self._somebody(community, room, flat=True)
        if asker is None:
            return
        root = self._say(community, room, asker, lines[0].text, None)
        self._spawn(self._go_on(community, room, asker, root, lines[1:]))

    def _teller(self, community: Community, section: Section) -> Teller:
        key = (community.key, section.key)
        if key not in self._tellers:
            self._tellers[key] = Teller(
                community.key, community.language, section.key, self._random
            )
        return self._tellers[key]

    async def _go_on(
        self, community: Community, room: Room, asker: str, root: str, lines: list[Line]
    ) -> None:
        for line in lines:
            await self._sleep(self._random.uniform(25, 120))
            if room.id not in self._server.rooms or room.by_id[root].redacted_by is not None:
                return
            user = asker if line.by == "asker" else self._somebody(community, room, besides=asker)
            if user is not None and self._may_write(room, user):
                self._say(community, room, user, line.text, root)

    def hear(self, event: Event) -> None:
        """Answer the team soon, when it has written."""
        community = next((one for one in COMMUNITIES if event.sender in one.accounts), None)
        # What is written into the past is no reason to answer now.
        is_now = event.at / 1000 > datetime.now(UTC).timestamp() - 60
        if community is not None and event.kind == "m.room.message" and is_now:
            self._spawn(self._answer(community, event))

    async def _answer(self, community: Community, event: Event) -> None:
        room = self._server.rooms[event.room]
        section = next(one for one in community.sections if community.room(one) == room.id)
        root, user = self._addressed(community, room, event)
        await self._sleep(self._random.uniform(5, 9))
        if user is None or not self._may_write(room, user):
            return
        writer = Writer(self._server, community, section)
        if self._random.random() < 0.3:
            writer.react(user, event.id, self._random.choice(["👍", "❤️", "🙏"]))
            await self._sleep(self._random.uniform(2, 5))
        text = self._teller(community, section).say("after_team")
        self._say(community, room, user, text, root or event.id)

    def _addressed(
        self, community: Community, room: Room, event: Event
    ) -> tuple[str | None, str | None]:
        """Return the thread's root, and who will feel spoken to."""
        relation = event.content.get("m.relates_to", {})
        answered = relation.get("m.in_reply_to", {}).get("event_id")
        target = room.by_id.get(str(answered))
        root = relation.get("event_id") or self._root_of(target)
        for one in (target, room.by_id.get(str(root))):
            if one is not None and one.sender not in community.accounts:
                return root, one.sender
        return root, self._somebody(community, room)

    def _root_of(self, event: Event | None) -> str | None:
        if event is None:
            return None
        relation = event.content.get("m.relates_to", {})
        return relation.get("event_id") or event.id

    def _say(self, community: Community, room: Room, user: str, text: str, root: str | None) -> str:
        key = (community.key, datetime.now(ZoneInfo(community.zone)).toordinal())
        self._said[key] = self._said.get(key, 0) + 1
        slips = root is None and self._random.random() < 0.08
        slip = slipped(text, self._random) if slips else None
        event = self._server.put(room.id, user, "m.room.message", message(slip or text, root))
        if slip is not None:
            self._spawn(self._correct(room, user, event, text))
        return event

    async def _correct(self, room: Room, user: str, event: str, text: str) -> None:
        await self._sleep(self._random.uniform(8, 25))
        if room.by_id[event].redacted_by is None and self._may_write(room, user):
            content = message(f"* {text}")
            content["m.new_content"] = message(text)
            content["m.relates_to"] = {"rel_type": "m.replace", "event_id": event}
            self._server.put(room.id, user, "m.room.message", content)

    def _spam(self, community: Community, section: Section, room: Room) -> None:
        user = self._somebody(community, room, flat=True)
        if user is not None:
            text = self._teller(community, section).spam()
            self._say(community, room, user, text, None)

    def _react(self, room: Room) -> None:
        recent = [one for one in room.events[-40:] if _is_standing(one)]
        users = [user for user in room.joined() if self._may_write(room, user)]
        if recent and users:
            relation = {
                "rel_type": "m.annotation",
                "event_id": self._random.choice(recent).id,
                "key": self._random.choice(["👍", "❤️", "😂", "🎉"]),
            }
            user = self._random.choice(users)
            self._server.put(room.id, user, "m.reaction", {"m.relates_to": relation})

    def _somebody(
        self, community: Community, room: Room, *, besides: str = "", flat: bool = False
    ) -> str | None:
        """Return a member who may write; those who write much more often than others."""
        team = {*community.accounts, besides}
        users = [one for one in room.joined() if one not in team and "-admin:" not in one]
        users = [one for one in users if self._may_write(room, one)]
        if not users:
            return None
        weights = [1.0 if flat else 1 / (number + 2) for number in range(len(users))]
        return self._random.choices(users, weights)[0]

    def _may_write(self, room: Room, user: str) -> bool:
        try:
            room.require_to_send(user, "m.room.message", False, {})
        except Refused:
            return False
        return True

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_standing(event: Event) -> bool:
    written = event.kind == "m.room.message" and event.redacted_by is None
    return written and "m.new_content" not in event.content
