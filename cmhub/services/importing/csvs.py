"""Messages as a table: CSV, semicolons or tabs, with a first line that names the columns.

What begins with ``=`` is text like any other: nothing here computes.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, islice
from typing import IO

from cmhub.errors import Invalid
from cmhub.integrations.networks.base import IncomingMessage, Person
from cmhub.services.importing.dates import is_month_first, moment_of
from cmhub.services.importing.source import (
    LONGEST,
    BadLine,
    Good,
    Read,
    Rejected,
    Source,
    find_encoding,
    lines_of,
    short,
)
from cmhub.services.importing.words import folded
from cmhub.services.ingest.values import clean

LONGEST_FIELD = 1_000_000
_DELIMITERS = ",;\t"
_SAMPLES = 500
COLUMNS = {
    "id": "id|message id|id message|identifiant|external id|no|numero",
    "posted_at": "posted at|date|created at|created|timestamp|datetime|date time|sent at"
    "|published at"
    "|date et heure|date heure|horodatage|publie le|poste le|envoye le|cree le|date de publication",
    "clock": "time|heure",
    "author": "author|auteur|autrice|name|nom|user|username|utilisateur|pseudo|from|de|membre"
    "|member"
    "|author name|nom de l auteur|expediteur|sender",
    "author_id": "author id|id auteur|user id|userid|id utilisateur|member id|id membre|from id"
    "|sender id|id de l auteur",
    "channel": "channel|canal|salon|room|forum|category|categorie|channel name|groupe|group",
    "text": "text|texte|message|content|contenu|body|corps|post|publication|comment|commentaire",
    "thread": "thread|fil|thread id|id fil|topic|sujet|discussion|conversation|thread ts",
    "reply_to": "reply to|reponse a|en reponse a|in reply to|parent|parent id|reply to id"
    "|id parent",
}
_NAMES = {name: column for column, names in COLUMNS.items() for name in names.split("|")}

csv.field_size_limit(LONGEST_FIELD)


@dataclass(slots=True)
class _Table:
    """How this table is written."""

    source: Source
    columns: dict[str, int]
    month_first: bool = False
    seen: dict[str, int] = field(default_factory=dict[str, int])

    def cell(self, row: list[str], column: str) -> str:
        place = self.columns.get(column)
        return clean(row[place]).strip() if place is not None and place < len(row) else ""


class _Lines:
    """Lines for the parser; those that are too long are left out and told."""

    def __init__(self, file: IO[bytes], source: Source) -> None:
        self._lines = lines_of(file, source.encoding or find_encoding(file), source)
        self.number = 0
        self.too_long: list[Rejected] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number = line.number
        if line.whole:
            return line.text.replace("\x00", "")
        reason = f"longer than {LONGEST} characters"
        self.too_long.append(Rejected(line.number, reason, line.text))
        return "\n"


def read(source: Source) -> Iterator[Read]:
    """Every row of a table.

    Raises:
        Invalid: its first line does not name the columns of date, author and text.
    """
    with source.path.open("rb") as file:
        lines = _Lines(file, source)
        first = next((line for line in lines if line.strip()), "")
        delimiter, columns = columns_of(first)
        rows = _rows(lines, delimiter)
        begin = list(islice(rows, _SAMPLES))
        table = _Table(source, columns)
        table.month_first = is_month_first(
            [table.cell(row, "posted_at") for _, row in begin if isinstance(row, list)]
        )
        for number, row in chain(begin, rows):
            yield _read(table, number, row)
            yield from lines.too_long
            lines.too_long.clear()
        yield from lines.too_long


def columns_of(first: str) -> tuple[str, dict[str, int]]:
    """How a table is divided and where its columns are.

    Raises:
        Invalid: date, author and text are not all there.
    """
    best: dict[str, int] = {}
    by = ","
    for delimiter in _DELIMITERS:
        found = _columns(first, delimiter)
        if len(found) > len(best):
            best, by = found, delimiter
    if not {"posted_at", "text"} <= best.keys() or not {"author", "author_id"} & best.keys():
        raise Invalid("csv_columns")
    return by, best


def _columns(first: str, delimiter: str) -> dict[str, int]:
    try:
        names = next(csv.reader([first], delimiter=delimiter), list[str]())
    except csv.Error:
        return {}
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        plain = " ".join(folded(name).replace("’", " ").replace("'", " ").translate(_APART).split())
        column = _NAMES.get(plain)
        if column is not None:
            found.setdefault(column, place)
    if "clock" in found and "posted_at" not in found:
        found["posted_at"] = found.pop("clock")
    return found


_APART = str.maketrans("_-.", "   ")


def _rows(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Rows by the number of the line where each begins; a reason instead of a broken one."""
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        number = lines.number + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, str(error)
            continue
        if any(cell.strip() for cell in row):
            yield number, row


def _read(table: _Table, number: int, row: list[str] | str) -> Read:
    if isinstance(row, str):
        return Rejected(number, row, "")
    try:
        return Good(number, [_message(table, row)])
    except BadLine as error:
        return Rejected(number, str(error), _line(row))


def _line(row: list[str]) -> str:
    return "\t".join(row)


def _message(table: _Table, row: list[str]) -> IncomingMessage:
    source = table.source
    if any("\udc80" <= one <= "\udcff" for cell in row for one in cell):
        raise BadLine("not in the encoding of the file")
    written = f"{table.cell(row, 'posted_at')} {table.cell(row, 'clock')}".strip()
    posted_at = moment_of(written, source.zone, month_first=table.month_first)
    name, key = table.cell(row, "author"), table.cell(row, "author_id")
    if not (name or key):
        raise BadLine("the author is missing")
    channel = source.channel or table.cell(row, "channel") or source.stem
    text = table.cell(row, "text")
    return IncomingMessage(
        external_id=short(
            table.cell(row, "id") or _made_id(table, channel, written, key or name, text), "id"
        ),
        channel=short(channel, "channel"),
        author=Person(short(key or name, "author"), (name or key)[:200]),
        text=text,
        posted_at=posted_at,
        thread=short(table.cell(row, "thread"), "thread") or None,
        reply_to=short(table.cell(row, "reply_to"), "reply_to") or None,
    )


def _made_id(table: _Table, *parts: str) -> str:
    """An id for a row without one: the same whenever the same file is read."""
    digest = sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
    times = table.seen[digest] = table.seen.get(digest, 0) + 1
    return f"row-{digest}" if times == 1 else f"row-{digest}-{times}"
