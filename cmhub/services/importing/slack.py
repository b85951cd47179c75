"""The export of a Slack workspace: a ZIP with users, channels and a file for every day.

Direct messages are passed over: they are nobody's community.
"""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cmhub.errors import Invalid
from cmhub.integrations.networks.base import (
    Attachment,
    Event,
    IncomingMessage,
    IncomingReaction,
    Person,
)
from cmhub.services.importing import archives
from cmhub.services.importing.archives import Archive, Entry
from cmhub.services.importing.jsons import items_of, list_in, object_in, text_in
from cmhub.services.importing.source import BadLine, Good, Read, Rejected, Source, short
from cmhub.services.ingest.values import clean

_SAID = frozenset(
    ["", "bot_message", "me_message", "thread_broadcast", "file_share", "file_comment", "tombstone"]
)
"""Subtypes that somebody wrote; joins, leaves, topics and their like are passed over."""
_MARK = re.compile(r"<([^<>\n]{1,3000})>")
_TS = re.compile(r"\d{9,11}\.\d{1,6}|\d{9,11}")


class _Names:
    """Who and where: the ids of the export, as people call them."""

    def __init__(self, archive: Archive, source: Source) -> None:
        self.people: dict[str, Person] = {}
        self.channels: dict[str, str] = {}
        self.private: set[str] = set()
        self.source = source
        for user in _list(archive, "users.json"):
            self._meet(user)
        for name in ("channels.json", "groups.json"):
            for channel in _list(archive, name):
                self.channels[text_in(channel, "id")] = text_in(channel, "name")
        for name in ("dms.json", "mpims.json"):
            for channel in _list(archive, name):
                self.private |= {text_in(channel, "id"), text_in(channel, "name")}

    def _meet(self, user: dict[str, Any]) -> None:
        key, profile = text_in(user, "id"), object_in(user, "profile")
        name = (
            text_in(profile, "display_name", "real_name")
            or text_in(user, "real_name", "name")
            or key
        )
        if key:
            bot = user.get("is_bot") is True or key == "USLACKBOT"
            handle = clean(text_in(user, "name"))[:200]
            self.people[key] = Person(key, clean(name)[:200], handle, bot)

    def person(self, key: str, name: str = "", *, bot: bool = False) -> Person:
        """Who this is; somebody the export does not list keeps what the message says."""
        known = self.people.get(key)
        return known or Person(short(key, "user"), clean(name or key)[:200], "", bot)


def read(source: Source) -> Iterator[Read]:
    """Every message of every public and private channel."""
    with archives.opened(source) as archive:
        if archive.find("channels.json") is None and archive.find("groups.json") is None:
            raise Invalid("unknown_format")
        yield from archive.told()
        names = _Names(archive, source)
        number = 0
        for entry in _days(archive, names):
            for one in _read_day(archive, entry, names, number):
                number = one.number
                yield one


def _list(archive: Archive, name: str) -> list[dict[str, Any]]:
    entry = archive.find(name)
    if entry is None:
        return []
    with archive.open(entry) as file:
        try:
            return [item for item in items_of(file, "item") if isinstance(item, dict)]
        except BadLine as error:
            raise Invalid("unreadable_file", reason_given=f"{name}: {error}") from None


def _days(archive: Archive, names: _Names) -> Iterator[Entry]:
    """Files of days, channel by channel; the folder of a channel has its name."""
    for entry in archive.entries:
        folder = entry.folder.rpartition("/")[2]
        if folder and entry.name.endswith(".json") and folder not in names.private:
            yield entry


def _read_day(archive: Archive, entry: Entry, names: _Names, number: int) -> Iterator[Read]:
    channel = names.source.channel or clean(entry.folder.rpartition("/")[2])
    try:
        with archive.open(entry) as file:
            for item in items_of(file, "item"):
                if text_in(item, "subtype") not in _SAID:
                    continue
                number += 1
                try:
                    yield Good(number, _events(item, channel, names))
                except BadLine as error:
                    yield Rejected(number, f"{entry.path}: {error}", text_in(item, "ts"))
    except (BadLine, archives.BadEntry) as error:
        yield Rejected(number + 1, f"{entry.path}: {error}", "")


def _events(item: dict[str, Any], channel: str, names: _Names) -> list[Event]:
    key = text_in(item, "ts")
    gone = text_in(item, "subtype") == "tombstone"
    edited = object_in(item, "edited")
    root = text_in(item, "thread_ts")
    message = IncomingMessage(
        external_id=short(key, "ts"),
        channel=short(channel, "channel"),
        author=_author(item, names),
        text="" if gone else plain_text(text_in(item, "text"), names),
        posted_at=_moment(key, "ts"),
        thread=short(root, "thread_ts") if root and root != key else None,
        attachments=_files(item),
        edited_at=_moment(text_in(edited, "ts"), "edited.ts") if edited else None,
        deleted=gone,
    )
    return [message, *_reactions(item, message, names)]


def _moment(ts: str, name: str) -> datetime:
    if not _TS.fullmatch(ts):
        raise BadLine(f"{name} is missing" if not ts else f"{name} is no time of Slack")
    return datetime.fromtimestamp(float(ts), UTC)


def _author(item: dict[str, Any], names: _Names) -> Person:
    key = text_in(item, "user", "bot_id", "username")
    if not key:
        raise BadLine("user is missing")
    said = text_in(item, "username")
    profile = object_in(item, "user_profile") or object_in(item, "bot_profile")
    name = said or text_in(profile, "display_name", "real_name", "name")
    return names.person(key, name, bot=bool(text_in(item, "bot_id")))


def plain_text(text: str, names: _Names) -> str:
    """The text as people read it: names for ids, words for links, no entities."""

    def told(found: re.Match[str]) -> str:
        mark, _, label = found[1].partition("|")
        if mark.startswith("@"):
            return "@" + (label or names.person(mark[1:1000]).name)
        if mark.startswith("#"):
            return "#" + (label or names.channels.get(mark[1:], mark[1:]))
        if mark.startswith("!"):
            return label or "@" + mark[1:].partition("^")[0]
        return f"{label} ({mark})" if label and label != mark else mark

    return html.unescape(_MARK.sub(told, text))


def _files(item: dict[str, Any]) -> tuple[Attachment, ...]:
    """Files where Slack keeps them; the addresses carry tokens, which are cut off."""
    return tuple(
        Attachment(
            clean(url.partition("?")[0]),
            clean(text_in(one, "mimetype"))[:200],
            clean(text_in(one, "name", "title"))[:300],
        )
        for one in list_in(item, "files")
        if (url := text_in(one, "permalink", "url_private"))
    )


def _reactions(item: dict[str, Any], message: IncomingMessage, names: _Names) -> list[Event]:
    given: list[Event] = []
    for reaction in list_in(item, "reactions"):
        users = reaction.get("users")
        for user in users if isinstance(users, list) else []:  # pyright: ignore[reportUnknownVariableType]
            if isinstance(user, str) and user:
                given.append(
                    IncomingReaction(
                        message.channel, None, message.external_id, names.person(user),
                        text_in(reaction, "name") or "?", message.posted_at,
                    )
                )  # fmt: skip
    return given
