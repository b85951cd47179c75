"""Which product an export is from, by what stands in it."""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from cmhub.errors import Invalid
from cmhub.services.importing import archives, csvs, discord, discourse, jsonl, mbox, slack
from cmhub.services.importing.source import Read, Source, find_encoding

_LOOK = 64 * 1024


class Format(StrEnum):
    """The exports that can be imported."""

    jsonl = "jsonl"
    csv = "csv"
    discord = "discord"
    slack = "slack"
    discourse = "discourse"
    mbox = "mbox"


READERS: Mapping[Format, Callable[[Source], Iterator[Read]]] = {
    Format.jsonl: jsonl.read,
    Format.csv: csvs.read,
    Format.discord: discord.read,
    Format.slack: slack.read,
    Format.discourse: discourse.read,
    Format.mbox: mbox.read,
}


_BY_ENDING: Mapping[str, Format] = {
    ".jsonl": Format.jsonl,
    ".ndjson": Format.jsonl,
    ".csv": Format.csv,
    ".tsv": Format.csv,
    ".mbox": Format.mbox,
}


def guess_format(path: Path, name: str) -> Format:
    """The format of a file, whatever it is called.

    Raises:
        Invalid: it is none that can be imported, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(_LOOK)
            file.seek(0)
            if begin.startswith(archives.MAGIC):
                return _of_archive(Source(path, name))
            text = begin.decode(find_encoding(file), "replace").lstrip("\ufeff").lstrip()
    except OSError as error:
        raise Invalid("unreadable_file", reason_given=error.strerror or "") from None
    found = _of_text(text) or _BY_ENDING.get(Path(name).suffix.lower())
    if found is None:
        raise Invalid("unknown_format")
    return found


def _of_archive(source: Source) -> Format:
    with archives.opened(source) as archive:
        names = {entry.name for entry in archive.entries}
        if archives.MESSAGES in names:
            return Format.jsonl
        if names & {"channels.json", "groups.json"}:
            return Format.slack
        if any(name.startswith("user_archive") and name.endswith(".csv") for name in names):
            return Format.discourse
        for entry in archive.entries:
            if entry.name.lower().endswith(".json"):
                with archive.open(entry) as file:
                    begin = file.read(_LOOK).decode("utf-8-sig", "replace")
                found = _of_json(begin.lstrip())
                if found is not None:
                    return found
    raise Invalid("unknown_format")


def _of_text(text: str) -> Format | None:
    if text.startswith("From ") or re.match(r"(?:Return-Path|Received|Message-ID):", text, re.I):
        return Format.mbox
    if text.startswith(("{", "[")):
        return _of_json(text) or (Format.jsonl if text.startswith("{") else None)
    first = text.partition("\n")[0]
    if "post_raw" in first and "topic_title" in first:
        return Format.discourse
    try:
        csvs.columns_of(first)
    except Invalid:
        return None
    return Format.csv


def _of_json(text: str) -> Format | None:
    head = text[:8192]
    if '"guild"' in head and '"channel"' in head:
        return Format.discord
    if any(mark in text for mark in ('"post_stream"', '"latest_posts"', '"post_number"')):
        return Format.discourse
    return None
