"""What goes out to a network: replies, and measures against messages and members.

Each is a row with a state and a due time; a job is only a hint to look at it. ``failed_at`` is
when it failed for good the last time, ``dismissed_at`` when somebody put that aside.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from cmhub.models.base import Base, InWorkspace, refers, workspace_key, workspace_of


class Reply(InWorkspace, Base):
    """An answer of the team on its way to a thread; its id is the idempotency key."""

    __tablename__ = "reply"

    thread_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    user_id: Mapped[UUID]
    user_name: Mapped[str]
    reply_to: Mapped[str | None]
    body: Mapped[str]
    state: Mapped[str]
    external_id: Mapped[str | None]
    fault: Mapped[str | None]
    fault_params: Mapped[dict[str, object]]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        refers("thread_id", "thread"),
        refers("channel_id", "channel"),
        CheckConstraint(
            "state in ('planned', 'sending', 'sent', 'failed', 'unknown')", name="state"
        ),
        Index("reply_due_idx", "due_at"),
        Index(
            "reply_failed_idx",
            "agency_id",
            "workspace_id",
            "failed_at",
            postgresql_where=text("failed_at is not null"),
        ),
        Index("reply_thread_idx", "agency_id", "workspace_id", "thread_id"),
        Index("reply_created_idx", "agency_id", "workspace_id", "created_at"),
        Index(
            "reply_external_idx",
            "agency_id",
            "workspace_id",
            "channel_id",
            "external_id",
        ),
    )


class Measure(InWorkspace, Base):
    """Something done to a message or a member on the network, with its outcome.

    ``identity_id`` is the account that it is done to, or whose message it is.
    """

    __tablename__ = "measure"

    kind: Mapped[str]
    channel_id: Mapped[UUID]
    message_id: Mapped[UUID | None]
    member_id: Mapped[UUID]
    identity_id: Mapped[UUID]
    user_id: Mapped[UUID]
    user_name: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]
    fault: Mapped[str | None]
    fault_params: Mapped[dict[str, object]]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        refers("channel_id", "channel"),
        refers("message_id", "message"),
        refers("member_id", "member"),
        CheckConstraint("kind in ('delete', 'mute', 'unmute', 'ban', 'unban')", name="kind"),
        CheckConstraint(
            "state in ('planned', 'sending', 'confirmed', 'failed', 'unknown', 'undone')",
            name="state",
        ),
        Index("measure_due_idx", "due_at"),
        Index(
            "measure_failed_idx",
            "agency_id",
            "workspace_id",
            "failed_at",
            postgresql_where=text("failed_at is not null"),
        ),
        Index("measure_message_idx", "agency_id", "workspace_id", "message_id"),
        Index("measure_member_idx", "agency_id", "workspace_id", "member_id"),
        Index("measure_created_idx", "agency_id", "workspace_id", "created_at"),
    )
