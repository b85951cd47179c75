"""The communities of the demo, and the people in them."""

from dataclasses import dataclass
from functools import cache
from random import Random
from unicodedata import combining, normalize

from cmhub.sandbox.community.scripts import phrases
from cmhub.sandbox.homeserver import NAME

HISTORY_DAYS = 180
LIVE_DAYS = 42
"""How long ago the community moved to where it is read live; before, it was elsewhere."""


@dataclass(frozen=True, slots=True)
class Section:
    """A channel: the name in the texts, on the screen, and of its predecessor."""

    key: str
    name: str
    topic: str
    former: str
    rate: float


@dataclass(frozen=True, slots=True)
class Community:
    """A client's community; ``team`` is what the client's own account is called."""

    key: str
    agency: str
    name: str
    client: str
    language: str
    zone: str
    team: str
    sections: tuple[Section, ...]

    @property
    def account(self) -> str:
        """The Matrix id of the team."""
        return f"@{self.key}:{NAME}"

    def room(self, section: Section) -> str:
        """The Matrix id of a channel's room."""
        return f"!{self.key}-{section.key}:{NAME}"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a community, from one day to another, counted back from today."""

    local: str
    name: str
    weight: float
    since: int
    until: int

    @property
    def user(self) -> str:
        """Their Matrix id."""
        return f"@{self.local}:{NAME}"


COMMUNITIES = (
    Community(
        "sentiers",
        "lumen",
        "Sentiers & Cie",
        "Sentiers & Cie",
        "fr",
        "Europe/Paris",
        "Sentiers – l’équipe",
        (
            Section(
                "entraide",
                "Entraide matériel",
                "Réparer, choisir, entretenir",
                "forum-materiel",
                1.7,
            ),
            Section("sorties", "Sorties", "Qui part où, et avec qui", "forum-sorties", 1.2),
        ),
    ),
    Community(
        "aubrelle",
        "lumen",
        "Théâtre de l’Aubrelle",
        "Théâtre de l’Aubrelle",
        "fr",
        "Europe/Paris",
        "Théâtre de l’Aubrelle",
        (
            Section(
                "billetterie", "Billetterie", "Places, échanges, accès", "questions-billets", 1.2
            ),
            Section("foyer", "Le foyer", "Avant et après le spectacle", "livre-d-or", 1.0),
        ),
    ),
    Community(
        "reparer",
        "lumen",
        "Réseau Réparer",
        "Réseau Réparer Ouest",
        "fr",
        "Europe/Paris",
        "Coordination du réseau",
        (
            Section(
                "reparations",
                "Réparations",
                "Montrer, ouvrir, comprendre",
                "liste-reparations",
                1.3,
            ),
            Section(
                "benevoles",
                "Bénévoles",
                "Planning, matériel, vie du réseau",
                "liste-benevoles",
                0.9,
            ),
        ),
    ),
    Community(
        "gannet",
        "harbor",
        "Gannet Games",
        "Gannet Games Ltd",
        "en",
        "Europe/London",
        "Gannet Games",
        (
            Section("rules", "Rules & play", "Questions about our games", "forum-rules", 1.6),
            Section(
                "news", "News & meet-ups", "Reprints, orders, game nights", "forum-general", 1.2
            ),
        ),
    ),
    Community(
        "furrow",
        "harbor",
        "Pip & Furrow",
        "Pip & Furrow Seeds",
        "en",
        "Europe/London",
        "Pip & Furrow",
        (
            Section(
                "sowing",
                "Sowing & growing",
                "What, when, and what is eating it",
                "growers-list",
                1.5,
            ),
            Section(
                "swap", "Swaps & orders", "Seeds to share, parcels to chase", "swap-board", 1.0
            ),
        ),
    ),
)


@cache
def people(community: Community) -> tuple[Person, ...]:
    """Return the people of a community: a few who always answer, many who seldom come."""
    random = Random(f"people of {community.key}")  # noqa: S311
    small = phrases(community.language)
    first = random.sample(small["first"], min(64, len(small["first"])))
    last = random.sample(small["last"] * 2, len(first))
    return tuple(
        _person(random, number, *names)
        for number, names in enumerate(zip(first, last, strict=True))
    )


def _person(random: Random, number: int, first: str, last: str) -> Person:
    shown = random.choice(
        [f"{first} {last}", f"{first} {last}", f"{first} {last[0]}.", first, f"{first} {last}"]
    )
    local = f"{_plain(first)}.{_plain(last)}"
    stays = number < 8 or random.random() < 0.7
    since = HISTORY_DAYS + 10 if number < 25 else random.randint(2, HISTORY_DAYS)
    until = 0 if stays else random.randint(0, max(0, since - 20))
    return Person(local, shown, 1 / (number + 2) ** 0.8, since, until)


def _plain(name: str) -> str:
    letters = "".join(mark for mark in normalize("NFKD", name) if not combining(mark))
    return "".join(mark for mark in letters.lower() if mark.isalnum())
