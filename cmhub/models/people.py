"""Users, their sessions and tokens: global rows that the application cannot read.

Only the functions of ``cmhub_resolver`` reach them, each by an exact secret or key.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cmhub.models.base import Base, InAgency, agency_key, new_id


class UserAccount(Base):
    """A person who signs in; the e-mail address is kept in lower case."""

    __tablename__ = "user_account"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str]
    time_zone: Mapped[str]
    password_hash: Mapped[str]
    theme: Mapped[str] = mapped_column(server_default="system")
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    __table_args__ = (CheckConstraint("theme in ('light', 'dark', 'system')", name="theme"),)


class UserSession(Base):
    """One signed-in browser; the cookie's token is stored hashed (SHA-256)."""

    __tablename__ = "user_session"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    device: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    idle_until: Mapped[datetime]
    expires_at: Mapped[datetime]
    __table_args__ = (Index(None, "user_id"),)


class UserToken(Base):
    """A link sent by mail, good once: ``confirm`` an address or ``reset`` a password."""

    __tablename__ = "user_token"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    __table_args__ = (
        Index(None, "user_id"),
        CheckConstraint("purpose in ('confirm', 'reset')", name="purpose"),
    )


class AgencySlug(Base):
    """The directory of agencies: which address belongs to which."""

    __tablename__ = "agency_slug"

    slug: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[UUID] = mapped_column(unique=True)


class RateBucket(Base):
    """A token bucket by key, for whatever a stranger can knock at."""

    __tablename__ = "rate_bucket"

    key: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float]
    refilled_at: Mapped[datetime]


class Agency(Base):
    """The tenant: the company that subscribes."""

    __tablename__ = "agency"

    agency_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    slug: Mapped[str]
    created_at: Mapped[datetime]


class Membership(InAgency, Base):
    """What a user may do in the agency, or in one workspace of it."""

    __tablename__ = "membership"

    user_id: Mapped[UUID]
    workspace_id: Mapped[UUID | None]
    role: Mapped[str]
    created_at: Mapped[datetime]
    __table_args__ = (
        agency_key(),
        UniqueConstraint(
            "agency_id",
            "user_id",
            "workspace_id",
            "role",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(
            "role in ('owner','admin','manager','moderator','mediator','analyst','client')"
            " and (workspace_id is null) = (role in ('owner','admin'))",
            name="role",
        ),
        Index(None, "user_id"),
    )


class Workspace(InAgency, Base):
    """One client's space inside the agency; the boundary of permission and of data."""

    __tablename__ = "workspace"

    slug: Mapped[str]
    name: Mapped[str]
    client: Mapped[str]
    time_zone: Mapped[str]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    __table_args__ = (agency_key(), UniqueConstraint("agency_id", "slug"))


class DataKey(InAgency, Base):
    """A key that opens secrets of one scope, wrapped by the master key."""

    __tablename__ = "data_key"

    workspace_id: Mapped[UUID | None]
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime]
    __table_args__ = (
        agency_key(),
        UniqueConstraint("agency_id", "workspace_id", postgresql_nulls_not_distinct=True),
    )


class AuditEvent(InAgency, Base):
    """Who did what, when, to what. Rows can be added and read, never changed."""

    __tablename__ = "audit_event"

    workspace_id: Mapped[UUID | None]
    at: Mapped[datetime]
    user_id: Mapped[UUID | None]
    actor: Mapped[str]
    address: Mapped[str]
    tag: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[UUID]
    data: Mapped[dict[str, object]]
    __table_args__ = (
        agency_key(),
        Index(None, "agency_id", "at"),
        Index(None, "agency_id", "workspace_id", "at"),
    )
