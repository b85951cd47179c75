"""Visits, hand-over notes and first steps; and what Home finds quickly."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from cmhub.migrate import learn_tables

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

AGENCY = "agency_id = (select nullif(current_setting('cmhub.agency_id', true), '')::uuid)"
REACH = "((select nullif(current_setting('cmhub.workspace_ids', true), '')::uuid[])::uuid[])"
TABLES = ("home_visit", "handover_note")


def _keys() -> list[sa.Column[object]]:
    return [
        sa.Column(name, sa.Uuid(), nullable=False) for name in ("agency_id", "workspace_id", "id")
    ]


def _constraints(table: str) -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=f"{table}_pkey"),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id"],
            ["workspace.agency_id", "workspace.id"],
            name=f"{table}_agency_id_workspace_id_fkey",
            ondelete="CASCADE",
        ),
    ]


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "home_visit",
        *_keys(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("since", moment, nullable=True),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("steps_away_at", moment, nullable=True),
        *_constraints("home_visit"),
        sa.UniqueConstraint(
            "agency_id",
            "workspace_id",
            "user_id",
            name="home_visit_agency_id_workspace_id_user_id_key",
        ),
    )
    op.create_table(
        "handover_note",
        *_keys(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("left_at", moment, nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("taken_name", sa.Text(), nullable=True),
        sa.Column("taken_at", moment, nullable=True),
        *_constraints("handover_note"),
    )
    op.create_index(
        "handover_note_left_idx",
        "handover_note",
        ["agency_id", "workspace_id", sa.text("left_at desc"), "id"],
    )
    condition = f"{AGENCY} and workspace_id = any {REACH}"
    for table in TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy tenant on {table} to cmhub_app"
            f" using ({condition}) with check ({condition})"
        )
        op.execute(f"grant select, insert, update, delete on {table} to cmhub_app")
    _indexes()


def _indexes() -> None:
    keys = ["agency_id", "workspace_id"]
    op.create_index(
        "thread_started_idx",
        "thread",
        [*keys, "started_at"],
        postgresql_include=["first_response_at", "starter_id"],
    )
    op.create_index(
        "thread_waiting_idx",
        "thread",
        [*keys, "waiting_since"],
        postgresql_where=sa.text("state = 'open' and waiting_since is not null"),
    )
    op.create_index(
        "member_aside_idx", "member", [*keys, "id"], postgresql_where=sa.text("team or bot")
    )
    op.create_index("reply_created_idx", "reply", [*keys, "created_at"])
    op.create_index("measure_created_idx", "measure", [*keys, "created_at"])
    learn_tables()


def downgrade() -> None:
    op.drop_index("measure_created_idx", "measure")
    op.drop_index("reply_created_idx", "reply")
    op.drop_index("member_aside_idx", "member")
    op.drop_index("thread_waiting_idx", "thread")
    op.drop_index("thread_started_idx", "thread")
    for table in reversed(TABLES):
        op.drop_table(table)
