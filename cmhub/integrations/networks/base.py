"""What a network is: frozen values in and out, typed faults, capabilities as data.

A network keeps nothing of its own: credentials and cursors come in with every call and go out with
the answer, and the caller stores them. Times are aware and in UTC.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

ChannelKind = Literal["community", "audience"]
Standing = Literal["joined", "left", "banned", "muted"]
Membership = Literal["joined", "left", "banned"]


class NetworkFault(Exception):
    """Something a network would not do; told by the text ``fault.<code>`` with ``params``."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, str | int] = params


class Retry(NetworkFault):
    """It did not work now; the same call may be made again after ``after_seconds``."""

    def __init__(self, after_seconds: float, code: str = "busy", **params: str | int) -> None:
        super().__init__(code, **params)
        self.after_seconds = after_seconds


class ReauthoriseNeeded(NetworkFault):
    """The credentials are worth nothing any more: a user has to connect again."""

    def __init__(self, code: str = "reauthorise", **params: str | int) -> None:
        super().__init__(code, **params)


class TokenExpired(ReauthoriseNeeded):
    """The token is refused but there is means to refresh it: refresh, and try again once."""


class NotAllowed(NetworkFault):
    """The connected account may not do it; ``scope`` names the right it lacks."""

    def __init__(self, scope: str, code: str = "not_allowed", **params: str | int) -> None:
        super().__init__(code, **params)
        self.scope = scope


class Gone(NetworkFault):
    """What was asked for no longer exists there."""

    def __init__(self, code: str = "gone", **params: str | int) -> None:
        super().__init__(code, **params)


class Invalid(NetworkFault):
    """The call cannot succeed as it is; ``reason`` is the fault's code."""

    def __init__(self, reason: str, **params: str | int) -> None:
        super().__init__(reason, **params)

    @property
    def reason(self) -> str:
        """Why it cannot succeed."""
        return self.code


class OutcomeUnknown(NetworkFault):
    """Nobody can tell whether it was done: look with ``find_sent`` before doing it again."""

    def __init__(self, code: str = "outcome_unknown", **params: str | int) -> None:
        super().__init__(code, **params)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a network; ``handle`` is how others there write their address.

    ``team`` says that they are the client's own, where the source tells it.
    """

    external_id: str
    name: str
    handle: str = ""
    bot: bool = False
    team: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message; ``url`` may be of the network's own scheme, such as ``mxc``."""

    url: str
    media_type: str
    name: str


def _nothing() -> Mapping[str, object]:
    return {}


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message as the network has it now.

    ``thread`` is the root's external id, ``key`` our idempotency key where the network gives it
    back, ``extra`` what else is worth keeping. A deleted message has no text.
    """

    external_id: str
    channel: str
    author: Person
    text: str
    posted_at: datetime
    thread: str | None = None
    reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()
    language: str | None = None
    edited_at: datetime | None = None
    deleted: bool = False
    extra: Mapping[str, object] = field(default_factory=_nothing)
    key: str | None = None


@dataclass(frozen=True, slots=True)
class IncomingEdit:
    """A new text of a message.

    When ``author`` is set the network does not guarantee that the editor wrote the message: the
    edit counts only if the message's author has this external id.
    """

    channel: str
    target: str
    text: str
    edited_at: datetime
    author: str | None = None


@dataclass(frozen=True, slots=True)
class IncomingDeletion:
    """A message or a reaction was removed; ``target`` is the external id of either."""

    channel: str
    target: str
    deleted_at: datetime


@dataclass(frozen=True, slots=True)
class IncomingReaction:
    """A reaction to a message; ``name`` is the emoji or the network's short name."""

    channel: str
    external_id: str | None
    target: str
    author: Person
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class IncomingMembership:
    """Somebody came, left or was banned."""

    channel: str
    person: Person
    state: Membership
    at: datetime


Event = IncomingMessage | IncomingEdit | IncomingDeletion | IncomingReaction | IncomingMembership


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in chronological order per channel.

    The cursor is stored with what was made of the events, in one transaction. With ``more`` there
    is more to be had at once. An event may come twice, and a reply before what it answers.
    """

    events: tuple[Event, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class RemoteChannel:
    """A channel the account reaches; when ``encrypted``, its messages cannot be read."""

    external_id: str
    name: str
    topic: str
    kind: ChannelKind
    members: int | None
    joined: bool
    may_moderate: bool
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class RemoteAccount:
    """The account that a connection acts as."""

    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to reach an account; ``secret`` is stored encrypted and never shown."""

    address: str
    account: str
    secret: Mapping[str, str] = field(repr=False)

    @property
    def refresh_at(self) -> datetime | None:
        """When to refresh, well before the end; None when nothing expires."""
        written = self.secret.get("refresh_at")
        return datetime.fromisoformat(written) if written else None


class Verb(StrEnum):
    """What CMHub asks of networks."""

    CONNECT_PASSWORD = "connect_password"  # noqa: S105 - a verb, no secret
    CONNECT_TOKEN = "connect_token"  # noqa: S105 - a verb, no secret
    CHANNELS = "channels"
    MEMBERS = "members"
    HISTORY = "history"
    LIVE = "live"
    EDITS = "edits"
    DELETIONS = "deletions"
    REACTIONS = "reactions"
    ENCRYPTED = "encrypted"
    REPLY = "reply"
    FIND_SENT = "find_sent"
    HIDE = "hide"
    DELETE = "delete"
    WARN = "warn"
    MUTE = "mute"
    SUSPEND = "suspend"
    BAN = "ban"
    RESTORE = "restore"
    STATISTICS = "statistics"


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether a network does it: *yes* with limits, *as* something else, or *no*.

    ``reason`` is the key of the text that says as what or why not; ``limits`` are numbers by name.
    """

    state: Literal["yes", "as", "no"]
    reason: str | None = None
    limits: Mapping[str, int] = field(default_factory=dict[str, int])


Capabilities = Mapping[Verb, Capability]


class Network(Protocol):
    """A kind of platform.

    Every method may raise any :class:`NetworkFault`. ``Retry`` always means that the same call with
    the same ``key`` is safe; where it would not be, the network raises ``OutcomeUnknown``.
    """

    @property
    def name(self) -> str:
        """The name in the registry and in the database."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, for every verb."""
        ...

    async def connect_with_password(self, address: str, user: str, password: str) -> Credentials:
        """Sign in; the password is not kept."""
        ...

    async def connect_with_token(self, address: str, token: str) -> Credentials:
        """Use a token that the user made elsewhere."""
        ...

    async def verify(self, credentials: Credentials) -> RemoteAccount:
        """Return whose credentials they are, as the network says now."""
        ...

    async def refresh(self, credentials: Credentials) -> Credentials | None:
        """Return newer credentials, or None when they need no refreshing."""
        ...

    async def disconnect(self, credentials: Credentials) -> None:
        """Give back what signing in got us; a token the user brought stays as it is."""
        ...

    async def channels(self, credentials: Credentials) -> tuple[RemoteChannel, ...]:
        """Return what the account has joined or is invited to."""
        ...

    async def join(self, credentials: Credentials, channel: str) -> RemoteChannel:
        """Join by external id or by the address members use; joining twice does nothing."""
        ...

    async def members(self, credentials: Credentials, channel: str) -> tuple[Person, ...]:
        """Return who is in the channel now."""
        ...

    async def live(
        self,
        credentials: Credentials,
        cursor: str | None,
        channels: Collection[str],
        wait_seconds: float,
    ) -> Batch:
        """Return what happened after the cursor, waiting for something to happen if nothing did.

        Without a cursor it returns one for now at once, and no events.
        """
        ...

    async def history(
        self, credentials: Credentials, channel: str, cursor: str | None, limit: int
    ) -> Batch:
        """Return a page of the past, the newest page first; ``more`` is false at the beginning."""
        ...

    async def reply(
        self,
        credentials: Credentials,
        channel: str,
        thread: str | None,
        reply_to: str | None,
        text: str,
        key: str,
    ) -> str:
        """Write a message and return its external id."""
        ...

    async def find_sent(
        self, credentials: Credentials, channel: str, key: str, text: str, since: datetime
    ) -> str | None:
        """Return the external id of what was written with the key, if it arrived."""
        ...

    async def delete(
        self, credentials: Credentials, channel: str, message: str, reason: str, key: str
    ) -> None:
        """Remove a message for everybody."""
        ...

    async def is_deleted(self, credentials: Credentials, channel: str, message: str) -> bool:
        """Read back whether the message is removed."""
        ...

    async def mute(self, credentials: Credentials, channel: str, person: str, key: str) -> None:
        """Take from a person the right to write; again does nothing."""
        ...

    async def unmute(self, credentials: Credentials, channel: str, person: str, key: str) -> None:
        """Give back the right to write as it was before; again does nothing."""
        ...

    async def ban(
        self, credentials: Credentials, channel: str, person: str, reason: str, key: str
    ) -> None:
        """Remove a person and keep them out; again does nothing."""
        ...

    async def unban(self, credentials: Credentials, channel: str, person: str, key: str) -> None:
        """Let a person come back; again does nothing."""
        ...

    async def standing(self, credentials: Credentials, channel: str, person: str) -> Standing:
        """Read back where a person stands in the channel."""
        ...
