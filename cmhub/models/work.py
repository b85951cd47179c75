"""What users have to do, and what they are notified of."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from cmhub.models.base import Base, InAgency, InWorkspace, agency_key, workspace_key, workspace_of


class Task(InWorkspace, Base):
    """Something a user has to do.

    ``due_on`` and ``due_time`` are those of the workspace's clock; ``remind_at`` is when its
    notification is due, and empty once it is sent. A task that repeats leads to the one made when
    it was done by ``next_id``; ``repeat_day`` keeps the 31st through shorter months.
    """

    __tablename__ = "task"

    text: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    assignee_id: Mapped[UUID | None]
    assignee_name: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date | None]
    due_time: Mapped[time | None]
    repeats: Mapped[str] = mapped_column(default="never")
    repeat_day: Mapped[int | None]
    reference_kind: Mapped[str | None]
    reference_id: Mapped[UUID | None]
    next_id: Mapped[UUID | None]
    remind_at: Mapped[datetime | None]
    author_id: Mapped[UUID | None]
    author_name: Mapped[str]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(default="")
    deleted_at: Mapped[datetime | None]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        CheckConstraint(
            "repeats in ('never', 'daily', 'weekdays', 'weekly', 'monthly')", name="repeats"
        ),
        CheckConstraint(
            "(reference_kind is null) = (reference_id is null)"
            " and (due_on is not null or (due_time is null and repeats = 'never'))",
            name="whole",
        ),
        Index(
            "task_open_idx",
            "agency_id",
            "workspace_id",
            "due_on",
            postgresql_where=sql("done_at is null and deleted_at is null"),
        ),
        Index(
            "task_done_idx",
            "agency_id",
            "workspace_id",
            "done_at",
            postgresql_where=sql("done_at is not null and deleted_at is null"),
        ),
        Index("task_reference_idx", "agency_id", "workspace_id", "reference_id"),
        Index("task_remind_idx", "remind_at"),
    )


class Notification(InAgency, Base):
    """Something that one user is told; nobody else sees the row.

    ``mail_at`` is when its mail is due, and empty when there is none to send any more. Of one
    kind about one thing a user has at most one that is unread.
    """

    __tablename__ = "notification"

    workspace_id: Mapped[UUID | None]
    user_id: Mapped[UUID]
    kind: Mapped[str]
    reference_kind: Mapped[str]
    reference_id: Mapped[UUID]
    who: Mapped[str]
    params: Mapped[dict[str, object]]
    in_page: Mapped[bool]
    digest: Mapped[bool]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mail_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    __table_args__ = (
        agency_key(),
        ForeignKeyConstraint(
            ["agency_id", "workspace_id"],
            ["workspace.agency_id", "workspace.id"],
            ondelete="CASCADE",
        ),
        Index(
            "notification_unread_key",
            "agency_id",
            "user_id",
            "kind",
            "reference_id",
            unique=True,
            postgresql_where=sql("read_at is null"),
        ),
        Index("notification_user_idx", "agency_id", "user_id", "created_at"),
        Index("notification_mail_idx", "mail_at"),
    )


class NoticePreference(Base):
    """What a user wants to be told and how; what is not in ``choices`` is as it comes.

    Quiet hours are those of the user's own clock and may pass midnight.
    """

    __tablename__ = "notice_preference"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    choices: Mapped[dict[str, object]]
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
