"""Imports and exports of a workspace, with how far each has come."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from cmhub.models.base import Base, InWorkspace, workspace_key, workspace_of


class ImportRun(InWorkspace, Base):
    """One file on its way into the workspace.

    ``bytes_done`` of ``size`` are read; ``lines`` were records, of which ``added`` were new
    messages and ``rejected`` could not be used. ``due_at`` is when a worker may take it.
    """

    __tablename__ = "import_run"

    user_id: Mapped[UUID]
    user_name: Mapped[str]
    file_name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str | None]
    channel: Mapped[str | None]
    encoding: Mapped[str | None]
    keep_quotes: Mapped[bool]
    state: Mapped[str]
    bytes_done: Mapped[int] = mapped_column(BigInteger, default=0)
    lines: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str | None]
    fault_params: Mapped[dict[str, object]]
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        CheckConstraint(
            "state in ('waiting', 'running', 'done', 'failed', 'stopped')", name="state"
        ),
        Index("import_run_due_idx", "due_at"),
        Index("import_run_list_idx", "agency_id", "workspace_id", "created_at"),
    )


class ExportRun(InWorkspace, Base):
    """One export of the workspace: ``rows_done`` of about ``rows`` are written.

    The file is kept until ``expires_at``; ``due_at`` is when a worker may make it or remove it.
    """

    __tablename__ = "export_run"

    user_id: Mapped[UUID]
    user_name: Mapped[str]
    state: Mapped[str]
    rows: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        CheckConstraint(
            "state in ('waiting', 'running', 'done', 'failed', 'stopped', 'gone')", name="state"
        ),
        Index("export_run_due_idx", "due_at"),
        Index("export_run_list_idx", "agency_id", "workspace_id", "created_at"),
    )
