"""The places of the demo's communities, and the people in them."""

from dataclasses import dataclass
from functools import cache
from random import Random
from unicodedata import combining, normalize

from cmhub.sandbox.community.hands import HANDS, Hand
from cmhub.sandbox.community.scripts import phrases, small_talk
from cmhub.sandbox.community.stories import Story, at
from cmhub.sandbox.homeserver import NAME

HISTORY_DAYS = 180
LIVE_DAYS = 35
"""For how long the networks keep what was said; before, it is only in CMHub."""
MOVED_DAYS = 120
"""How long ago the communities moved that were elsewhere before, and came with an export."""

_KNOWN = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A channel: the name in the texts, on the screen, what of its predecessor, if any."""

    key: str
    name: str
    topic: str
    rate: float
    network: str = "matrix"
    former: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Community:
    """A client's community; ``team`` is what the client's own account is called.

    ``labels`` says for each network under which name it is found there.
    """

    key: str
    agency: str
    name: str
    client: str
    language: str
    zone: str
    team: str
    colour: str
    labels: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    story: Story

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks it is on."""
        return tuple(network for network, _ in self.labels)

    def account(self, network: str) -> str:
        """The Matrix id of the team on a network."""
        return f"@{self.local(network)}:{NAME}"

    def local(self, network: str) -> str:
        """The name to sign in with on a network."""
        first = network == self.networks[0]
        return self.key if first else f"{self.key}-{network.rpartition('_')[2]}"

    @property
    def accounts(self) -> frozenset[str]:
        """The Matrix ids of the team."""
        return frozenset(map(self.account, self.networks))

    def room(self, section: Section) -> str:
        """The Matrix id of a channel's room."""
        return f"!{self.key}-{section.key}:{NAME}"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a community, from one day to another, counted back from when it was made."""

    local: str
    name: str
    weight: float
    since: int
    until: int
    hand: Hand

    @property
    def user(self) -> str:
        """Their Matrix id."""
        return f"@{self.local}:{NAME}"

    def is_there(self, ago: int) -> bool:
        """Tell whether they are there so many days ago; who has not left stays."""
        return self.since >= ago and (self.until == 0 or ago >= self.until)


@cache
def people(community: Community) -> tuple[Person, ...]:
    """Return the people of a community: a few who always answer, many who seldom come."""
    random = Random(f"people of {community.key}")  # noqa: S311
    names = _names(community, random)
    return tuple(
        _person(community.story, random, number, *name) for number, name in enumerate(names)
    )


def _person(story: Story, random: Random, number: int, local: str, shown: str) -> Person:
    days = range(1, HISTORY_DAYS)
    came = random.choices(days, [at(story.newcomers, ago) for ago in days])[0]
    since = HISTORY_DAYS + 10 if number < story.people * _KNOWN else came
    hand = random.choices(HANDS, [hand.share for hand in HANDS])[0]
    until = _until(story, random, number, since)
    return Person(local, shown, 1 / (number + 2) ** 0.8, since, until, hand)


def _until(story: Story, random: Random, number: int, since: int) -> int:
    """Return when somebody was last there: helpers stay, of newcomers not quite every second."""
    if number < len(story.helpers_gone):
        return story.helpers_gone[number]
    if number < 8:
        return 0
    if since <= HISTORY_DAYS:
        return 0 if random.random() < 0.55 else max(0, since - random.randint(0, 8))
    return 0 if random.random() < 0.7 else random.randint(0, since - 20)


def _names(community: Community, random: Random) -> list[tuple[str, str]]:
    """Return so many names as there are people, each as account and as shown."""
    small = phrases(community.language)
    nicks = list(small_talk(community.key, community.language).get("nicks", []))
    random.shuffle(nicks)
    found: dict[str, str] = {}
    while len(found) < community.story.people:
        first, last = random.choice(small["first"]), random.choice(small["last"])
        if nicks:
            shown = nicks.pop()
        elif community.networks[0] == "simulated_discord":
            shown = f"{plain(first)}{random.choice(['', '_', '.'])}{random.randint(3, 99)}"
        elif community.networks[0] == "simulated_instagram":
            shown = _handle(random, plain(first), plain(last), community.language)
        else:
            shown = random.choice([f"{first} {last}"] * 3 + [f"{first} {last[0]}.", first])
        local = plain(shown) if shown.isascii() and " " not in shown else ""
        found.setdefault(local or f"{plain(first)}.{plain(last)}", shown)
    return list(found.items())


def _handle(random: Random, first: str, last: str, language: str) -> str:
    """Return a name as people choose it where names are addresses."""
    more = ("au.jardin", "et.compagnie", "entre.les.lignes") if language == "fr" else ("outdoors",)
    number = random.randint(2, 94)
    kinds = (f"{first}.{last}", f"{first}_{last[:4]}", f"{first}{number}", f"{last}.{first[0]}")
    return random.choice([*kinds, *kinds, f"{first}.{random.choice(more)}", f"__{first}__"])


def plain(name: str) -> str:
    """Return the letters and digits of a name, without accents, in lower case."""
    letters = "".join(mark for mark in normalize("NFKD", name) if not combining(mark))
    return "".join(mark for mark in letters.lower() if mark.isalnum())


def spammer(community: Community, network: str, day: int, number: int) -> Person:
    """Return an account that exists for its spam only."""
    random = Random(f"spam {community.key} {network} {day} {number}")  # noqa: S311
    words = random.choice(["promo", "cadeau", "coach", "bonus", "vip", "gift", "deal", "lucky"])
    local = (
        f"{words}_{random.choice(['sacha', 'mel', 'kim', 'alex', 'jo'])}{random.randint(11, 999)}"
    )
    return Person(local, local, 0.0, day, day, HANDS[0])
