"""What was said in a community, the same for the same days however often it is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from cmhub.sandbox.community.places import Community, Person, Section, people
from cmhub.sandbox.community.scripts import Line, phrases, script, tell

WEEKDAYS = (1.0, 0.95, 1.1, 1.0, 0.85, 0.75, 1.25)
HOURS = (1, 0, 0, 0, 0, 1, 3, 6, 8, 9, 8, 7, 9, 8, 6, 6, 7, 8, 9, 12, 14, 13, 8, 3)
"""How much is written in each hour of the day, against the other hours."""

_REACTIONS = ("👍", "👍", "👍", "❤️", "❤️", "🎉", "😂", "🙏")
_STRIDE = 8


@dataclass(frozen=True, slots=True)
class Post:
    """Something somebody wrote; ``number`` counts in its thread, ``author`` None is the team."""

    thread: str
    number: int
    author: Person | None
    text: str
    at: datetime
    reactions: tuple[tuple[Person, str], ...] = ()
    spam: bool = False

    @property
    def id(self) -> str:
        """An id that is the same the next time."""
        return f"{self.thread}-{self.number}"

    @property
    def root(self) -> str:
        """The id of the first message of the thread."""
        return f"{self.thread}-0"


def past(community: Community, section: Section, start: datetime, end: datetime) -> list[Post]:
    """Return what was written between two moments, in the order of time."""
    zone = ZoneInfo(community.zone)
    today = datetime.now(UTC).astimezone(zone).date()
    # A thread lasts for days: what began shortly before reaches in.
    day = start.astimezone(zone).date() - timedelta(days=4)
    found: list[Post] = []
    while day <= end.astimezone(zone).date():
        found += _day(community, section, day, (today - day).days)
        day += timedelta(days=1)
    begun = {post.thread for post in found if post.number == 0 and post.at >= start}
    kept = [post for post in found if post.thread in begun and start <= post.at < end]
    return sorted(kept, key=lambda post: (post.at, post.id))


def _day(community: Community, section: Section, day: date, ago: int) -> Iterator[Post]:
    random = Random(f"{community.key} {section.key} {day}")  # noqa: S311
    topics = list(script(community.key).channels[section.key])
    Random(section.key).shuffle(topics)  # noqa: S311
    here = [one for one in people(community) if one.since >= ago >= one.until]
    wave = 1 + 0.25 * ((day.toordinal() // 9) % 3 - 1)
    expected = 1.5 * section.rate * WEEKDAYS[day.weekday()] * wave
    for number in range(_count(random, expected)):
        topic = topics[(day.toordinal() * _STRIDE + number) % len(topics)]
        team = 0.25 if ago < 2 else 0.55
        lines = tell(community.key, community.language, topic, random, team=team)
        thread = f"{community.key}-{section.key}-{day:%y%m%d}-{number}"
        began = _moment(random, day, ZoneInfo(community.zone))
        yield from _thread(random, here, thread, lines, began)
    if random.random() < 0.06:
        text = random.choice(phrases(community.language)["spam"])
        began = _moment(random, day, ZoneInfo(community.zone))
        thread = f"{community.key}-{section.key}-{day:%y%m%d}-s"
        yield Post(thread, 0, here[-1], text, began, spam=True)


def _count(random: Random, expected: float) -> int:
    """Return a whole number around what is expected."""
    low = int(expected * random.uniform(0.4, 1.6))
    return min(_STRIDE - 1, low + (random.random() < 0.5))


def _moment(random: Random, day: date, zone: ZoneInfo) -> datetime:
    hour = random.choices(range(24), HOURS)[0]
    local = datetime.combine(day, time(hour, random.randrange(60), random.randrange(60)), zone)
    return local.astimezone(UTC)


def _thread(
    random: Random, here: list[Person], thread: str, lines: list[Line], began: datetime
) -> Iterator[Post]:
    asker = choose(random, here, flat=True)
    others = [one for one in here if one is not asker] or here
    at = began
    before: Person | None = None
    for number, line in enumerate(lines):
        author = _author(random, line, asker, others, before)
        before = author
        yield Post(thread, number, author, line.text, at, _reactions(random, others, number))
        at += timedelta(minutes=min(random.lognormvariate(3.6, 1.2), 1200), seconds=number)


def _author(
    random: Random, line: Line, asker: Person, others: list[Person], before: Person | None
) -> Person | None:
    if line.by == "team":
        return None
    if line.by == "asker":
        return asker
    fresh = [one for one in others if one is not before] or others
    return choose(random, fresh)


def choose(random: Random, among: list[Person], *, flat: bool = False) -> Person:
    """Return somebody: those who write much more often, and who asks is less often one of them."""
    weights = [one.weight**0.4 if flat else one.weight for one in among]
    return random.choices(among, weights)[0]


def _reactions(random: Random, others: list[Person], number: int) -> tuple[tuple[Person, str], ...]:
    many = random.choices([0, 1, 2, 4], [72, 17, 8, 3 if number == 0 else 0])[0]
    return tuple((one, random.choice(_REACTIONS)) for one in random.sample(others, many))
