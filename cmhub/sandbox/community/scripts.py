"""What people of a community talk about, read from the texts beside this module.

In a text, ``@`` is a choice that is made once a thread, ``[…]`` begins a channel, and every block
is a topic: ``?`` opens it, ``-`` is a member's answer, ``=`` the team's, ``+`` what the one who
asked says in the end. ``!`` is a remark that asks for nothing.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

_TEXTS = Path(__file__).parent / "texts"
_CHATTY = 0.35


@dataclass(slots=True)
class Topic:
    """What may be said about one thing, by who says it."""

    openers: list[str] = field(default_factory=list[str])
    answers: list[str] = field(default_factory=list[str])
    team: list[str] = field(default_factory=list[str])
    endings: list[str] = field(default_factory=list[str])
    remark: bool = False


@dataclass(slots=True)
class Script:
    """The topics of a community by channel, and the choices in their texts."""

    choices: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    channels: dict[str, list[Topic]] = field(default_factory=dict[str, list[Topic]])


@dataclass(frozen=True, slots=True)
class Line:
    """Something said in a thread: by ``asker``, ``member``, ``team``; the first one begins it."""

    by: str
    text: str


@cache
def phrases(language: str) -> dict[str, list[str]]:
    """Return the small talk of a language, and the names of its people, by kind."""
    found: dict[str, list[str]] = {}
    for block in _blocks(language):
        kind, *lines = block
        names = kind in {"[first]", "[last]"}
        found[kind.strip("[]")] = _names(" ".join(lines)) if names else lines
    return found


def _names(line: str) -> list[str]:
    return line.replace("Le Bihan", "Le\N{NO-BREAK SPACE}Bihan").split(" ")


def _blocks(name: str) -> list[list[str]]:
    text = (_TEXTS / f"{name}.txt").read_text(encoding="utf-8")
    return [block.splitlines() for block in text.split("\n\n") if block.strip()]


@cache
def script(key: str) -> Script:
    """Return what a community talks about."""
    found = Script()
    channel: list[Topic] = []
    for block in _blocks(key):
        topic = Topic()
        for line in block:
            mark, text = line[0], line[1:].strip()
            if mark == "@":
                name, _, values = text.partition(" = ")
                found.choices[name] = values.split(" | ")
            elif mark == "[":
                channel = found.channels.setdefault(text.strip("]"), [])
            elif mark == "!":
                channel.append(Topic(openers=[text], remark=True))
            else:
                _part(topic, mark).append(text)
        if topic.openers:
            channel.append(topic)
    return found


def _part(topic: Topic, mark: str) -> list[str]:
    parts = {"?": topic.openers, "-": topic.answers, "=": topic.team, "+": topic.endings}
    return parts[mark]


def tell(key: str, language: str, topic: Topic, random: Random, *, team: float = 0.4) -> list[Line]:
    """Return a thread about a topic; ``team`` is how likely the team answers where it could."""
    filled = {name: random.choice(values) for name, values in script(key).choices.items()}
    small = phrases(language)
    opener = _dressed(random.choice(topic.openers).format(**filled), small, random, topic.remark)
    lines = [Line("asker", opener)]
    if topic.remark:
        nods = random.choice([0, 0, 1, 1, 2])
        return lines + [Line("member", one) for one in random.sample(small["cheer"], nods)]
    said = random.choice([0, 1, 1, 2, 2, 3])
    chosen = random.sample(topic.answers, min(said, len(topic.answers)))
    lines += [Line("member", one.format(**filled)) for one in chosen]
    if random.random() < 0.15:
        lines.insert(1, Line("member", random.choice(small["nod"])))
    if topic.team and random.random() < team:
        place = random.randint(1, len(lines))
        lines.insert(place, Line("team", random.choice(topic.team).format(**filled)))
    if len(lines) > 1 and random.random() < 0.6:
        endings = topic.endings if random.random() < 0.55 and topic.endings else small["thanks"]
        lines.append(Line("asker", random.choice(endings).format(**filled)))
    return lines


def _dressed(text: str, small: dict[str, list[str]], random: Random, remark: bool) -> str:
    """Put a greeting before and a word of thanks behind, as some people do."""
    text = text[0].upper() + text[1:]
    if remark:
        return text
    if random.random() < _CHATTY:
        greeting = random.choice(small["greet"])
        text = f"{greeting} {_lowered(text) if greeting[-1] in ',:' else text}"
    if random.random() < _CHATTY:
        text = f"{text} {random.choice(small['close'])}"
    return text


def _lowered(text: str) -> str:
    """Go on after a comma; names and English *I* keep their capital."""
    first, _, rest = text.partition(" ")
    plain = first.replace("'", "").isalpha() and first[1:].islower() and first not in _CAPITAL
    return f"{first[0].lower()}{first[1:]} {rest}" if plain else text


_CAPITAL = {"Duvet", "Bérénice", "Antigone", "Saltmarsh", "Tidewrack"}
