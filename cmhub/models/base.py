"""What all tables share: keys that carry the tenant, times in UTC, ids made here."""

import os
import time
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    DateTime,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import BYTEA, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562): 48 bits of milliseconds, then random bits.

    Made here because PostgreSQL has ``uuidv7()`` only from version 18 on.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[object, object]] = {
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        str: Text(),
        bytes: BYTEA,
        dict[str, object]: JSONB,
    }


class InAgency:
    """Rows of one agency; the primary key begins with it."""

    agency_id: Mapped[UUID] = mapped_column()
    id: Mapped[UUID] = mapped_column(default=new_id)


class InWorkspace:
    """Rows of one workspace; every key carries agency and workspace.

    So a foreign key cannot lead from one client's row to another's.
    """

    agency_id: Mapped[UUID] = mapped_column()
    workspace_id: Mapped[UUID] = mapped_column()
    id: Mapped[UUID] = mapped_column(default=new_id)


def agency_key() -> PrimaryKeyConstraint:
    """The primary key of a table of the agency."""
    return PrimaryKeyConstraint("agency_id", "id")


def workspace_key() -> PrimaryKeyConstraint:
    """The primary key of a table of a workspace."""
    return PrimaryKeyConstraint("agency_id", "workspace_id", "id")


def workspace_of() -> ForeignKeyConstraint:
    """The row goes with its workspace."""
    return ForeignKeyConstraint(
        ["agency_id", "workspace_id"],
        ["workspace.agency_id", "workspace.id"],
        ondelete="CASCADE",
    )


def refers(column: str, table: str, *, deferred: bool = False) -> ForeignKeyConstraint:
    """A foreign key to a row of the same agency and workspace."""
    return ForeignKeyConstraint(
        ["agency_id", "workspace_id", column],
        [f"{table}.agency_id", f"{table}.workspace_id", f"{table}.id"],
        ondelete="CASCADE",
        deferrable=deferred or None,
        initially="DEFERRED" if deferred else None,
    )
