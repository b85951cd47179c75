"""What DiscordChatExporter writes as JSON: one channel a file, or a ZIP of many."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO, Any

from cmhub.integrations.networks.base import (
    Attachment,
    Event,
    IncomingMessage,
    IncomingReaction,
    Person,
)
from cmhub.services.importing import archives
from cmhub.services.importing.dates import moment_of
from cmhub.services.importing.jsons import items_of, list_in, object_in, text_in
from cmhub.services.importing.source import BadLine, Good, Read, Rejected, Source, counted, short
from cmhub.services.ingest.values import clean

_SAID = frozenset(
    ["", "Default", "Reply", "ChatInputCommand", "ContextMenuCommand", "ApplicationCommand"]
)
"""Types that a person or bot wrote; joins, pins, boosts and calls are passed over."""


def read(source: Source) -> Iterator[Read]:
    """Every message of every channel."""
    with source.path.open("rb") as file:
        packed = file.read(4) == archives.MAGIC
    if packed:
        yield from _read_archive(source)
        return
    with ExitStack() as stack:
        head = stack.enter_context(source.path.open("rb"))
        body = stack.enter_context(source.path.open("rb"))
        yield from _read_channel(head, counted(body, source), source, 0, "")


def _read_archive(source: Source) -> Iterator[Read]:
    with archives.opened(source) as archive:
        yield from archive.told()
        number = 0
        for entry in archive.entries:
            if not entry.name.lower().endswith(".json"):
                continue
            with archive.open(entry) as head, archive.open(entry) as body:
                for one in _read_channel(head, body, source, number, f"{entry.path}: "):
                    number = one.number
                    yield one


def _read_channel(
    head: IO[bytes], body: IO[bytes], source: Source, number: int, where: str
) -> Iterator[Read]:
    """The channel stands before its messages, and is asked for first."""
    try:
        place = _Place(next(items_of(head, "channel"), None), source)
        for item in items_of(body, "messages.item"):
            if text_in(item, "type") not in _SAID:
                continue
            number += 1
            yield _read(number, item, place, where)
    except BadLine as error:
        yield Rejected(number + 1, f"{where}{error}", "")


class _Place:
    """Where the messages of a file belong; a thread belongs to the channel it grew in."""

    def __init__(self, channel: object, source: Source) -> None:
        name, parent = text_in(channel, "name"), text_in(channel, "category", "categoryName")
        inside = "Thread" in text_in(channel, "type")
        self.thread = text_in(channel, "id") or None if inside else None
        self.channel = source.channel or clean((parent if inside else "") or name) or source.stem
        self.source = source


def _read(number: int, item: dict[str, Any], place: _Place, where: str) -> Read:
    try:
        return Good(number, _events(item, place))
    except BadLine as error:
        return Rejected(number, f"{where}{error}", text_in(item, "id"))


def _events(item: dict[str, Any], place: _Place) -> list[Event]:
    key = text_in(item, "id")
    if not key:
        raise BadLine("id is missing")
    posted_at = moment_of(text_in(item, "timestamp"), place.source.zone)
    edited = text_in(item, "timestampEdited")
    message = IncomingMessage(
        external_id=short(key, "id"),
        channel=short(place.channel, "channel"),
        author=_person(object_in(item, "author")),
        text=text_in(item, "content"),
        posted_at=posted_at,
        thread=place.thread,
        reply_to=text_in(object_in(item, "reference"), "messageId") or None,
        attachments=_attachments(item),
        edited_at=moment_of(edited, place.source.zone) if edited else None,
    )
    return [message, *_reactions(item, message)]


def _person(author: dict[str, Any]) -> Person:
    key = text_in(author, "id", "name")
    if not key:
        raise BadLine("author is missing")
    name = clean(text_in(author, "nickname", "name") or key)[:200]
    handle = clean(text_in(author, "name"))[:200]
    return Person(short(key, "author"), name, handle, bot=author.get("isBot") is True)


def _attachments(item: dict[str, Any]) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(clean(url), "", clean(text_in(one, "fileName"))[:300])
        for one in list_in(item, "attachments")
        if (url := text_in(one, "url"))
    )


def _reactions(item: dict[str, Any], message: IncomingMessage) -> list[Event]:
    """Reactions by those who gave them; older exports only count them, which tells nothing."""
    return [
        IncomingReaction(
            message.channel,
            None,
            message.external_id,
            _person(user),
            text_in(object_in(reaction, "emoji"), "name") or "?",
            message.posted_at,
        )
        for reaction in list_in(item, "reactions")
        for user in list_in(reaction, "users")
    ]
