"""The inbox of one channel: its threads by state, newest first."""

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "thread_channel_inbox_idx",
        "thread",
        ["agency_id", "workspace_id", "channel_id", "state", text("last_at desc"), "id"],
    )


def downgrade() -> None:
    op.drop_index("thread_channel_inbox_idx", "thread")
