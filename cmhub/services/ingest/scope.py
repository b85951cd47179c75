"""What a batch is made of, and where it belongs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.integrations.networks.base import (
    Event,
    IncomingDeletion,
    IncomingEdit,
    IncomingMembership,
    IncomingMessage,
    IncomingReaction,
    Person,
)

_LOCK = text("""
    with planned as materialized (
        select set_config('plan_cache_mode', 'force_generic_plan', true),
            set_config('enable_seqscan', 'off', true),
            set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true))
    select pg_advisory_xact_lock(k) from planned, unnest(cast(:keys as bigint[])) k
""")

LONGEST_ID = 1000
"""Bytes of an id; an index takes no more than 2,700 with all its columns."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where events belong: one connection's channels, external id to ours.

    ``live`` tells messages that arrive now from history: only those reopen a thread or
    change a name that a member has.
    """

    agency_id: UUID
    workspace_id: UUID
    network: str
    channels: Mapping[str, UUID]
    zone: ZoneInfo
    live: bool

    @property
    def keys(self) -> dict[str, UUID]:
        """The parameters that every statement of the ingest has."""
        return {"agency": self.agency_id, "workspace": self.workspace_id}

    def day(self, at: datetime) -> date:
        """The day in the workspace's time zone."""
        return at.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class DayChange:
    """One message or reaction of ``at`` more (or less) of a member on a day."""

    channel_id: UUID
    member_id: UUID
    day: date
    at: datetime
    messages: int = 0
    reactions: int = 0


@dataclass(frozen=True, slots=True)
class Ingested:
    """How much of a batch was new: messages, changes to messages, and the newest time."""

    messages: int
    changes: int
    newest: datetime | None


@dataclass(slots=True)
class SortedEvents:
    """A batch by kind of event."""

    messages: dict[tuple[UUID, str], IncomingMessage] = field(
        default_factory=dict[tuple[UUID, str], IncomingMessage]
    )
    edits: list[tuple[UUID, IncomingEdit]] = field(default_factory=list[tuple[UUID, IncomingEdit]])
    deletions: list[tuple[UUID, IncomingDeletion]] = field(
        default_factory=list[tuple[UUID, IncomingDeletion]]
    )
    reactions: list[tuple[UUID, IncomingReaction]] = field(
        default_factory=list[tuple[UUID, IncomingReaction]]
    )
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    channels: set[UUID] = field(default_factory=set[UUID])


def sort_events(scope: Scope, events: Sequence[Event]) -> SortedEvents:
    """The events of the scope's channels by kind, each message once."""
    batch = SortedEvents()
    for event in events:
        channel = scope.channels.get(event.channel)
        if channel is not None:
            batch.channels.add(channel)
            _sort_in(batch, channel, event)
    return batch


def _sort_in(batch: SortedEvents, channel: UUID, event: Event) -> None:
    match event:
        case IncomingMessage() if fits(event.external_id):
            _meet(batch, event.author)
            _sort_message(batch, channel, _with_usable_parent(event))
        case IncomingEdit() if fits(event.target):
            batch.edits.append((channel, event))
        case IncomingDeletion() if fits(event.target):
            batch.deletions.append((channel, event))
        case IncomingReaction() if fits(event.target):
            _meet(batch, event.author)
            batch.reactions.append((channel, event))
        case IncomingMembership():
            _meet(batch, event.person)
        case _:
            # Anybody can write that they answer an id that no message can have.
            pass


def fits(external_id: str) -> bool:
    """Whether a network's id can stand in an index."""
    return (
        len(external_id) <= LONGEST_ID // 4
        or len(external_id.encode("utf-8", "replace")) <= LONGEST_ID
    )


def _with_usable_parent(event: IncomingMessage) -> IncomingMessage:
    if fits(event.thread or "") and fits(event.reply_to or ""):
        return event
    return replace(
        event,
        thread=event.thread if fits(event.thread or "") else None,
        reply_to=event.reply_to if fits(event.reply_to or "") else None,
    )


def _meet(batch: SortedEvents, person: Person) -> None:
    """The last name that somebody goes by stands; one without a name tells nothing."""
    if person.name or person.external_id not in batch.people:
        batch.people[person.external_id] = person


def _sort_message(batch: SortedEvents, channel: UUID, event: IncomingMessage) -> None:
    first = batch.messages.setdefault((channel, event.external_id), event)
    if first is not event:
        note_later_form(batch, channel, event)


def note_later_form(batch: SortedEvents, channel: UUID, event: IncomingMessage) -> None:
    """A message that is known already may still tell of an edit or of its deletion."""
    if event.deleted:
        gone = IncomingDeletion(event.channel, event.external_id, event.posted_at)
        batch.deletions.append((channel, gone))
    elif event.edited_at is not None:
        batch.edits.append(
            (
                channel,
                IncomingEdit(event.channel, event.external_id, event.text, event.edited_at),
            )
        )


async def lock_channels(session: AsyncSession, channels: Iterable[UUID]) -> None:
    """Be the only one to write to these channels until the transaction ends.

    Without it an edit could miss the message that another transaction is just adding.
    """
    keys = sorted(channel.int & 0x7FFF_FFFF_FFFF_FFFF for channel in channels)
    await session.execute(_LOCK, {"keys": keys})


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)
