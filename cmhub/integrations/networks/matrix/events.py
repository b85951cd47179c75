"""Events of a room as CMHub's incoming events."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cmhub.integrations.networks.base import (
    Attachment,
    Event,
    IncomingDeletion,
    IncomingEdit,
    IncomingMembership,
    IncomingMessage,
    IncomingReaction,
    Membership,
    Person,
)
from cmhub.integrations.networks.matrix.shape import as_number, as_object, as_text

Json = dict[str, object]

EVENT_TYPES = (
    "m.room.message",
    "m.sticker",
    "m.room.encrypted",
    "m.reaction",
    "m.room.redaction",
    "m.room.member",
)
KEY_FIELD = "cmhub.key"
"""Where our messages carry their idempotency key: a transaction id is lost with its device."""

_MEDIA = {"m.image", "m.file", "m.audio", "m.video"}
_MEMBERSHIPS: Mapping[str, Membership] = {"join": "joined", "leave": "left", "ban": "banned"}
_FALLBACK = re.compile(r"> (?:\* )?<[@!]")


@dataclass(frozen=True, slots=True)
class Room:
    """Where events come from: the room, who the reader is, and the names known there."""

    channel: str
    account: str
    names: dict[str, str]

    def person(self, user: str) -> Person:
        """Return a member by the name they chose, or by the local part of their id."""
        name = self.names.get(user) or user.removeprefix("@").partition(":")[0]
        return Person(user, name or user, user)


def read_events(
    channel: str, account: str, events: Iterable[Json], state: Iterable[Json]
) -> tuple[Event, ...]:
    """Return what the events say; those CMHub has no use for are left out.

    Args:
        channel: the room's id.
        account: our own Matrix id.
        events: in chronological order.
        state: members of the room, for their names.
    """
    room = Room(channel, account, {})
    for event in state:
        _learn_name(room, event)
    found: list[Event] = []
    for event in events:
        _learn_name(room, event)
        read = _READERS.get(as_text(event.get("type")))
        mapped = read(room, event) if read is not None and event.get("event_id") else None
        if mapped is not None:
            found.append(mapped)
    return tuple(found)


def _learn_name(room: Room, event: Json) -> None:
    if event.get("type") == "m.room.member":
        name = as_text(as_object(event.get("content")).get("displayname"))
        if name:
            room.names[as_text(event.get("state_key"))] = name


def _at(event: Json) -> datetime:
    """Return when it was sent, as its server says, but never in the future."""
    now = datetime.now(UTC)
    stamp = as_number(event.get("origin_server_ts"), -1) / 1000
    return datetime.fromtimestamp(stamp, UTC) if 0 <= stamp < now.timestamp() else now


def _message(room: Room, event: Json) -> Event | None:
    unsigned = as_object(event.get("unsigned"))
    content = as_object(event.get("content"))
    relation = as_object(content.get("m.relates_to"))
    if relation.get("rel_type") == "m.replace":
        return _edit(room, event, content, as_text(relation.get("event_id")))
    deleted = bool(unsigned.get("redacted_because")) or not content
    edit = {} if deleted else as_object(as_object(unsigned.get("m.relations")).get("m.replace"))
    newest = as_object(as_object(edit.get("content")).get("m.new_content"))
    thread, reply_to = _relation(relation)
    return IncomingMessage(
        external_id=as_text(event.get("event_id")),
        channel=room.channel,
        author=room.person(as_text(event.get("sender"))),
        text=_text(newest or content, replying=reply_to is not None),
        posted_at=_at(event),
        thread=thread,
        reply_to=reply_to,
        attachments=_attachments(as_text(event.get("type")), newest or content),
        edited_at=_at(edit) if newest else None,
        deleted=deleted,
        extra=_extra(event, content),
        key=_key(room, event, content, unsigned),
    )


def _edit(room: Room, event: Json, content: Json, target: str) -> IncomingEdit | None:
    new = as_object(content.get("m.new_content"))
    if not target or not new:
        return None
    return IncomingEdit(
        channel=room.channel,
        target=target,
        text=_text(new, replying=False),
        edited_at=_at(event),
        author=as_text(event.get("sender")),
    )


def _relation(relation: Json) -> tuple[str | None, str | None]:
    """Return the thread's root and the message answered.

    In a thread, clients that know no threads are given the last message as if it were answered.
    """
    answered = as_text(as_object(relation.get("m.in_reply_to")).get("event_id")) or None
    if relation.get("rel_type") != "m.thread":
        return None, answered
    root = as_text(relation.get("event_id")) or None
    return root, None if relation.get("is_falling_back") is True else answered


def _text(content: Json, *, replying: bool) -> str:
    body = as_text(content.get("body"))
    if content.get("msgtype") in _MEDIA:
        named = as_text(content.get("filename"))
        return body if named and named != body else ""
    return _without_fallback(body) if replying else body


def _without_fallback(body: str) -> str:
    """Leave out the quotation that older clients put before a reply."""
    if not _FALLBACK.match(body):
        return body
    lines = body.split("\n")
    first = next((at for at, line in enumerate(lines) if not line.startswith(">")), len(lines))
    return "\n".join(lines[first:]).removeprefix("\n")


def _attachments(kind: str, content: Json) -> tuple[Attachment, ...]:
    if kind != "m.sticker" and content.get("msgtype") not in _MEDIA:
        return ()
    url = as_text(content.get("url")) or as_text(as_object(content.get("file")).get("url"))
    if not url.startswith("mxc://"):
        return ()
    media_type = as_text(as_object(content.get("info")).get("mimetype"))
    name = as_text(content.get("filename")) or as_text(content.get("body"))
    return (Attachment(url, media_type or "application/octet-stream", name),)


def _extra(event: Json, content: Json) -> dict[str, object]:
    if event.get("type") == "m.room.encrypted":
        return {"unreadable": "encrypted"}
    kind = as_text(content.get("msgtype")) or as_text(event.get("type"))
    return {} if kind in {"m.text", "m.room.message"} else {"kind": kind}


def _key(room: Room, event: Json, content: Json, unsigned: Json) -> str | None:
    if event.get("sender") != room.account:
        return None
    return as_text(content.get(KEY_FIELD)) or as_text(unsigned.get("transaction_id")) or None


def _reaction(room: Room, event: Json) -> IncomingReaction | None:
    relation = as_object(as_object(event.get("content")).get("m.relates_to"))
    target, name = as_text(relation.get("event_id")), as_text(relation.get("key"))
    if relation.get("rel_type") != "m.annotation" or not target or not name:
        return None
    return IncomingReaction(
        channel=room.channel,
        external_id=as_text(event.get("event_id")),
        target=target,
        author=room.person(as_text(event.get("sender"))),
        name=name,
        at=_at(event),
    )


def _redaction(room: Room, event: Json) -> IncomingDeletion | None:
    """Read both forms: rooms of version 11 and later have the target in the content."""
    target = as_text(as_object(event.get("content")).get("redacts")) or as_text(
        event.get("redacts")
    )
    return IncomingDeletion(room.channel, target, _at(event)) if target else None


def _membership(room: Room, event: Json) -> IncomingMembership | None:
    """Read who came and went; a change of name or picture is neither."""
    state = as_text(as_object(event.get("content")).get("membership"))
    before = as_object(as_object(event.get("unsigned")).get("prev_content")).get("membership")
    user = as_text(event.get("state_key"))
    never_came = state == "leave" and before in {"invite", "knock", "ban"}
    if state not in _MEMBERSHIPS or not user or before == state or never_came:
        return None
    return IncomingMembership(room.channel, room.person(user), _MEMBERSHIPS[state], _at(event))


_READERS: Mapping[str, Callable[[Room, Json], Event | None]] = {
    "m.room.message": _message,
    "m.sticker": _message,
    "m.room.encrypted": _message,
    "m.reaction": _reaction,
    "m.room.redaction": _redaction,
    "m.room.member": _membership,
}
