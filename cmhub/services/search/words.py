"""Words as search knows them: folded, so that accents and capitals play no part, and stemmed.

The index, the question and the marks in an excerpt are all made here, in Python, so that they
agree on every server. A message is found by the form of each word and by its stem in the message's
language; where nobody knows the language, by its stems in French and in English.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol, cast
from unicodedata import normalize
from uuid import UUID

import snowballstemmer  # pyright: ignore[reportMissingTypeStubs]

LONGEST = 48  # characters of a word
LENGTH = 60_000  # characters of a message; a word's place goes no further than 16,383
LANGUAGES = {"fr": "french", "en": "english"}

_RAW = re.compile("[^\\W_](?:[^\\W_]|[\u0300-\u036f])*")
_MARKS = re.compile("[\u0300-\u036f]+")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
_STOPS = frozenset(
    """
    a ai as au aux avec c ce ces cela cette ca d dans de des du elle elles en es est et eu il ils j
    je l la le les leur leurs lui m ma mais me meme mes moi mon n ne nos notre nous on ont ou par
    pas pour qu que qui s sa se sera ses si son sont sur t ta te tes toi ton tu un une vos votre
    vous y
    an and are at be been but by for from had has have he her his i if in into is it its my not of
    or our she so that the their them then there they this to was we were which with you your
    """.split()  # noqa: SIM905
)


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802


@dataclass(frozen=True, slots=True)
class Word:
    """A word's folded form and its stems by language; one that says nothing has no stems."""

    form: str
    stems: Mapping[str | None, str]

    @property
    def lexemes(self) -> frozenset[str]:
        """All that stands for it in an index whose language nobody knows."""
        return frozenset({self.form, *self.stems.values()})


def fold(text: str) -> str:
    """The text without capitals, accents and ligatures: *Élève* and *eleve* are the same."""
    if text.isascii():
        return text.lower()
    plain = normalize("NFKD", normalize("NFKD", text).casefold())
    return _MARKS.sub("", plain).translate(_LETTERS)


def folded_line(*names: str) -> str:
    """Names as they are looked for, on one line, each once."""
    return " ".join(dict.fromkeys(part for name in names for part in fold(name).split()))


def words_of(text: str) -> Iterator[tuple[int, int, Word]]:
    """Each word with where it begins and ends."""
    for found in _RAW.finditer(text):
        word = read_word(found.group())
        if word.form:
            yield found.start(), found.end(), word


@lru_cache(maxsize=100_000)
def read_word(raw: str) -> Word:
    """What a word is found by."""
    form = "".join(letter for letter in fold(raw) if letter.isalnum())[:LONGEST]
    if not form or form in _STOPS:
        return Word(form, {})
    return Word(form, {code: _stem(code, form) for code in LANGUAGES})


def is_stop(word: Word) -> bool:
    """Whether a word is so common that it says nothing alone."""
    return not word.stems


def _stem(code: str, form: str) -> str:
    return _stemmer(code).stemWord(form)


@cache
def _stemmer(code: str) -> _Stemmer:
    return cast("_Stemmer", snowballstemmer.stemmer(LANGUAGES[code]))  # pyright: ignore[reportUnknownMemberType]


def tag_of(workspace_id: UUID) -> str:
    """What every lexeme of a workspace begins with.

    One index holds the words of all workspaces: without it a word that is rare in one and common
    in the others would be read through all of them. Two workspaces with the same tag cost each
    other time, and nothing else: the door looks at the row's own workspace.
    """
    return workspace_id.hex[-5:]


def channel_lexeme(channel_id: UUID) -> str:
    """What the messages of a channel have in common; no word has such a sign."""
    return f"#{channel_id.hex[-8:]}"


def vector(workspace_id: UUID, channel_id: UUID, language: str | None, text: str) -> str:
    """A message as PostgreSQL's ``tsvector`` is written: forms with their places, stems without.

    Words that say nothing are left out, as PostgreSQL does itself; they keep their place.
    """
    tag = tag_of(workspace_id)
    places: dict[str, str] = {}
    stems: set[str] = set()
    for place, raw in enumerate(_RAW.findall(text, 0, LENGTH), 1):
        word = read_word(raw)
        if not word.stems:
            continue
        form = word.form
        if form in places:
            places[form] += f",{place}"
            continue
        places[form] = str(place)
        if language in word.stems:
            stems.add(word.stems[language])
        else:
            stems.update(word.stems.values())
    parts = [f"{tag}{form}:{where}" for form, where in places.items()]
    parts += [tag + stem for stem in stems.difference(places)]
    parts.append(tag + channel_lexeme(channel_id))
    return " ".join(parts)
