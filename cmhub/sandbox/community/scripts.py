"""What people of a community talk about, read from the texts beside this module.

A text is made of blocks, parted by empty lines:

- ``@ name = this | that`` is a choice that is made once a thread; ``{name}`` stands for it;
- ``% kind`` begins small talk of this community's own, in the place of its language's;
- ``[channel]`` begins a channel, ``# phase`` a block that is only heard in a phase of its story;
- ``?`` opens a topic, ``-`` is a member's answer, ``*`` what the one who asked adds, ``=`` the
  team's answer, ``+`` what the one who asked says in the end, ``!`` a remark that asks for nothing;
  digits behind a mark say which openers of the block it answers, ``-13`` the first and the third;
- ``& days HH:MM`` begins an exchange that happened once, so many days ago, word for word: each line
  is somebody (a letter, ``T`` the team), the minutes since the line before, and what they say.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time
from functools import cache
from pathlib import Path
from unicodedata import normalize

_TEXTS = Path(__file__).parent / "texts"
_MARKED = re.compile(r"([?!*=+-])(\d*) (.*)")
_SAID_ONCE = re.compile(r"([A-Z])(?:\+(\d+))?: (.*)")


@dataclass(slots=True)
class Topic:
    """How a thread may begin, and what may be said then; heard in its ``phase`` only."""

    phase: str
    opener: str
    answers: list[str] = field(default_factory=list[str])
    asides: list[str] = field(default_factory=list[str])
    team: list[str] = field(default_factory=list[str])
    endings: list[str] = field(default_factory=list[str])
    remark: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A line of an exchange: who says it, and how many minutes after the line before."""

    who: str
    minutes: int
    text: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said once, word for word, so many days ago."""

    days: int
    at: time
    lines: tuple[Words, ...]


@dataclass(slots=True)
class Talk:
    """What is talked about on one channel."""

    topics: list[Topic] = field(default_factory=list[Topic])
    exchanges: list[Exchange] = field(default_factory=list[Exchange])


@dataclass(slots=True)
class Script:
    """The talk of a community by channel, the choices in its texts, and its own small talk."""

    choices: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    small: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    channels: dict[str, Talk] = field(default_factory=dict[str, Talk])


@cache
def phrases(language: str) -> dict[str, list[str]]:
    """Return the small talk of a language, and the names of its people, by kind."""
    found: dict[str, list[str]] = {}
    for kind, *lines in _blocks(language):
        names = kind in {"[first]", "[last]"}
        found[kind.strip("[]")] = _names(" ".join(lines)) if names else lines
    return found


def small_talk(key: str, language: str) -> dict[str, list[str]]:
    """Return the small talk of a community: its own where it has some."""
    return phrases(language) | script(key).small


def _names(line: str) -> list[str]:
    return line.replace("Le Bihan", "Le\N{NO-BREAK SPACE}Bihan").split(" ")


def _blocks(name: str) -> Iterator[list[str]]:
    text = (_TEXTS / f"{name}.txt").read_text(encoding="utf-8")
    return (block.splitlines() for block in text.split("\n\n") if block.strip())


@cache
def script(key: str) -> Script:
    """Return what a community talks about."""
    found, talk = Script(), Talk()
    for block in _blocks(key):
        head = block[0]
        match head[0]:
            case "@":
                found.choices |= dict(map(_choice, block))
            case "%":
                found.small[head[1:].strip()] = block[1:]
            case "&":
                talk.exchanges.append(_exchange(block))
            case _:
                talk = _take(found, talk, block)
    return found


def is_of_phase(key: str, text: str) -> bool:
    """Tell whether a thread that begins with a text speaks of a phase, or was said once."""
    return _beginning(text) in _of_phases(key)


@cache
def _of_phases(key: str) -> frozenset[str]:
    talks = script(key).channels.values()
    openers = [topic.opener for talk in talks for topic in talk.topics if topic.phase]
    once = [exchange.lines[0].text for talk in talks for exchange in talk.exchanges]
    return frozenset(map(_beginning, (*openers, *once)))


def _beginning(text: str) -> str:
    """Return the first letters of a text, however somebody wrote them."""
    letters = (one for one in normalize("NFKD", text.casefold()) if one.isalnum())
    return "".join(letters)[:12]


def _choice(line: str) -> tuple[str, list[str]]:
    name, _, values = line[1:].strip().partition(" = ")
    return name, values.split(" | ")


def _exchange(block: list[str]) -> Exchange:
    days, _, at = block[0][1:].strip().partition(" ")
    found = [_SAID_ONCE.fullmatch(line) for line in block[1:]]
    lines = tuple(Words(one[1], int(one[2] or 0), one[3]) for one in found if one is not None)
    assert len(lines) == len(block) - 1, block
    return Exchange(int(days), time.fromisoformat(at), lines)


def _take(found: Script, talk: Talk, block: list[str]) -> Talk:
    """Take in topics and remarks, and return the talk of the channel that they belong to."""
    phase, openers, rest = "", list[str](), list[tuple[str, str, str]]()
    for line in block:
        if line[0] == "[":
            talk = found.channels.setdefault(line.strip("[]"), Talk())
        elif line[0] == "#":
            phase = line[1:].strip()
        else:
            marked = _MARKED.fullmatch(line)
            assert marked is not None, line
            mark, which, text = marked.groups()
            if mark == "!":
                talk.topics.append(Topic(phase, text, remark=True))
            elif mark == "?":
                openers.append(text)
            else:
                rest.append((mark, which, text))
    talk.topics += [_topic(phase, *one, rest) for one in enumerate(openers, 1)]
    return talk


def _topic(phase: str, number: int, opener: str, rest: list[tuple[str, str, str]]) -> Topic:
    topic = Topic(phase, opener)
    parts = {"-": topic.answers, "*": topic.asides, "=": topic.team, "+": topic.endings}
    for mark, which, text in rest:
        if not which or str(number) in which:
            parts[mark].append(text)
    return topic
