"""Users, their sessions and tokens: global rows that the application cannot read.

Only the functions of ``cmhub_resolver`` reach them, each by an exact secret or key.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from cmhub.models.base import (
    Base,
    InAgency,
    InWorkspace,
    agency_key,
    new_id,
    workspace_key,
    workspace_of,
)


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
    last_seen_at: Mapped[datetime | None]
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
    """What is good once: a mailed link, or the step between a password and its second factor.

    ``confirm`` an address, ``reset`` a password, change the ``email`` from ``former_email`` to
    the one named, or give the code of a second ``factor``.
    """

    __tablename__ = "user_token"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    email: Mapped[str | None]
    former_email: Mapped[str | None]
    __table_args__ = (
        Index(None, "user_id"),
        CheckConstraint("purpose in ('confirm', 'reset', 'email', 'factor')", name="purpose"),
    )


class UserKey(Base):
    """The key that opens secrets of one user, wrapped by the master key."""

    __tablename__ = "user_key"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime]


class UserFactor(Base):
    """A second factor (TOTP), kept once a code of it was right.

    ``last_step`` is the newest half-minute whose code was used: none is good twice.
    """

    __tablename__ = "user_factor"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    sealed: Mapped[bytes]
    last_step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code that stands in for the second factor once, stored hashed (SHA-256)."""

    __tablename__ = "recovery_code"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes]
    used_at: Mapped[datetime | None]
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)


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
    """The tenant: the company that subscribes.

    ``language`` and ``time_zone`` are what a new workspace begins with; ``logo`` names a file.
    """

    __tablename__ = "agency"

    agency_id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    slug: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="en")
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    logo: Mapped[str | None]
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


class Invitation(InAgency, Base):
    """A way in for an e-mail address, open until it is accepted, revoked or too old.

    ``roles`` are ``{"workspace": id or null, "role": name}``; the token of the newest mail is
    stored hashed.
    """

    __tablename__ = "invitation"

    email: Mapped[str]
    roles: Mapped[list[dict[str, str | None]]] = mapped_column(JSONB)
    language: Mapped[str]
    invited_by: Mapped[UUID]
    inviter: Mapped[str]
    token_hash: Mapped[bytes | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (
        agency_key(),
        ForeignKeyConstraint(["agency_id"], ["agency.agency_id"], ondelete="CASCADE"),
        Index(
            "invitation_open_idx",
            "agency_id",
            "email",
            unique=True,
            postgresql_where=text("accepted_at is null and revoked_at is null"),
        ),
    )


class Workspace(InAgency, Base):
    """One client's space inside the agency; the boundary of permission and of data.

    ``brand`` is its primary colour in the light theme, as ``#rrggbb``; ``logo`` names a file.
    ``hours`` are minutes of the day by weekday, see services/hours; none: around the clock.
    ``deletes_at`` is when an archived workspace will be gone for good.
    """

    __tablename__ = "workspace"

    slug: Mapped[str]
    name: Mapped[str]
    client: Mapped[str]
    time_zone: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    brand: Mapped[str | None]
    logo: Mapped[str | None]
    country: Mapped[str] = mapped_column(server_default="")
    region: Mapped[str] = mapped_column(server_default="")
    hours: Mapped[list[object] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    deletes_at: Mapped[datetime | None]
    __table_args__ = (
        agency_key(),
        UniqueConstraint("agency_id", "slug"),
        Index("workspace_deletes_idx", "deletes_at"),
    )


class SpecialDay(InWorkspace, Base):
    """A day with other hours than its weekday's; closed when it has none."""

    __tablename__ = "special_day"

    day: Mapped[date]
    name: Mapped[str]
    hours: Mapped[list[object]] = mapped_column(JSONB())
    created_at: Mapped[datetime]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        UniqueConstraint("agency_id", "workspace_id", "day"),
    )


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
        Index("audit_event_user_idx", "agency_id", "user_id", "at"),
        Index("audit_event_tag_idx", "agency_id", "tag", "at"),
    )
