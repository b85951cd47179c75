"""Messages as JSON Lines: the import format, one message a line."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from cmhub.integrations.networks.base import (
    Attachment,
    Event,
    IncomingMessage,
    IncomingReaction,
    Person,
)
from cmhub.services.ingest.scope import LONGEST_ID, fits
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
        "reactions",
        "attachments",
        "language",
    ]
)


class BadLine(ValueError):
    """A line cannot be used; the message says why."""


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
    message = IncomingMessage(
        external_id=_key(data, "id"),
        channel=channel or _key(data, "channel"),
        author=person,
        text=_text(data, "text") or "",
        posted_at=posted_at,
        thread=_parent(data, "thread"),
        reply_to=_parent(data, "reply_to"),
        attachments=_attachments(data.get("attachments")),
        language=_text(data, "language"),
        edited_at=_time(data, "edited_at") if data.get("edited_at") is not None else None,
        deleted=bool(data.get("deleted", False)),
        extra={key: value for key, value in data.items() if key not in _KNOWN},
    )
    return [message, *_reactions(data.get("reactions"), message)]


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
    return _short(_required(data, name), name)


def _parent(data: Mapping[str, Any], name: str) -> str | None:
    value = _text(data, name)
    return None if value is None else _short(value, name)


def _short(value: str, name: str) -> str:
    if not fits(value):
        raise BadLine(f"{name} is longer than {LONGEST_ID} bytes")
    return value


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
    return Person(key, (_text(author, "name") or key)[:200], bot=author.get("bot") is True)


def _attachments(value: object) -> tuple[Attachment, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadLine("attachments is not a list")
    files: list[Attachment] = []
    for one in cast("list[Any]", value):
        if not isinstance(one, dict):
            raise BadLine("an attachment is not an object")
        entry = cast("dict[str, Any]", one)
        files.append(
            Attachment(
                _required(entry, "url"), _text(entry, "type") or "", _text(entry, "name") or ""
            )
        )
    return tuple(files)


def _reactions(value: object, message: IncomingMessage) -> list[IncomingReaction]:
    """Reactions of an export have no time of their own: they count on the message's day."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadLine("reactions is not a list")
    reactions: list[IncomingReaction] = []
    for one in cast("list[Any]", value):
        if not isinstance(one, dict):
            raise BadLine("a reaction is not an object")
        entry = cast("dict[str, Any]", one)
        who = _key(entry, "author")
        name = _required(entry, "name")
        reactions.append(
            IncomingReaction(
                message.channel,
                None,
                message.external_id,
                Person(who, ""),
                name,
                message.posted_at,
            )
        )
    return reactions
