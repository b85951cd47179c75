"""What Home remembers: when somebody was last there, and what one shift leaves to the next."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from cmhub.models.base import Base, InWorkspace, workspace_key, workspace_of


class HomeVisit(InWorkspace, Base):
    """A user's visit to a workspace.

    ``since`` is when the visit before ended, and nothing during the first; ``seen_at`` is when
    they last did something here. ``steps_away_at``: they have put the first steps away.
    """

    __tablename__ = "home_visit"

    user_id: Mapped[UUID]
    since: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    steps_away_at: Mapped[datetime | None]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        UniqueConstraint("agency_id", "workspace_id", "user_id"),
    )


class HandoverNote(InWorkspace, Base):
    """What one shift leaves to the next; ``facts`` is what was open, as the system found it."""

    __tablename__ = "handover_note"

    user_id: Mapped[UUID]
    user_name: Mapped[str]
    body: Mapped[str]
    facts: Mapped[dict[str, object]]
    left_at: Mapped[datetime]
    taken_by: Mapped[UUID | None]
    taken_name: Mapped[str | None]
    taken_at: Mapped[datetime | None]
    __table_args__ = (
        workspace_key(),
        workspace_of(),
        Index("handover_note_left_idx", "agency_id", "workspace_id", text("left_at desc"), "id"),
    )
