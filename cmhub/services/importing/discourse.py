"""Discourse: topics as its API gives them, the list of posts, and a user's own archive.

``/t/{id}.json`` (one, a list, one a line, or a ZIP of them), ``/posts.json``, and
``user_archive.csv``. A post is ``topic/number`` in all of them, so that they add up.
"""

import csv
import re
from collections.abc import Iterator
from typing import IO, Any, cast
from urllib.parse import urlsplit

from cmhub.integrations.networks.base import Event, IncomingMessage, Person
from cmhub.services.importing import archives
from cmhub.services.importing.archives import Archive
from cmhub.services.importing.dates import moment_of
from cmhub.services.importing.jsons import items_of, list_in, object_in, text_in
from cmhub.services.importing.source import (
    BadLine,
    Good,
    Read,
    Rejected,
    Source,
    counted,
    lines_of,
    short,
)
from cmhub.services.importing.words import text_of_html
from cmhub.services.ingest.values import clean

_SMALL_ACTION, _WHISPER = "3", "4"
_ARCHIVE_NAME = re.compile(r"user_archive-(?P<user>.+?)-\d{6}")
_POST_URL = re.compile(r"/t/(?:[^/]+/)?(?P<topic>\d+)(?:/(?P<number>\d+))?/?$")


class _Forum:
    """Numbers of categories and what they are called, where the export says it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.categories: dict[str, str] = {}
        self.number = 0

    def channel(self, topic: dict[str, Any]) -> str:
        """Where a topic's posts belong."""
        if self.source.channel:
            return self.source.channel
        key = text_in(topic, "category_id")
        name = self.categories.get(key) or text_in(topic, "category_slug", "category_name")
        return clean(name) or (f"category-{key}" if key else self.source.stem)

    def note(self, document: dict[str, Any]) -> None:
        """Take in what a list of categories says."""
        inner = object_in(document, "category_list")
        for one in [*list_in(document, "categories"), *list_in(inner, "categories")]:
            self.categories[text_in(one, "id")] = text_in(one, "name", "slug")


def read(source: Source) -> Iterator[Read]:
    """Every post."""
    forum = _Forum(source)
    with source.path.open("rb") as file:
        if file.read(4) != archives.MAGIC:
            file.seek(0)
            yield from _read_file(counted(file, source), source.name, forum, "")
            return
    with archives.opened(source) as archive:
        yield from archive.told()
        _know_categories(archive, forum)
        for entry in archive.entries:
            if entry.name.lower().endswith((".json", ".csv")):
                with archive.open(entry) as inner:
                    yield from _read_file(inner, entry.name, forum, f"{entry.path}: ")


def _know_categories(archive: Archive, forum: _Forum) -> None:
    for name in ("site.json", "categories.json"):
        entry = archive.find(name)
        if entry is not None:
            with archive.open(entry) as file:
                for document in items_of(file, ""):
                    forum.note(document)


def _read_file(file: IO[bytes], name: str, forum: _Forum, where: str) -> Iterator[Read]:
    try:
        if name.lower().endswith(".csv"):
            yield from _read_archive_of_user(file, name, forum, where)
        else:
            yield from _read_documents(file, forum, where)
    except (BadLine, archives.BadEntry, csv.Error) as error:
        forum.number += 1
        yield Rejected(forum.number, f"{where}{error}", "")


def _read_documents(file: IO[bytes], forum: _Forum, where: str) -> Iterator[Read]:
    """One topic, several in a list or one a line; a topic is held whole, a list is not."""
    first = _Peeked(file)
    if first.begins_with(b"["):
        documents = items_of(cast("Any", first), "item")
    else:
        documents = _each(cast("Any", first))
    for document in documents:
        for post, topic in _posts(document):
            if text_in(post, "post_type") in {_SMALL_ACTION, _WHISPER}:
                continue
            forum.number += 1
            try:
                yield Good(forum.number, [_message(post, topic, forum)])
            except BadLine as error:
                key = text_in(post, "id", "url")
                yield Rejected(forum.number, f"{where}{error}", key)


class _Peeked:
    """A file whose first characters were looked at."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ahead = file.read(64).lstrip(b"\xef\xbb\xbf")

    def begins_with(self, mark: bytes) -> bool:
        return self._ahead.lstrip().startswith(mark)

    def read(self, size: int = -1) -> bytes:
        if size == 0:
            return b""
        ahead, self._ahead = self._ahead, b""
        return ahead or self._file.read(size)


def _each(file: IO[bytes]) -> Iterator[Any]:
    yield from items_of(file, "", several=True)


def _posts(document: object) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Posts with their topic, of whichever answer of the API this is."""
    if not isinstance(document, dict):
        raise BadLine("not an object")
    topic = cast("dict[str, Any]", document)
    if "post_stream" in topic:
        yield from ((post, topic) for post in list_in(object_in(topic, "post_stream"), "posts"))
    elif "latest_posts" in topic:
        yield from ((post, post) for post in list_in(topic, "latest_posts"))
    elif "post_number" in topic:
        yield topic, topic


def _message(post: dict[str, Any], topic: dict[str, Any], forum: _Forum) -> IncomingMessage:
    topic_id = text_in(post, "topic_id") or text_in(topic, "id")
    number = text_in(post, "post_number")
    if not topic_id or not number:
        raise BadLine("topic_id or post_number is missing")
    user = text_in(post, "username")
    if not user:
        raise BadLine("username is missing")
    answered = text_in(post, "reply_to_post_number")
    version = post.get("version")
    edited = isinstance(version, int) and version > 1 and text_in(post, "updated_at")
    body = text_in(post, "raw") or text_of_html(text_in(post, "cooked"))
    return _said(
        forum,
        place=(topic_id, number),
        title=text_in(topic, "title", "topic_title"),
        channel=forum.channel(topic),
        author=Person(short(user, "username"), clean(text_in(post, "name") or user)[:200], user),
        body=body,
        created=text_in(post, "created_at"),
        answered=answered,
        edited=edited or "",
        deleted=bool(text_in(post, "deleted_at")) or post.get("user_deleted") is True,
    )


def _said(
    forum: _Forum,
    *,
    place: tuple[str, str],
    title: str,
    channel: str,
    author: Person,
    body: str,
    created: str,
    answered: str = "",
    edited: str = "",
    deleted: bool = False,
) -> IncomingMessage:
    topic, number = place
    first = number == "1"
    zone = forum.source.zone
    return IncomingMessage(
        external_id=short(f"{topic}/{number}", "id"),
        channel=short(channel, "channel"),
        author=author,
        text="" if deleted else f"{title}\n\n{body}".strip() if first else body,
        posted_at=moment_of(created, zone),
        thread=None if first else f"{topic}/1",
        reply_to=f"{topic}/{answered}" if answered and not first else None,
        edited_at=moment_of(edited, zone) if edited else None,
        deleted=deleted,
    )


def _read_archive_of_user(file: IO[bytes], name: str, forum: _Forum, where: str) -> Iterator[Read]:
    found = _ARCHIVE_NAME.match(name)
    user = found["user"] if found else forum.source.stem
    lines = (line.text if line.whole else "\n" for line in lines_of(file, "utf-8-sig"))
    for row in csv.DictReader(lines):
        if (row.get("is_pm") or "").strip().lower() in {"yes", "true", "oui", "1"}:
            continue
        forum.number += 1
        try:
            yield Good(forum.number, _of_archive(row, user, forum))
        except BadLine as error:
            yield Rejected(forum.number, f"{where}{error}", row.get("url") or "")


def _of_archive(row: dict[str, str], user: str, forum: _Forum) -> list[Event]:
    where = _POST_URL.search(urlsplit(row.get("url") or "").path)
    if where is None:
        raise BadLine("url is not that of a post")
    body = row.get("post_raw") or text_of_html(row.get("post_cooked") or "")
    if "\x00" in user or not user:
        raise BadLine("username is missing")
    return [
        _said(
            forum,
            place=(where["topic"], where["number"] or "1"),
            title=row.get("topic_title") or "",
            channel=forum.source.channel or clean(row.get("categories") or "") or forum.source.stem,
            author=Person(short(user, "username"), user[:200], user),
            body=body,
            created=row.get("created_at") or "",
        )
    ]
