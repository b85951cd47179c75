"""What the team keeps beside threads: labels, notes, drafts, saved replies and views."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from cmhub.models.base import Base, InWorkspace, refers, workspace_key, workspace_of


class Label(InWorkspace, Base):
    """A word that threads are sorted by; ``key`` is its name in lower case, once a workspace."""

    __tablename__ = "label"

    name: Mapped[str]
    key: Mapped[str]
    color: Mapped[str]
    created_at: Mapped[datetime]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        UniqueConstraint("agency_id", "workspace_id", "key"),
    )


class ThreadLabel(Base):
    """A label on a thread."""

    __tablename__ = "thread_label"

    agency_id: Mapped[UUID]
    workspace_id: Mapped[UUID]
    thread_id: Mapped[UUID]
    label_id: Mapped[UUID]
    __table_args__ = (
        PrimaryKeyConstraint("agency_id", "workspace_id", "thread_id", "label_id"),
        refers("thread_id", "thread"),
        refers("label_id", "label"),
        Index("thread_label_idx", "agency_id", "workspace_id", "label_id", "thread_id"),
    )


class Note(InWorkspace, Base):
    """What a user tells colleagues about a thread; no network ever sees it.

    ``mentions`` are the names of the users it calls, by their id. A deleted note is kept for a
    minute, so that it can be taken back.
    """

    __tablename__ = "note"

    thread_id: Mapped[UUID]
    user_id: Mapped[UUID]
    user_name: Mapped[str]
    body: Mapped[str]
    mentions: Mapped[dict[str, object]]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        refers("thread_id", "thread"),
        Index("note_thread_idx", "agency_id", "workspace_id", "thread_id", "created_at"),
        Index("note_deleted_idx", "deleted_at", postgresql_where=text("deleted_at is not null")),
    )


class Draft(Base):
    """An answer that a user has begun; ``begun_at`` is when they saw the thread it answers."""

    __tablename__ = "draft"

    agency_id: Mapped[UUID]
    workspace_id: Mapped[UUID]
    thread_id: Mapped[UUID]
    user_id: Mapped[UUID]
    body: Mapped[str]
    begun_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    __table_args__ = (
        PrimaryKeyConstraint("agency_id", "workspace_id", "thread_id", "user_id"),
        workspace_of(),
        refers("thread_id", "thread"),
    )


class SavedReply(InWorkspace, Base):
    """Words that the team often answers, by a shortcut; one of the languages may be empty."""

    __tablename__ = "saved_reply"

    shortcut: Mapped[str]
    body_fr: Mapped[str]
    body_en: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        UniqueConstraint("agency_id", "workspace_id", "shortcut"),
        CheckConstraint("body_fr <> '' or body_en <> ''", name="body"),
    )


class InboxView(InWorkspace, Base):
    """A filter of the inbox with a name: a user's own, or the workspace's when ``shared``."""

    __tablename__ = "inbox_view"

    user_id: Mapped[UUID]
    name: Mapped[str]
    shared: Mapped[bool]
    query: Mapped[dict[str, object]]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        Index("inbox_view_idx", "agency_id", "workspace_id", "user_id"),
        Index(
            "inbox_view_deleted_idx", "deleted_at", postgresql_where=text("deleted_at is not null")
        ),
    )
