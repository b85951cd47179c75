"""Mailing lists as mbox: one mail after the other, threads by their headers."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from hashlib import sha256
from typing import IO, cast

from cmhub.integrations.networks.base import IncomingMessage, Person
from cmhub.services.importing.source import (
    LONGEST,
    BadLine,
    Good,
    Read,
    Rejected,
    Source,
    counted,
    short,
)
from cmhub.services.importing.words import folded, text_of_html
from cmhub.services.ingest.values import clean

_ID = re.compile(r"<([^<>\s]{1,998})>")
_ANSWER = re.compile(r"^(?:\s*(?:re|aw|sv|rep|ref)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_TAG = re.compile(r"^\s*\[[^\]]{1,60}\]\s*")
_LINE = 1024 * 1024
_REMEMBERED = 50_000
_DEEPEST = 50
_INTRODUCES = re.compile(
    r"^(?:on .{5,200} wrote\s*:|le .{5,200} (?:a ecrit|ecrivait)\s*:"
    r"|-{3,}\s*(?:original message|message d.origine|message original)\s*-{3,}|_{20,})\s*$"
)


def read(source: Source) -> Iterator[Read]:
    """Every mail of the file."""
    subjects = _Subjects()
    with source.path.open("rb") as file:
        for number, raw in enumerate(_mails(counted(file, source)), 1):
            if raw is None:
                yield Rejected(number, f"longer than {LONGEST} bytes", "")
                continue
            try:
                yield Good(number, [_message(raw, source, subjects)])
            except BadLine as error:
                shown = raw[:2000].decode("utf-8", "replace")
                yield Rejected(number, str(error), shown)


class _Subjects:
    """Which mail began a subject, for answers that name no mail they answer; not without end."""

    def __init__(self) -> None:
        self._first: OrderedDict[str, str] = OrderedDict()

    def root(self, subject: str, key: str, *, answers: bool) -> str | None:
        """The mail that began the subject; a mail that is no answer begins it anew."""
        plain = folded(_TAG.sub("", _ANSWER.sub("", _TAG.sub("", subject))))[:300]
        if not plain:
            return None
        known = self._first.get(plain)
        if answers:
            return known
        self._first[plain] = key
        if len(self._first) > _REMEMBERED:
            self._first.popitem(last=False)
        return None


def _mails(file: IO[bytes]) -> Iterator[bytes | None]:
    """Each mail without its ``From`` line; nothing in place of one that is too long."""
    parts: list[bytes] = []
    size, begun, blank = 0, False, True
    while line := file.readline(_LINE):
        if blank and line.startswith(b"From "):
            if begun:
                yield b"".join(parts) if size <= LONGEST else None
            parts, size, begun, blank = [], 0, True, False
            continue
        blank = line in (b"\n", b"\r\n")
        size += len(line)
        begun = True
        if size <= LONGEST:
            parts.append(line[1:] if line.startswith(b">From ") else line)
        else:
            parts.clear()
    if begun:
        yield b"".join(parts) if size <= LONGEST else None


def _message(raw: bytes, source: Source, subjects: _Subjects) -> IncomingMessage:
    mail = message_from_bytes(raw, policy=policy.compat32)
    name, address = parseaddr(_header(mail, "From"))
    if not address and not name:
        raise BadLine("From is missing")
    key = _key(mail, raw)
    subject = _header(mail, "Subject")
    answers = bool(_ANSWER.match(_TAG.sub("", subject)))
    thread, reply_to = _parents(mail)
    if reply_to is None:
        thread = subjects.root(subject, key, answers=answers)
    own = text_of(mail)
    text = own if source.keep_quotes else without_quotes(own)
    first = thread is None and subject
    author = (address or name).lower()
    return IncomingMessage(
        external_id=short(key, "Message-ID"),
        channel=short(source.channel or _list_name(mail) or source.stem, "channel"),
        author=Person(short(author, "From"), (name or address)[:200], address[:200]),
        text=f"{subject}\n\n{text}".strip() if first else text,
        posted_at=_date(mail),
        thread=thread if thread != key else None,
        reply_to=reply_to if reply_to != key else None,
        extra={"subject": subject} if subject else {},
    )


def _key(mail: Message, raw: bytes) -> str:
    found = _ID.search(_header(mail, "Message-ID"))
    return found[1] if found else "mail-" + sha256(raw).hexdigest()[:32]


def _parents(mail: Message) -> tuple[str | None, str | None]:
    """The mail that the thread began with, and the one that is answered."""
    references = _ID.findall(_header(mail, "References"))
    answered = _ID.findall(_header(mail, "In-Reply-To"))
    reply_to = answered[0] if answered else references[-1] if references else None
    return (references[0] if references else None), reply_to


def _list_name(mail: Message) -> str:
    written = _header(mail, "List-Id")
    found = re.search(r"<([^<>]+)>", written)
    return clean(found[1].partition(".")[0] if found else written)[:100].strip()


def _header(mail: Message, name: str) -> str:
    """A header as people read it, whatever it claims to be encoded in."""
    # The raw value: others would put signs for bytes that are not ASCII.
    value = next((str(one) for key, one in mail.raw_items() if key.lower() == name.lower()), "")
    try:
        parts = decode_header(value)
    except (ValueError, LookupError, UnicodeError):
        return _plain(value)
    told = "".join(
        part if isinstance(part, str) else _decoded(part, charset) for part, charset in parts
    )
    return _plain(told)


def _plain(value: str) -> str:
    repaired = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(clean(repaired).split())


def _decoded(data: bytes, charset: str | None) -> str:
    """The text in the charset it claims; else in UTF-8, else in Windows-1252."""
    for one in (charset, "utf-8"):
        try:
            return data.decode(one or "utf-8")
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _date(mail: Message) -> datetime:
    written = _header(mail, "Date")
    if not written:
        raise BadLine("Date is missing")
    try:
        found = parsedate_to_datetime(written)
        moment = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        raise BadLine(f"not a date: {written[:60]}") from None
    if not 1970 <= moment.year <= 9000:
        raise BadLine("the date is out of range")
    return moment


def text_of(mail: Message) -> str:
    """What the mail says: its plain text, else its HTML without markup."""
    plain: list[str] = []
    markup: list[str] = []
    for part in _parts(mail, 0):
        kind = part.get_content_type()
        if kind == "text/plain":
            plain.append(_body(part))
        elif kind == "text/html":
            markup.append(_body(part))
    text = "\n".join(plain).strip() or text_of_html("\n".join(markup))
    return clean(text.replace("\r\n", "\n")).strip()


def _parts(mail: Message, depth: int) -> Iterator[Message]:
    """The parts that are not attached; deeper than anybody writes is left alone."""
    if depth > _DEEPEST or mail.get_content_type() == "message/rfc822":
        return
    if mail.get_content_disposition() == "attachment":
        return
    if not mail.is_multipart():
        yield mail
        return
    inside = cast("list[Message]", mail.get_payload())
    for part in inside:
        yield from _parts(part, depth + 1)


def _body(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        charset = part.get_content_charset()
    except (LookupError, UnicodeError, ValueError):
        charset = None
    return _decoded(payload, charset)


def without_quotes(text: str) -> str:
    """The text without what it quotes at its end; a mail of nothing but quotes stays whole."""
    lines = text.split("\n")
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    for number, line in enumerate(lines[:end]):
        if _INTRODUCES.match(folded(line)) and _only_quotes(lines[number + 1 : end]):
            end = number
            break
    return "\n".join(lines[:end]).strip() or text


def _only_quotes(lines: list[str]) -> bool:
    return all(not line.strip() or line.lstrip().startswith(">") for line in lines) or any(
        line.lower().startswith(("from:", "de :", "de:")) for line in lines[:3]
    )
