"""The language of a message, told by its small words; nothing when they do not tell."""

import re

_FRENCH = """le la les des du un une et est sont je tu il elle nous vous ils elles que qui quoi ce
    cette ces dans pour pas ne sur avec au aux mais ou où comme plus être avoir ai avez suis mon ma
    mes votre vos notre nos bonjour merci salut oui non très bien quand comment pourquoi quel quelle
    fait faire c d j l n qu s"""
_ENGLISH = """the a an and is are am i you he she we they that which what this these those in for
    not on with to of but or as more be have has had was were my your our their hello thanks thank
    hi yes no very well when how why do does did can could would should it its there from anyone
    please"""
_KNOWN = {"fr": frozenset(_FRENCH.split()), "en": frozenset(_ENGLISH.split())}
_WORD = re.compile(r"[^\W\d_]+")
_LOOKED_AT = 400  # characters


def language_of(words: str) -> str | None:
    """The language that most of a text's small words belong to, if it is one that we speak."""
    found = _WORD.findall(words[:_LOOKED_AT].lower())
    scores = {name: sum(map(known.__contains__, found)) for name, known in _KNOWN.items()}
    first, second = sorted(scores, key=lambda name: -scores[name])
    return first if scores[first] > scores[second] else None
