"""Help and legal pages: Markdown of our own, a file for each language, made into HTML once.

A file begins with its title (`# …`) and a line of what it is about.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

_FOLDER = Path(__file__).parent
_HEADING = re.compile(r"<h2>(.*?)</h2>")
_TAG = re.compile(r"<[^>]+>")

LEGAL = ("terms", "privacy", "legal", "accessibility")
HELP = (
    "start",
    "matrix",
    "inbox",
    "measures",
    "import",
    "security",
    "figures",
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of an article and its anchor."""

    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Article:
    """A page of text, ready to be shown."""

    name: str
    language: str
    title: str
    summary: str
    body: str
    sections: tuple[Section, ...]

    def filled(self, values: Mapping[str, str]) -> "Article":
        """The article with ``{name}`` places filled."""
        body = self.body
        for name, value in values.items():
            body = body.replace(f"{{{name}}}", escape(value))
        return replace(self, body=body)


@cache
def article(language: str, name: str) -> Article:
    """Return one article; the files are ours, so what is wrong with one is an error of ours."""
    folder = _FOLDER / language / ("help" if name in HELP else ".")
    words = (folder / f"{name}.md").read_text(encoding="utf-8")
    title, summary, rest = words.split("\n\n", 2)
    body = MarkdownIt("commonmark", {"typographer": False}).enable("table").render(rest)
    body = body.replace("<table>", '<div class="table" tabindex="0"><table>')
    body = body.replace("</table>", "</table></div>").replace("<th>", '<th scope="col">')
    sections = tuple(
        Section(_anchor(_TAG.sub("", one)), _TAG.sub("", one)) for one in _HEADING.findall(body)
    )
    anchors = iter(sections)
    body = _HEADING.sub(lambda one: f'<h2 id="{next(anchors).anchor}">{one[1]}</h2>', body)
    return Article(name, language, title.removeprefix("# "), summary, body, sections)


def neighbours(language: str, name: str) -> tuple[Article | None, Article | None]:
    """Return the help articles before and after this one."""
    here = HELP.index(name)
    before = article(language, HELP[here - 1]) if here else None
    after = article(language, HELP[here + 1]) if here + 1 < len(HELP) else None
    return before, after


def search(language: str, words: str) -> list[Article]:
    """Return the help articles that hold every word, accents ignored, titles first."""
    wanted = _plain(words).split()
    found = [
        (sum(word in _plain(one.title) for word in wanted), one)
        for one in (article(language, name) for name in HELP)
        if all(word in _whole(one) for word in wanted)
    ]
    return [one for _, one in sorted(found, key=lambda pair: -pair[0])]


@cache
def _whole(one: Article) -> str:
    return _plain(f"{one.title} {one.summary} {_TAG.sub(' ', one.body)}")


def _plain(words: str) -> str:
    parts = unicodedata.normalize("NFKD", words.casefold().replace("’", "'"))
    return "".join(mark for mark in parts if not unicodedata.combining(mark))


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", _plain(title)).strip("-")
