"""The community: members, threads, messages and what hangs on them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from cmhub.models.base import Base, InWorkspace, refers, workspace_key, workspace_of


class Member(InWorkspace, Base):
    """A person in the client's community; ``team`` marks the client's own side.

    ``sought`` is the folded name, then a line with each identity's. ``messages`` and ``reactions``
    count what stands, ``first_at`` and ``last_at`` are when the first and the last of it was made.
    A member who was merged into another keeps an empty row, so that ids go on to lead somewhere.
    """

    __tablename__ = "member"

    name: Mapped[str]
    sought: Mapped[str] = mapped_column(server_default="")
    bot: Mapped[bool]
    team: Mapped[bool]
    messages: Mapped[int] = mapped_column(server_default="0")
    reactions: Mapped[int] = mapped_column(server_default="0")
    first_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    merged_into: Mapped[UUID | None]
    created_at: Mapped[datetime]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        Index(
            "member_aside_idx",
            *("agency_id", "workspace_id", "id"),
            postgresql_where=text("team or bot"),
        ),
    )


class Identity(InWorkspace, Base):
    """One member's account on one network; ``sought`` is its folded name and handle."""

    __tablename__ = "identity"

    member_id: Mapped[UUID]
    network: Mapped[str]
    external_id: Mapped[str]
    handle: Mapped[str]
    name: Mapped[str]
    sought: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (
        workspace_key(),
        refers("member_id", "member", deferred=True),
        UniqueConstraint("agency_id", "workspace_id", "network", "external_id"),
        Index(None, "agency_id", "workspace_id", "member_id"),
    )


class Thread(InWorkspace, Base):
    """A message and its replies; ``root`` is the network's id of the first message.

    ``state_at`` is when a user last moved it; until one does, history decides its state.
    ``assignee_name`` is what the assignee was called then, ``note_count`` how many notes stand.
    """

    __tablename__ = "thread"

    channel_id: Mapped[UUID]
    root: Mapped[str]
    state: Mapped[str]
    state_at: Mapped[datetime | None]
    started_at: Mapped[datetime]
    starter_id: Mapped[UUID]
    first_response_at: Mapped[datetime | None]
    last_at: Mapped[datetime]
    last_message_id: Mapped[UUID]
    message_count: Mapped[int]
    waiting_since: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    assignee_id: Mapped[UUID | None]
    assignee_name: Mapped[str | None]
    language: Mapped[str | None]
    note_count: Mapped[int] = mapped_column(default=0, server_default="0")
    __table_args__ = (
        workspace_key(),
        refers("channel_id", "channel"),
        UniqueConstraint("agency_id", "workspace_id", "channel_id", "root"),
        CheckConstraint("state in ('open', 'waiting', 'snoozed', 'done')", name="state"),
        CheckConstraint("(state = 'snoozed') = (snoozed_until is not null)", name="snoozed"),
        Index(
            "thread_snoozed_idx",
            "snoozed_until",
            postgresql_where=text("snoozed_until is not null"),
        ),
        Index(
            "thread_assignee_inbox_idx",
            *("agency_id", "workspace_id", "assignee_id", "state", text("last_at desc"), "id"),
            postgresql_where=text("assignee_id is not null"),
        ),
        Index(
            "thread_noted_inbox_idx",
            *("agency_id", "workspace_id", "state", text("last_at desc"), "id"),
            postgresql_where=text("note_count > 0"),
        ),
        Index(
            "thread_inbox_idx",
            "agency_id",
            "workspace_id",
            "state",
            text("last_at desc"),
            "id",
        ),
        Index(
            "thread_channel_inbox_idx",
            *("agency_id", "workspace_id", "channel_id", "state", text("last_at desc"), "id"),
        ),
        Index(
            "thread_started_idx",
            *("agency_id", "workspace_id", "started_at"),
            postgresql_include=["first_response_at", "starter_id"],
        ),
        Index(
            "thread_waiting_idx",
            *("agency_id", "workspace_id", "waiting_since"),
            postgresql_where=text("state = 'open' and waiting_since is not null"),
        ),
    )


class Message(InWorkspace, Base):
    """Anything a member or the team wrote on a channel.

    ``identity_id`` is the account that wrote it: it stays when its member is merged with another.
    ``search`` is what it is found by, see ``services.search.words``; a deleted message has none.
    """

    __tablename__ = "message"

    channel_id: Mapped[UUID]
    thread_id: Mapped[UUID]
    member_id: Mapped[UUID]
    identity_id: Mapped[UUID]
    external_id: Mapped[str]
    reply_to: Mapped[str | None]
    body: Mapped[str]
    language: Mapped[str | None]
    posted_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    ingested_at: Mapped[datetime]
    extra: Mapped[dict[str, object] | None]
    search: Mapped[str | None] = mapped_column(TSVECTOR, deferred=True)
    __table_args__ = (
        workspace_key(),
        refers("channel_id", "channel"),
        refers("thread_id", "thread", deferred=True),
        refers("member_id", "member", deferred=True),
        UniqueConstraint("agency_id", "workspace_id", "channel_id", "external_id"),
        Index(
            "message_thread_idx",
            "agency_id",
            "workspace_id",
            "thread_id",
            "posted_at",
            "id",
        ),
        Index(
            "message_member_idx",
            "agency_id",
            "workspace_id",
            "member_id",
            text("posted_at desc"),
        ),
        Index(
            "message_recent_idx",
            *("agency_id", "workspace_id", text("posted_at desc"), text("id desc")),
        ),
        Index("message_search_idx", "search", postgresql_using="gin"),
    )


class MessageVersion(InWorkspace, Base):
    """What an edited message said from ``at`` on; the first row is the original."""

    __tablename__ = "message_version"

    message_id: Mapped[UUID]
    at: Mapped[datetime]
    body: Mapped[str]
    __table_args__ = (
        workspace_key(),
        refers("message_id", "message"),
        UniqueConstraint("agency_id", "workspace_id", "message_id", "at"),
    )


class Reaction(InWorkspace, Base):
    """A member's reaction to a message; ``external_id`` where the network names it.

    ``identity_id`` is the account that gave it.
    """

    __tablename__ = "reaction"

    message_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    member_id: Mapped[UUID]
    identity_id: Mapped[UUID]
    name: Mapped[str]
    external_id: Mapped[str | None]
    at: Mapped[datetime]
    __table_args__ = (
        workspace_key(),
        refers("message_id", "message"),
        refers("member_id", "member", deferred=True),
        UniqueConstraint(
            *("agency_id", "workspace_id", "message_id", "identity_id", "name", "external_id"),
            name="reaction_once_key",
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "reaction_external_idx",
            "agency_id",
            "workspace_id",
            "channel_id",
            "external_id",
        ),
        Index("reaction_member_idx", "agency_id", "workspace_id", "member_id", text("at desc")),
    )


class Attachment(InWorkspace, Base):
    """A file that came with a message, where the network keeps it."""

    __tablename__ = "attachment"

    message_id: Mapped[UUID]
    position: Mapped[int]
    url: Mapped[str]
    media_type: Mapped[str]
    name: Mapped[str]
    __table_args__ = (
        workspace_key(),
        refers("message_id", "message"),
        UniqueConstraint("agency_id", "workspace_id", "message_id", "position"),
    )


class EarlyEvent(InWorkspace, Base):
    """An edit, deletion or reaction that came before its message, kept until it comes.

    ``key`` makes the same event twice one row.
    """

    __tablename__ = "early_event"

    channel_id: Mapped[UUID]
    target: Mapped[str]
    key: Mapped[str]
    data: Mapped[dict[str, object]]
    __table_args__ = (
        workspace_key(),
        refers("channel_id", "channel"),
        UniqueConstraint("agency_id", "workspace_id", "channel_id", "target", "key"),
    )


class MemberDay(Base):
    """What a member did on a channel on a day of the workspace's time zone."""

    __tablename__ = "member_day"

    agency_id: Mapped[UUID]
    workspace_id: Mapped[UUID]
    day: Mapped[date]
    channel_id: Mapped[UUID]
    member_id: Mapped[UUID]
    messages: Mapped[int]
    reactions: Mapped[int]
    __table_args__ = (
        PrimaryKeyConstraint("agency_id", "workspace_id", "day", "channel_id", "member_id"),
        refers("channel_id", "channel"),
        Index("member_day_member_idx", "agency_id", "workspace_id", "member_id", "day"),
    )


class MemberMerge(InWorkspace, Base):
    """Two members who are one person: ``absorbed_id`` went into ``kept_id``.

    ``identities`` are the accounts that came with the absorbed member; what they wrote goes back
    with them when the merge is taken back, also what they wrote since.
    """

    __tablename__ = "member_merge"

    kept_id: Mapped[UUID]
    absorbed_id: Mapped[UUID]
    name: Mapped[str]
    identities: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    user_id: Mapped[UUID | None]
    user_name: Mapped[str]
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    __table_args__ = (
        workspace_key(),
        refers("kept_id", "member"),
        refers("absorbed_id", "member"),
        Index("member_merge_kept_idx", "agency_id", "workspace_id", "kept_id"),
        Index("member_merge_absorbed_idx", "agency_id", "workspace_id", "absorbed_id"),
    )
