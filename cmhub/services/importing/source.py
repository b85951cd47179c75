"""What is read, and what comes out of it: records with a number, some of them rejected.

A reader is a generator over a file. It holds one record at a time, and none longer than
``LONGEST``: what is longer is rejected by its number, without being held.
"""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from cmhub.integrations.networks.base import Event
from cmhub.services.ingest.scope import LONGEST_ID, fits

LONGEST = 16 * 1024 * 1024
"""Characters of a line or bytes of a record; a longer one is rejected."""
SHOWN = 200_000
"""Characters of a rejected record that are told."""
_PIECE = 1024 * 1024


class BadLine(ValueError):
    """A record cannot be used; the message says why."""


@dataclass(slots=True)
class Source:
    """A file to read and how; ``done`` is how many of its bytes were read.

    ``name`` is what its owner called it, ``channel`` puts everything into that one, ``zone`` is
    that of times which name none, ``workspace`` chooses among several in one export.
    """

    path: Path
    name: str
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    channel: str | None = None
    encoding: str | None = None
    keep_quotes: bool = False
    workspace: str = ""
    done: int = 0

    @property
    def stem(self) -> str:
        """What to call a channel that has no other name."""
        return self.channel or Path(self.name).stem.strip()[:100] or "import"


@dataclass(frozen=True, slots=True)
class Good:
    """A record that can be used: a message, and what happened to it."""

    number: int
    events: list[Event]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot be used: its number, why, and what it says."""

    number: int
    reason: str
    line: str

    @property
    def shown(self) -> str:
        """What is told of it."""
        return self.line if len(self.line) <= SHOWN else self.line[:SHOWN] + "…"


Read = Good | Rejected


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text by its number; ``whole`` says whether all of it is here."""

    number: int
    text: str
    whole: bool = True


class _Counting(io.RawIOBase):
    """A file that tells its source how far it was read."""

    def __init__(self, file: IO[bytes], source: Source | None) -> None:
        self._file, self._source = file, source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int] | bytearray") -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        if self._source is not None:
            self._source.done += len(data)
        return len(data)


def counted(file: IO[bytes], source: Source | None) -> io.BufferedReader:
    """The file, buffered, with its progress noted."""
    return io.BufferedReader(_Counting(file, source), 64 * 1024)


def lines_of(file: IO[bytes], encoding: str, source: Source | None = None) -> Iterator[Line]:
    """Every line of a file, none of them held when it is too long."""
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    text = io.TextIOWrapper(counted(file, source), encoding=encoding, errors=errors)
    number = 0
    while line := text.readline(LONGEST + 1):
        number += 1
        whole = len(line) <= LONGEST
        if not whole:
            line = line[:1000]
            _skip_line(text)
        yield Line(number, line, whole)


def _skip_line(text: io.TextIOWrapper) -> None:
    while rest := text.readline(_PIECE):
        if rest.endswith("\n"):
            return


def find_encoding(file: IO[bytes]) -> str:
    """The encoding of a text by its mark, else UTF-8 where that is right, else Windows-1252.

    The file is read through once, in pieces.
    """
    first = file.read(4)
    file.seek(0)
    if first.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(first) == 4 and first[0] and not first[1] and first[2] and not first[3]:
        return "utf-16-le"
    if len(first) == 4 and not first[0] and first[1] and not first[2] and first[3]:
        return "utf-16-be"
    return "utf-8" if _mostly_utf8(file) else "cp1252"


def _mostly_utf8(file: IO[bytes]) -> bool:
    """Whether more lines with accents are UTF-8 than not."""
    good = bad = 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    while piece := file.read(_PIECE):
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            decoder.reset()
            told = [_judge(line) for line in piece.splitlines()]
            good, bad = good + told.count(True), bad + told.count(False)
        else:
            good += not piece.isascii()
    file.seek(0)
    return good >= bad


def _judge(line: bytes) -> bool | None:
    if line.isascii():
        return None
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def short(value: str, name: str) -> str:
    """An id that the tables can hold.

    Raises:
        BadLine: it is longer.
    """
    if not fits(value):
        raise BadLine(f"{name} is longer than {LONGEST_ID} bytes")
    return value
