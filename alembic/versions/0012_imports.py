"""Imports and exports with their progress."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("import_run", "export_run")
TENANT = (
    "agency_id = (select nullif(current_setting('cmhub.agency_id', true), '')::uuid)"
    " and workspace_id = any"
    " ((select nullif(current_setting('cmhub.workspace_ids', true), '')::uuid[])::uuid[])"
)
SECURE = "security definer set search_path = pg_catalog, pg_temp"
DOORS: dict[str, str] = {
    "due_transfers(wanted text, most integer)": """
        returns table (agency_id uuid, workspace_id uuid, id uuid)
        language sql stable {secure} begin atomic
        (select i.agency_id, i.workspace_id, i.id from public.import_run i
         where wanted = 'import' and i.due_at <= now() order by i.due_at limit most)
        union all
        (select e.agency_id, e.workspace_id, e.id from public.export_run e
         where wanted = 'export' and e.due_at <= now() order by e.due_at limit most);
        end""",
    "workspaces_of(wanted uuid)": """
        returns setof uuid language sql stable {secure} begin atomic
        select w.id from public.workspace w where w.agency_id = wanted
        order by w.created_at, w.id;
        end""",
}
SIGNATURES = {
    "due_transfers(wanted text, most integer)": "due_transfers(text, integer)",
    "workspaces_of(wanted uuid)": "workspaces_of(uuid)",
}


def _shared(table: str, state: str) -> list[sa.Column[Any] | sa.Constraint]:
    return [
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(state, name=op.f(f"{table}_state_check")),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id"],
            ["workspace.agency_id", "workspace.id"],
            ondelete="CASCADE",
            name=op.f(f"{table}_agency_id_workspace_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f(f"{table}_pkey")),
    ]


def upgrade() -> None:
    op.create_table(
        "import_run",
        *_shared("import_run", "state in ('waiting', 'running', 'done', 'failed', 'stopped')"),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column("keep_quotes", sa.Boolean(), nullable=False),
        sa.Column("bytes_done", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("fault_params", JSONB(), nullable=False),
    )
    op.create_table(
        "export_run",
        *_shared(
            "export_run", "state in ('waiting', 'running', 'done', 'failed', 'stopped', 'gone')"
        ),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
    )
    for table in TABLES:
        op.create_index(f"{table}_due_idx", table, ["due_at"])
        op.create_index(f"{table}_list_idx", table, ["agency_id", "workspace_id", "created_at"])
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy tenant on {table} to cmhub_app using ({TENANT}) with check ({TENANT})"
        )
        op.execute(f"grant select, insert, update, delete on {table} to cmhub_app")
        op.execute(f"grant select on {table} to cmhub_resolver")
        op.execute(f"create policy resolve on {table} for select to cmhub_resolver using (true)")
    op.execute("grant create on schema public to cmhub_resolver")
    for door, body in DOORS.items():
        op.execute(f"create function {door} {body.format(secure=SECURE)}")
        name = SIGNATURES[door]
        op.execute(f"revoke all on function {name} from public")
        op.execute(f"grant execute on function {name} to cmhub_app")
        op.execute(f"alter function {name} owner to cmhub_resolver")
    op.execute("revoke create on schema public from cmhub_resolver")


def downgrade() -> None:
    for name in SIGNATURES.values():
        op.execute(f"drop function {name}")
    for table in TABLES:
        op.drop_table(table)
