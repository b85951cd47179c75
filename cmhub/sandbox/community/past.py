"""What was said in a community, the same for the same first day however often it is asked.

Days are counted from the day on which the demo was made: its story goes back from there, and goes
on as it was on that day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from math import log
from random import Random
from zoneinfo import ZoneInfo

from cmhub.sandbox.community.hands import WARM, written
from cmhub.sandbox.community.places import (
    HISTORY_DAYS,
    Community,
    Person,
    Section,
    people,
    spammer,
)
from cmhub.sandbox.community.scripts import Exchange, script
from cmhub.sandbox.community.stories import at, holiday, phase_at, wave_at
from cmhub.sandbox.community.telling import Line, Teller

_REACTIONS = ("👍", "👍", "👍", "❤️", "❤️", "🎉", "😂", "🙏")
_NODS = ("👍", "👍", "😢", "😮")
_MOST = 30
_OPENS, _CLOSES = 9, 18


@dataclass(frozen=True, slots=True)
class Post:
    """Something somebody wrote; ``number`` counts in its thread, ``author`` None is the team.

    ``gone`` is after how many minutes the team took it away, and banned who wrote it; 0 for never.
    """

    thread: str
    number: int
    author: Person | None
    text: str
    at: datetime
    reactions: tuple[tuple[Person, str], ...] = ()
    gone: int = 0

    @property
    def id(self) -> str:
        """An id that is the same the next time."""
        return f"{self.thread}-{self.number}"

    @property
    def root(self) -> str:
        """The id of the first message of the thread."""
        return f"{self.thread}-0"


def past(
    community: Community, section: Section, first: date, start: datetime, end: datetime
) -> list[Post]:
    """Return what was written between two moments, in the order of time.

    Args:
        community: whose.
        section: on which of its channels.
        first: the day on which the demo was made.
        start: from when on threads are told.
        end: until when.
    """
    # Told up to the first day at least, so that all who ask for a part of the past share it.
    last = max(first, end.astimezone(ZoneInfo(community.zone)).date())
    told = _told(community, section, first, last)
    begun = {post.thread for post in told if post.number == 0 and post.at >= start}
    return [post for post in told if post.thread in begun and start <= post.at < end]


@lru_cache(maxsize=64)
def _told(community: Community, section: Section, first: date, last: date) -> tuple[Post, ...]:
    told = _Telling(community, section, first)
    days = range(-HISTORY_DAYS, (last - first).days + 1)
    posts = [post for day in days for post in told.day(-day)]
    return tuple(sorted(posts, key=lambda post: (post.at, post.id)))


class _Telling:
    """Tells one day after the other of a channel, since each goes on from the one before."""

    def __init__(self, community: Community, section: Section, first: date) -> None:
        self.community, self.section, self.first = community, section, first
        self.story, self.zone = community.story, ZoneInfo(community.zone)
        self.random = Random(f"{community.key} {section.key}")  # noqa: S311
        self.teller = Teller(community.key, community.language, section.key, self.random)
        self.exchanges = script(community.key).channels[section.key].exchanges

    def day(self, ago: int) -> Iterator[Post]:
        """Yield the threads that began on a day, so many days before the first."""
        day = self.first - timedelta(days=ago)
        here = Here(self.community, ago)
        name = f"{self.community.key}-{self.section.key}-{-ago}"
        for number in range(self._count(self._expected(day, ago))):
            lines, phase = self._lines(ago)
            began = self._moment(day)
            yield from self._thread(here, f"{name}-{number}", lines, began, calm=not phase)
        for number, exchange in enumerate(one for one in self.exchanges if one.days == ago):
            yield from self._exchange(here, f"{name}-x{number}", exchange, day)
        yield from self._spam(name, day, ago)

    def _expected(self, day: date, ago: int) -> float:
        swing = 1 + 0.08 * ((day.toordinal() // 9) % 3 - 1)
        rhythm = self.story.by_weekday[day.weekday()] * holiday(day)
        return 1.5 * self.section.rate * at(self.story.pulse, ago) * rhythm * swing

    def _count(self, expected: float) -> int:
        """Return a whole number around what is expected."""
        wanted = expected * self.random.uniform(0.5, 1.5)
        return min(_MOST, int(wanted) + (self.random.random() < wanted % 1))

    def _lines(self, ago: int) -> tuple[list[Line], str]:
        phase = phase_at(self.story, ago)
        known = phase is not None and phase.name in self.teller.phases
        name = phase.name if phase and known and self.random.random() < phase.share else ""
        return self.teller.tell(phase=name, team=at(self.story.team, ago)), name

    def _moment(self, day: date) -> datetime:
        hour = self.random.choices(range(24), self.story.by_hour)[0]
        return self._local(day, time(hour, self.random.randrange(60), self.random.randrange(60)))

    def _local(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, self.zone).astimezone(UTC)

    def _thread(
        self,
        here: "Here",
        thread: str,
        lines: list[Line],
        began: datetime,
        *,
        calm: bool,
    ) -> Iterator[Post]:
        asker = here.asker(self.random)
        moment, before = began, asker
        for number, line in enumerate(lines):
            author = self._author(line, asker, here, before)
            if number:
                moment = self._next(moment, author)
            text = self._written(line.text, author, calm)
            reactions = self._reactions(here.people, number, calm)
            yield Post(thread, number, author, text, moment, reactions)
            before = author or before

    def _author(self, line: Line, asker: Person, here: "Here", before: Person) -> Person | None:
        if line.by != "member":
            return None if line.by == "team" else asker
        return here.helper(self.random, asker, before)

    def _next(self, moment: datetime, author: Person | None) -> datetime:
        """Return when the next line comes: the team's in its hours, others' when they are awake."""
        if author is None:
            minutes = self.random.lognormvariate(log(self.story.hours * 60), 0.6)
            return self._in_office(moment + timedelta(minutes=minutes))
        minutes = min(self.random.lognormvariate(3.4, 1.2), 1100)
        later = moment + timedelta(minutes=minutes, seconds=self.random.randrange(60))
        hour = later.astimezone(self.zone).hour
        return later + timedelta(hours=self.random.uniform(5, 7)) if 1 <= hour < 6 else later

    def _in_office(self, moment: datetime) -> datetime:
        local = moment.astimezone(self.zone)
        if local.weekday() < 5 and _OPENS <= local.hour < _CLOSES:
            return moment
        day = local.date() + timedelta(days=1 if local.hour >= _OPENS else 0)
        while day.weekday() > 4:
            day += timedelta(days=1)
        return self._local(day, time(_OPENS, self.random.randrange(60), self.random.randrange(60)))

    def _written(self, text: str, author: Person | None, calm: bool) -> str:
        if author is None or (author.hand is WARM and not calm):
            return text
        return written(text, author.hand, self.community.language, self.random)

    def _exchange(self, here: "Here", thread: str, exchange: Exchange, day: date) -> Iterator[Post]:
        # Who is told of has been there for long, and is still.
        cast = [one for one in here.people if one.since > HISTORY_DAYS and one.until == 0][1:]
        choices = script(self.community.key).choices
        filled = {name: self.random.choice(values) for name, values in choices.items()}
        moment = self._local(day, exchange.at)
        for number, line in enumerate(exchange.lines):
            moment += timedelta(minutes=line.minutes, seconds=self.random.randrange(50))
            author = None if line.who == "T" else cast[ord(line.who) - ord("A")]
            reactions = self._reactions(here.people, number, calm=False)
            yield Post(thread, number, author, line.text.format(**filled), moment, reactions)

    def _spam(self, name: str, day: date, ago: int) -> Iterator[Post]:
        """Yield a day's spam: now and then one, in a wave many, by few accounts in few hours."""
        many = wave_at(self.story, ago) or (self.random.random() < 0.05)
        for number in range(many):
            hour = self.random.choices((5, 13, 20, 21, 22), (2, 1, 3, 5, 4))[0]
            moment = self._local(day, time(hour, self.random.randrange(60), number % 60))
            author = spammer(self.community, self.section.key, ago, number // 3)
            text = self.teller.spam()
            gone = 0 if ago < 1 else self.random.randint(3, 40)
            yield Post(f"{name}-s{number}", 0, author, text, moment, gone=gone)

    def _reactions(
        self, others: list[Person], number: int, calm: bool
    ) -> tuple[tuple[Person, str], ...]:
        many = self.random.choices([0, 1, 2, 4], [74, 16, 7, 3 if number == 0 else 0])[0]
        chosen = self.random.sample(others, min(many, len(others)))
        names = _REACTIONS if calm else _NODS
        return tuple((one, self.random.choice(names)) for one in chosen)


class Here:
    """Who is there on a day, and how likely each of them asks and answers."""

    def __init__(self, community: Community, ago: int) -> None:
        self.people = [one for one in people(community) if one.is_there(ago)]
        self._answers = list(accumulate(one.weight for one in self.people))
        self._asks = list(accumulate(_asks(one, ago) for one in self.people))

    def asker(self, random: Random) -> Person:
        """Return who asks."""
        return random.choices(self.people, cum_weights=self._asks)[0]

    def helper(self, random: Random, *besides: Person) -> Person:
        """Return who answers: those who write much more often, and others than these."""
        found = random.choices(self.people, cum_weights=self._answers, k=8)
        return next((one for one in found if one not in besides), found[0])


def _asks(person: Person, ago: int) -> float:
    """Return how likely somebody asks: the newest more often, the busiest less than they answer."""
    return person.weight**0.4 * (5 if 0 <= person.since - ago <= 2 else 1)
