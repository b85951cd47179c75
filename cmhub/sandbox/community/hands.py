"""How people write: most with care, some in haste, some as on a telephone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Hand:
    """A way of writing, and how many have it."""

    name: str
    share: float


CAREFUL, HASTY, THUMBED, WARM, CLUMSY = (
    Hand("careful", 0.46),
    Hand("hasty", 0.18),
    Hand("thumbed", 0.12),
    Hand("warm", 0.12),
    Hand("clumsy", 0.12),
)
HANDS = (CAREFUL, HASTY, THUMBED, WARM, CLUMSY)

_SHORT: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "beaucoup": "bcp",
        "quelqu'un": "qqn",
        "Quelqu'un": "Qqn",
        "toujours": "tjrs",
        "pourquoi": "pk",
        "c'est": "c",
        "C'est": "C",
        "parce que": "pcq",
        "problème": "pb",
        "aujourd'hui": "ajd",
        "rendez-vous": "rdv",
        "vraiment": "vrmt",
        "pendant": "pdt",
        "même": "mm",
        "je ne sais pas": "jsp",
    },
    "en": {
        "you": "u",
        "your": "ur",
        "because": "cos",
        "please": "pls",
        "Thanks": "Thx",
        "though": "tho",
        "tonight": "2nite",
        "really": "rly",
        "to be honest": "tbh",
        "I don't know": "idk",
        "definitely": "defo",
    },
}
_NO_ACCENTS = str.maketrans("éèêàùçôîâûëï", "eeeaucoiauei")
_SMILES = ("🙂", "😊", "🙏", "❤️", "☺️", "💪", "👌", "😅")


def written(text: str, hand: Hand, language: str, random: Random) -> str:
    """Return a text as somebody with this hand would have written it."""
    match hand.name:
        case "hasty":
            return _hasty(text)
        case "thumbed":
            return _thumbed(text, language, random)
        case "warm" if random.random() < 0.4 and (text[-1] in ".!" or text[-1].isalpha()):
            return f"{text} {random.choice(_SMILES)}"
        case "clumsy" if random.random() < 0.4:
            return slipped(text, random)
        case _:
            return text


def _hasty(text: str) -> str:
    """No capital, no full stop."""
    first = text.split(" ", 1)[0]
    keeps = first.isupper() or not first[:1].isalpha() or first in {"I", "I'm", "I've", "I'll"}
    text = text if keeps else text[0].lower() + text[1:]
    return text[:-1] if text.endswith(".") and not text.endswith("..") else text


def _thumbed(text: str, language: str, random: Random) -> str:
    """Short forms, and accents only where the telephone puts them by itself."""
    for long, short in _SHORT[language].items():
        if long in text and random.random() < 0.6:
            text = re.sub(rf"(?<![\w'’-]){re.escape(long)}(?![\w-])", short, text)
    if language == "fr" and random.random() < 0.35:
        text = text.translate(_NO_ACCENTS)
    return _hasty(text)


def slipped(text: str, random: Random) -> str:
    """Return the text with two letters of a longer word the wrong way round, or one lost."""
    words = list(re.finditer(r"[a-zà-ü]{5,}", text))
    if not words:
        return text
    word = random.choice(words)
    at = random.randrange(word.start() + 1, word.end() - 2)
    if random.random() < 0.5:
        return f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}"
    return text[:at] + text[at + 1 :]
