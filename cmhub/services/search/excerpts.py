"""The part of a message that answers a question, with the words that do marked."""

from dataclasses import dataclass

from cmhub.services.search.query import Question
from cmhub.services.search.words import words_of

LENGTH = 240  # characters
_BEFORE = 70


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; plain text that screens escape as any other."""

    text: str
    marked: bool


def excerpt(body: str, question: Question) -> tuple[Piece, ...]:
    """About 240 characters around the first word that was asked for, on one line."""
    line = " ".join(body.split())
    spans = [(start, end) for start, end, word in words_of(line) if question.meets(word)]
    begin, finish = _window(line, spans[0][0] if spans else 0)
    pieces: list[Piece] = [Piece("…", False)] if begin else []
    at = begin
    for start, end in spans:
        if start < at or end > finish:
            continue
        pieces += [Piece(line[at:start], False)] if start > at else []
        pieces.append(Piece(line[start:end], True))
        at = end
    rest = line[at:finish] + ("…" if finish < len(line) else "")
    return (*pieces, *([Piece(rest, False)] if rest else []))


def _window(line: str, first: int) -> tuple[int, int]:
    """Where to begin and end, between words."""
    begin = first - _BEFORE
    if begin <= 0 or len(line) <= LENGTH:
        begin = 0
    else:
        space = line.find(" ", begin, first)
        begin = space + 1 if space >= 0 else first
    finish = begin + LENGTH
    if finish >= len(line):
        return begin, len(line)
    space = line.rfind(" ", first, finish)
    return begin, space if space > first else finish
