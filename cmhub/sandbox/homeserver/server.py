"""The homeserver itself: accounts, rooms, and one stream of everything that happens."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from time import time
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from cmhub.config import settings
from cmhub.sandbox.homeserver.journal import Journal, Record
from cmhub.sandbox.homeserver.rooms import Content, Event, Refused, Room, forbidden, not_found
from cmhub.sandbox.homeserver.tokens import Pair, Tokens, new_pair

NAME = "community.example"
"""What ids end with."""
EVENT_BYTES = 65_536

# A stand-in on one's own machine, whose passwords are in the documentation.
_HASHER = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)


def in_milliseconds(moment: float) -> int:
    """Return seconds since 1970 as Matrix counts them."""
    return round(moment * 1000)


class Homeserver:
    """A homeserver whose memory is a journal; every method leaves both in agreement."""

    def __init__(self, journal: Journal | None) -> None:
        """Open a journal, or keep everything in memory alone."""
        self.journal = journal
        self.heard: list[Callable[[Event], None]] = []
        self._news = asyncio.Event()
        self.load()

    def load(self) -> None:
        """Begin with what the journal says; what was redacted is then gone from the file too."""
        self.users: dict[str, Content] = {}
        self.rooms: dict[str, Room] = {}
        self.filters: dict[str, Content] = {}
        self.tokens = Tokens()
        self.position = 0
        self._sent: dict[tuple[str, str, str], str] = {}
        if self.journal is None:
            return
        for record in self.journal.read():
            self._apply(record)
        if any(event.redacted_by for room in self.rooms.values() for event in room.events):
            self.journal.replace(self.records())

    def look_again(self) -> None:
        """Begin anew when the journal was replaced by another."""
        if self.journal is not None and self.journal.is_another():
            self.load()
            self._wake()

    def records(self) -> list[Record]:
        """Return everything as records of a new journal."""
        users = [{"is": "user", "id": user, **kept} for user, kept in self.users.items()]
        filters = [{"is": "filter", "id": key, "what": one} for key, one in self.filters.items()]
        pairs = [{"is": "pair", **asdict(pair)} for pair in self.tokens.all()]
        events = [event for room in self.rooms.values() for event in room.events]
        ordered = sorted(events, key=lambda event: event.position)
        return [*users, *filters, *pairs, *map(_event_record, ordered)]

    def _note(self, **record: Any) -> None:
        """Do something and keep it."""
        self._apply(record)
        if self.journal is not None:
            self.journal.append(record)

    def _apply(self, record: Record) -> None:
        match record["is"]:
            case "user":
                self.users[record["id"]] = {"name": record["name"], "hash": record["hash"]}
            case "filter":
                self.filters[record["id"]] = record["what"]
            case "pair":
                self.tokens.add(Pair(**{k: v for k, v in record.items() if k != "is"}))
            case "used":
                self.tokens.use(record["access"])
            case "ended":
                self.tokens.end(record["device"])
            case _:
                self._take(record)

    def _take(self, record: Record) -> Event:
        self.position = max(self.position + 1, record.get("position", 0))
        fields = {name: record[name] for name in record if name not in {"is", "position"}}
        event = Event(position=self.position, **fields)
        room = self.rooms.setdefault(event.room, Room(event.room))
        room.add(event)
        if event.key:
            self._sent[event.device, f"{event.room} {event.kind}", event.key] = event.id
        return event

    def register(self, local: str, password: str = "", name: str = "") -> str:
        """Make an account and return its id; without a password nobody signs in to it."""
        user = f"@{local}:{NAME}"
        hashed = _HASHER.hash(password) if password else ""
        self._note(**{"is": "user", "id": user, "name": name or local, "hash": hashed})
        return user

    def sign_in(self, user: str, password: str, device: str, *, renewable: bool) -> Pair:
        """Return tokens for who knows the password.

        Raises:
            Refused: they do not.
        """
        wanted = user if user.startswith("@") else f"@{user}:{NAME}"
        try:
            _HASHER.verify(self.users.get(wanted, {}).get("hash") or _nobody(), password)
        except VerificationError:
            raise forbidden("Invalid username or password") from None
        return self.issue(wanted, device, renewable=renewable)

    def issue(self, user: str, device: str = "", *, renewable: bool = False) -> Pair:
        """Sign in a device without asking for anything."""
        pair = new_pair(user, device or token_urlsafe(6).upper(), renewable=renewable)
        self._note(**{"is": "pair", **asdict(pair)})
        return pair

    def who(self, access: str) -> Pair:
        """Return whose token it is.

        Raises:
            Refused: it is nobody's.
        """
        pair = self.tokens.by_access(access)
        if not pair.used:
            self._note(**{"is": "used", "access": access})
        return pair

    def renew(self, refresh: str) -> Pair:
        """Return newer tokens; the old ones are good until the new ones are used.

        Raises:
            Refused: the refresh token is not good.
        """
        old = self.tokens.by_refresh(refresh)
        return self.issue(old.user, old.device, renewable=True)

    def sign_out(self, pair: Pair) -> None:
        """Make every token of the device worthless."""
        self._note(**{"is": "ended", "device": pair.device})

    def keep_filter(self, what: Content) -> str:
        """Keep a filter and return its id; the same filter has the same one."""
        key = sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]
        if key not in self.filters:
            self._note(**{"is": "filter", "id": key, "what": what})
        return key

    def room(self, room: str) -> Room:
        """Return a room.

        Raises:
            Refused: there is none; nobody is told more than that they are not in it.
        """
        if room not in self.rooms:
            raise forbidden(f"Unknown room {room}")
        return self.rooms[room]

    def find_room(self, wanted: str) -> Room:
        """Return a room by id or alias.

        Raises:
            Refused: there is none.
        """
        for room in self.rooms.values():
            if wanted in {room.id, room.content("m.room.canonical_alias").get("alias")}:
                return room
        raise not_found("Room not found")

    def put(
        self,
        room: str,
        sender: str,
        kind: str,
        content: Content,
        *,
        state_key: str | None = None,
        redacts: str | None = None,
        device: str = "",
        key: str = "",
        at: float | None = None,
    ) -> str:
        """Write an event without asking who may, and return its id.

        Args:
            room: where.
            sender: who.
            kind: the event's type.
            content: what.
            state_key: of a state event.
            redacts: what a redaction is about.
            device: that it came from.
            key: its transaction id there.
            at: seconds since 1970, when it is of the past.

        Raises:
            Refused: it is too large.
        """
        record: Record = {
            "room": room,
            "kind": kind,
            "sender": sender,
            "at": in_milliseconds(time() if at is None else at),
            "content": content,
            "state_key": state_key,
            "redacts": redacts,
            "device": device,
            "key": key,
        }
        text = json.dumps([self.position, record], ensure_ascii=False).encode()
        if len(text) > EVENT_BYTES:
            raise Refused(413, "M_TOO_LARGE", "event too large")
        record = {"is": "event", "id": f"${sha256(text).hexdigest()[:43]}", **record}
        event = self._take(record)
        if self.journal is not None:
            self.journal.append(record)
        self._wake()
        for hear in self.heard:
            hear(event)
        return event.id

    def sent(self, device: str, room: str, kind: str, key: str) -> str | None:
        """Return what a device sent with this transaction id already."""
        return self._sent.get((device, f"{room} {kind}", key)) if key else None

    def become(
        self,
        room: str,
        user: str,
        state: str,
        *,
        by: str = "",
        reason: str = "",
        at: float | None = None,
    ) -> None:
        """Change where somebody stands in a room, without asking who may."""
        content = {"membership": state, "displayname": self.users[user]["name"]}
        content |= {"reason": reason} if reason else {}
        self.put(room, by or user, "m.room.member", content, state_key=user, at=at)

    def rename(self, user: str, name: str) -> None:
        """Give somebody another name, in every room where they are."""
        kept = self.users[user]["hash"]
        self._note(**{"is": "user", "id": user, "name": name, "hash": kept})
        for room in self.rooms.values():
            if room.membership(user) == "join":
                self.become(room.id, user, "join")

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def news(self) -> asyncio.Event:
        """Return what will be set when something happens next."""
        return self._news

    @staticmethod
    async def wait(news: asyncio.Event, seconds: float) -> None:
        """Wait until something happens, or for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await news.wait()


def _event_record(event: Event) -> Record:
    names = ("position", "id", "room", "kind", "sender", "at", "content", "state_key")
    more = ("redacts", "device", "key")
    return {"is": "event"} | {name: getattr(event, name) for name in (*names, *more)}


@cache
def _nobody() -> str:
    return _HASHER.hash(token_urlsafe(8))


def journal_path() -> Path:
    """Return where the stand-in of this installation keeps everything."""
    return settings().data_dir / "sandbox" / "homeserver.jsonl"


@cache
def _opened(path: Path) -> Homeserver:
    return Homeserver(Journal(path))


def homeserver() -> Homeserver:
    """Return the homeserver of this installation, as its journal is now."""
    found = _opened(journal_path())
    found.look_again()
    return found
