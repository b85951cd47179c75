"""What somebody typed into the search field, read word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cmhub.services.search.words import Word, is_stop, words_of

LONGEST = 200  # characters of a question
TERMS = 12
PREFIX = 3  # letters from which on the last word may be a beginning

_PARTS = re.compile(r"(-?)[\"“”«]\s*([^\"“”»]*)[\"“”»]?|(-?)([^\s\"“”«»]+)")


@dataclass(frozen=True, slots=True)
class Term:
    """One demand: a word or, ``exact``, words in their order.

    ``prefix``: its last word may go on. ``without``: messages that have it are left out.
    """

    words: tuple[Word, ...]
    exact: bool = False
    prefix: bool = False
    without: bool = False

    def written(self, tag: str) -> str:
        """The demand as PostgreSQL's ``tsquery`` is written."""
        if self.exact:
            asked = self._in_order(tag)
        else:
            telling = [word for word in self.words if self.prefix or not is_stop(word)]
            asked = " & ".join(self._any(tag, word) for word in telling)
        return f"!({asked})" if self.without else f"({asked})"

    def _in_order(self, tag: str) -> str:
        """One after the other; words that say nothing are not in the index and leave a gap."""
        asked, gap = "", 0
        for word in self.words:
            gap += 1
            if not is_stop(word):
                asked += (f" <{gap}> " if asked else "") + _lexeme(tag, word.form)
                gap = 0
        return asked

    def _any(self, tag: str, word: Word) -> str:
        found = [_lexeme(tag, one) for one in sorted(word.lexemes - {word.form})]
        last = word == self.words[-1]
        first = _lexeme(tag, word.form) + (":*" if self.prefix and last else "")
        return "(" + " | ".join([first, *found]) + ")"

    def meets(self, word: Word) -> bool:
        """Whether a word of a message is one that was asked for."""
        for asked in self.words:
            if self.exact:
                if word.form == asked.form:
                    return True
            elif not word.lexemes.isdisjoint(asked.lexemes) or (
                self.prefix and asked == self.words[-1] and word.form.startswith(asked.form)
            ):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Question:
    """All demands; ``empty`` when there is no word to look for."""

    terms: tuple[Term, ...]

    @property
    def wanted(self) -> tuple[Term, ...]:
        """What must be there."""
        return tuple(term for term in self.terms if not term.without)

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for: no word, or only words that must not be there."""
        return not self.wanted

    def written(self, tag: str, *lexemes: str) -> str:
        """The question as a ``tsquery``, with lexemes that must be there too."""
        return " & ".join(
            [*(term.written(tag) for term in self.terms), *(_lexeme(tag, one) for one in lexemes)]
        )

    def meets(self, word: Word) -> bool:
        """Whether a word of a message is one that was asked for."""
        return any(term.meets(word) for term in self.wanted)


def _lexeme(tag: str, form: str) -> str:
    return f"'{tag}{form}'"


def read_question(text: str) -> Question:
    """Read what was typed: ``"words in order"``, ``-without``, and a last word that may go on.

    Words that say nothing are left out.
    """
    text = text[:LONGEST]
    terms: list[Term] = []
    for found in _PARTS.finditer(text):
        if found.group(4) is None:
            words = tuple(word for _, _, word in words_of(found.group(2)))
            terms += [Term(words, exact=True, without=bool(found.group(1)))] if words else []
        else:
            going_on = found.end() == len(text)
            terms += _loose(found.group(4), going_on=going_on, without=bool(found.group(3)))
    return Question(tuple(_telling(terms)[:TERMS]))


def _loose(part: str, *, going_on: bool, without: bool) -> list[Term]:
    words = [word for _, _, word in words_of(part)]
    if without:
        return [Term(tuple(words), without=True)] if words else []
    last = len(words) - 1
    return [
        Term((word,), prefix=going_on and place == last and len(word.form) >= PREFIX)
        for place, word in enumerate(words)
    ]


def _telling(terms: Sequence[Term]) -> list[Term]:
    """Without words that say nothing, unless it is the only one and may go on: ``pour…quoi``."""
    said = [term for term in terms if not all(is_stop(word) for word in term.words)]
    return said or [term for term in terms if term.prefix]
