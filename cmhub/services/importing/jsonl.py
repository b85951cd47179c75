"""Messages as JSON Lines: the import format, one message a line, plain or in our own export."""

import codecs
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import IO, Any, cast

from cmhub.integrations.networks.base import (
    Attachment,
    Event,
    IncomingDeletion,
    IncomingEdit,
    IncomingMessage,
    IncomingReaction,
    Person,
)
from cmhub.services.importing import archives
from cmhub.services.importing.source import (
    LONGEST,
    BadLine,
    Good,
    Line,
    Read,
    Rejected,
    Source,
    lines_of,
    short,
)
from cmhub.services.ingest.values import clean

_KNOWN = frozenset(
    [
        "id",
        "channel",
        "thread",
        "reply_to",
        "author",
        "text",
        "posted_at",
        "edited_at",
        "deleted",
        "deleted_at",
        "versions",
        "reactions",
        "attachments",
        "language",
    ]
)


def read(source: Source) -> Iterator[Read]:
    """Every line of a file of JSON Lines, or of the messages in an export of CMHub."""
    with source.path.open("rb") as file:
        if file.read(4) != archives.MAGIC:
            file.seek(0)
            first = file.read(2)
            file.seek(0)
            marked = first in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
            yield from _lines(file, "utf-16" if marked else "utf-8-sig", source, source)
            return
    with archives.opened(source) as archive:
        entry = archives.messages_entry(archive, source)
        with archive.open(entry) as file:
            yield from _lines(file, "utf-8-sig", source, None)


def _lines(
    file: IO[bytes], encoding: str, source: Source, progress: Source | None
) -> Iterator[Read]:
    for line in lines_of(file, source.encoding or encoding, progress):
        if not line.whole:
            yield Rejected(line.number, f"longer than {LONGEST} characters", line.text)
        elif line.text.strip():
            yield _read(line, source.channel)


def _read(line: Line, channel: str | None) -> Read:
    try:
        return Good(line.number, events_of(line.text, channel))
    except BadLine as error:
        return Rejected(line.number, str(error), line.text)


def events_of(line: str, channel: str | None = None) -> list[Event]:
    """The message of a line, and its reactions.

    Raises:
        BadLine: it is no JSON object, or a field is missing or of the wrong kind.
    """
    data = _object(line)
    author = data.get("author")
    if not isinstance(author, dict):
        raise BadLine("author is missing")
    person = _person(cast("dict[str, Any]", author))
    posted_at = _time(data, "posted_at")
    versions = _versions(data)
    message = IncomingMessage(
        external_id=_key(data, "id"),
        channel=channel or _key(data, "channel"),
        author=person,
        text=versions[0][1] if versions else _text(data, "text") or "",
        posted_at=posted_at,
        thread=_parent(data, "thread"),
        reply_to=_parent(data, "reply_to"),
        attachments=_attachments(data.get("attachments")),
        language=_text(data, "language"),
        edited_at=_moment(data, "edited_at") if not versions else None,
        deleted=bool(data.get("deleted", False)),
        extra={key: value for key, value in data.items() if key not in _KNOWN},
    )
    changes: list[Event] = [
        IncomingEdit(message.channel, message.external_id, words, at) for at, words in versions[1:]
    ]
    deleted_at = _moment(data, "deleted_at")
    if deleted_at is not None:
        changes.append(IncomingDeletion(message.channel, message.external_id, deleted_at))
    return [message, *changes, *_reactions(data.get("reactions"), message)]


def _versions(data: Mapping[str, Any]) -> list[tuple[datetime, str]]:
    """What an edited message said from when on, the original first."""
    value = data.get("versions")
    if value is None:
        return []
    entries = _objects(value, "versions", "a version")
    return [(_time(entry, "at"), _text(entry, "text") or "") for entry in entries]


def _moment(data: Mapping[str, Any], name: str) -> datetime | None:
    return None if data.get(name) is None else _time(data, name)


def _objects(value: object, name: str, one_of_them: str) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise BadLine(f"{name} is not a list")
    entries = cast("list[Any]", value)
    if not all(isinstance(entry, dict) for entry in entries):
        raise BadLine(f"{one_of_them} is not an object")
    return cast("list[dict[str, Any]]", entries)


def _object(line: str) -> dict[str, Any]:
    try:
        line.encode("utf-8")
        data = json.loads(line)
    except UnicodeEncodeError:
        raise BadLine("not UTF-8") from None
    except ValueError as error:
        raise BadLine(f"not JSON: {error}") from None
    except RecursionError:
        raise BadLine("nested too deeply") from None
    if not isinstance(data, dict):
        raise BadLine("not a JSON object")
    return cast("dict[str, Any]", data)


def _text(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadLine(f"{name} is not text")
    return clean(str(value)) or None


def _required(data: Mapping[str, Any], name: str) -> str:
    value = _text(data, name)
    if value is None:
        raise BadLine(f"{name} is missing")
    return value


def _key(data: Mapping[str, Any], name: str) -> str:
    return short(_required(data, name), name)


def _parent(data: Mapping[str, Any], name: str) -> str | None:
    value = _text(data, name)
    return None if value is None else short(value, name)


def _time(data: Mapping[str, Any], name: str) -> datetime:
    value = _required(data, name)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadLine(f"{name} is not a time in ISO 8601") from None
    if moment.tzinfo is None:
        raise BadLine(f"{name} has no time zone")
    if not 1970 <= moment.year <= 9000:
        raise BadLine(f"{name} is out of range")
    return moment.astimezone(UTC)


def _person(author: Mapping[str, Any]) -> Person:
    try:
        key = _key(author, "id")
    except BadLine as error:
        raise BadLine(f"author.{error}") from None
    name = (_text(author, "name") or key)[:200]
    return Person(key, name, bot=author.get("bot") is True, team=author.get("team") is True)


def _attachments(value: object) -> tuple[Attachment, ...]:
    if value is None:
        return ()
    return tuple(
        Attachment(_required(entry, "url"), _text(entry, "type") or "", _text(entry, "name") or "")
        for entry in _objects(value, "attachments", "an attachment")
    )


def _reactions(value: object, message: IncomingMessage) -> list[IncomingReaction]:
    """Reactions without a time of their own count on the message's day."""
    if value is None:
        return []
    return [
        IncomingReaction(
            message.channel,
            _parent(entry, "id"),
            message.external_id,
            Person(_key(entry, "author"), _text(entry, "author_name") or ""),
            _required(entry, "name"),
            _moment(entry, "at") or message.posted_at,
        )
        for entry in _objects(value, "reactions", "a reaction")
    ]
