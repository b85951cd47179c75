"""Threads out of a script: who says what, each with a hand of their own.

Openings and answers are drawn like cards, so that none comes again before all others were heard.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

from cmhub.sandbox.community.scripts import Topic, script, small_talk

_CHATTY = 0.3
_TROUBLES = {"crise", "release", "greve"}
_Card = TypeVar("_Card")


@dataclass(frozen=True, slots=True)
class Line:
    """Something said in a thread: by ``asker``, ``member``, ``team``; the first one begins it."""

    by: str
    text: str


class Deck(Generic[_Card]):
    """Cards that are drawn one after the other, and shuffled anew when all were drawn."""

    def __init__(self, cards: Sequence[_Card], random: Random) -> None:
        self._cards, self._random = list(cards), random
        self._left: list[_Card] = []

    def draw(self) -> _Card:
        """Return the next card."""
        if not self._left:
            self._left = self._random.sample(self._cards, len(self._cards))
        return self._left.pop()

    def draw_some(self, many: int) -> list[_Card]:
        """Return so many different cards, or all there are."""
        return [self.draw() for _ in range(min(many, len(self._left) or len(self._cards)))]


class Teller:
    """Tells one thread after the other of a channel."""

    def __init__(self, key: str, language: str, section: str, random: Random) -> None:
        self._random = random
        self._choices = script(key).choices
        self.small = small_talk(key, language)
        topics = script(key).channels[section].topics
        self.phases = {topic.phase for topic in topics}
        self._openings = {phase: self._deck(topics, phase) for phase in self.phases}
        self._decks: dict[int, Deck[str]] = {}
        self._small = {kind: Deck(lines, random) for kind, lines in self.small.items()}

    def _deck(self, topics: list[Topic], phase: str) -> Deck[Topic]:
        return Deck([one for one in topics if one.phase == phase], self._random)

    def tell(self, *, phase: str = "", team: float = 0.4) -> list[Line]:
        """Return a thread; ``team`` is how likely the team answers where it could."""
        random = self._random
        topic = self._openings[phase].draw()
        filled = {name: random.choice(values) for name, values in self._choices.items()}
        lines = [Line("asker", self._dressed(_filled(topic.opener, filled), topic))]
        if topic.remark:
            nods = random.choices([0, 1, 2, 3], [45, 30, 18, 7])[0]
            kind = "nod" if topic.phase in _TROUBLES else "cheer"
            return lines + [Line("member", self.say(kind)) for _ in range(nods)]
        lines += [Line("member", _filled(one, filled)) for one in self._answered(topic)]
        if random.random() < 0.14:
            lines.insert(1, Line("member", self.say("nod")))
        if topic.asides and len(lines) > 1 and random.random() < 0.4:
            lines.insert(2, Line("asker", _filled(self._drawn(topic.asides), filled)))
        answered = bool(topic.team) and random.random() < team
        if answered:
            place = random.randint(1, len(lines))
            lines.insert(place, Line("team", _filled(self._drawn(topic.team), filled)))
        return [*lines, *self._ending(topic, lines, filled, answered=answered)]

    def spam(self) -> str:
        """Return the next spam."""
        return _filled(self.say("spam"), {k: v[0] for k, v in self._choices.items()})

    def say(self, kind: str) -> str:
        """Return the next of a kind of small talk."""
        return self._small[kind].draw()

    def _answered(self, topic: Topic) -> list[str]:
        said = self._random.choices([0, 1, 2, 3, 4], [18, 31, 27, 16, 8])[0]
        return self._deck_of(topic.answers).draw_some(said) if topic.answers and said else []

    def _deck_of(self, lines: list[str]) -> Deck[str]:
        """Return the deck of a topic's lines of one kind, which are kept for good."""
        return self._decks.setdefault(id(lines), Deck(lines, self._random))

    def _drawn(self, lines: list[str]) -> str:
        return self._deck_of(lines).draw()

    def _ending(
        self, topic: Topic, lines: list[Line], filled: dict[str, str], *, answered: bool
    ) -> list[Line]:
        """Return the last word of the one who asked, when there is one."""
        heard = any(line.by != "asker" for line in lines)
        if not heard or self._random.random() > 0.55:
            return []
        tells = topic.endings and (answered or not topic.team) and self._random.random() < 0.6
        text = _filled(self._drawn(topic.endings), filled) if tells else self.say("thanks")
        return [] if topic.phase and not tells else [Line("asker", text)]

    def _dressed(self, text: str, topic: Topic) -> str:
        """Put a greeting before and a word of thanks behind, as some people do."""
        if topic.remark or topic.phase:
            return text
        if self._random.random() < _CHATTY:
            greeting = self.say("greet")
            greeting += "," if greeting[-1].isalnum() else ""
            text = f"{greeting} {_lowered(text) if greeting[-1] in ',:' else text}"
        if self._random.random() < _CHATTY * 0.8:
            text = f"{text}{'.' if text[-1].isalnum() else ''} {self.say('close')}"
        return text


def _filled(text: str, filled: dict[str, str]) -> str:
    made = text.format(**filled)
    # A text that begins with a choice begins a sentence.
    return made[0].upper() + made[1:] if text[0] == "{" else made


def _lowered(text: str) -> str:
    """Go on after a comma; names and English *I* keep their capital."""
    first, _, rest = text.partition(" ")
    plain = first.replace("'", "").isalpha() and first[1:].islower() and first not in _CAPITAL
    return f"{first[0].lower()}{first[1:]} {rest}" if plain else text


_CAPITAL = {"Duvet", "Bérénice", "Antigone", "Saltmarsh", "Tidewrack", "Nuit", "Himalayan", "Wiki"}
