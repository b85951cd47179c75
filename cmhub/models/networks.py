"""Connections to networks and the channels they reach."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cmhub.models.base import Base, InWorkspace, refers, workspace_key, workspace_of

SANDBOX = r"^https?://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?/sandbox/"
"""Where a simulated network may be, as a regular expression of PostgreSQL."""


class Connection(InWorkspace, Base):
    """A workspace's authorised link to a network; a simulated one leads to the sandbox only.

    ``cursor`` is committed with the batch it belongs to. ``lease_until`` says until when
    a worker alone may read this connection. ``due_at`` is when it is to be read next.
    ``dismissed_at`` is when somebody put its last fault aside.
    """

    __tablename__ = "connection"

    network: Mapped[str]
    label: Mapped[str]
    address: Mapped[str]
    account: Mapped[str]
    account_name: Mapped[str]
    secret: Mapped[bytes | None]
    state: Mapped[str]
    fault: Mapped[str | None]
    fault_params: Mapped[dict[str, object]]
    faulted_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[str | None]
    synced_at: Mapped[datetime | None]
    last_message_at: Mapped[datetime | None]
    lease_owner: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        UniqueConstraint("agency_id", "workspace_id", "network", "address", "account"),
        CheckConstraint(
            "state in ('active', 'trouble', 'reconnect', 'disconnected', 'history')",
            name="state",
        ),
        CheckConstraint(
            f"not starts_with(network, 'simulated_') or address ~ '{SANDBOX}'", name="simulated"
        ),
        Index("connection_due_idx", "due_at"),
    )


class Channel(InWorkspace, Base):
    """A room, feed or category that a connection reaches.

    ``history_cursor`` walks back to the channel's beginning; ``history_done`` says it is reached.
    """

    __tablename__ = "channel"

    connection_id: Mapped[UUID]
    external_id: Mapped[str]
    name: Mapped[str]
    topic: Mapped[str]
    kind: Mapped[str]
    member_count: Mapped[int | None]
    chosen: Mapped[bool]
    may_moderate: Mapped[bool]
    history_cursor: Mapped[str | None]
    history_done: Mapped[bool]
    history_due_at: Mapped[datetime | None]
    history_attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        refers("connection_id", "connection"),
        UniqueConstraint("agency_id", "workspace_id", "connection_id", "external_id"),
        CheckConstraint("kind in ('community', 'audience')", name="kind"),
        Index("channel_history_due_idx", "history_due_at"),
    )
