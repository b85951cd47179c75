"""Row-level security: nothing without an agency, nothing outside its workspaces."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

AGENCY = "agency_id = (select nullif(current_setting('cmhub.agency_id', true), '')::uuid)"
REACH = "((select nullif(current_setting('cmhub.workspace_ids', true), '')::uuid[])::uuid[])"

WORKSPACE_TABLES = [
    "connection",
    "channel",
    "member",
    "identity",
    "thread",
    "message",
    "message_version",
    "reaction",
    "attachment",
    "early_event",
    "member_day",
    "reply",
    "measure",
]
OPTIONAL = ("membership", "data_key", "audit_event")
GLOBAL_TABLES = (
    "user_account",
    "user_session",
    "user_token",
    "agency_slug",
    "rate_bucket",
)
RESOLVED = (
    "agency",
    "membership",
    "workspace",
    "connection",
    "channel",
    "reply",
    "measure",
)


def conditions() -> dict[str, str]:
    """The one condition of each tenant table."""
    return {
        "agency": AGENCY,
        "workspace": f"{AGENCY} and id = any {REACH}",
        **dict.fromkeys(
            OPTIONAL, f"{AGENCY} and (workspace_id is null or workspace_id = any {REACH})"
        ),
        **dict.fromkeys(WORKSPACE_TABLES, f"{AGENCY} and workspace_id = any {REACH}"),
    }


def upgrade() -> None:
    for table, condition in conditions().items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy tenant on {table} to cmhub_app"
            f" using ({condition}) with check ({condition})"
        )
        op.execute(f"grant select, insert, update, delete on {table} to cmhub_app")
    op.execute("revoke update, delete on audit_event from cmhub_app")
    for table in GLOBAL_TABLES:
        op.execute(f"grant select, insert, update, delete on {table} to cmhub_resolver")
    for table in RESOLVED:
        op.execute(f"grant select on {table} to cmhub_resolver")
        op.execute(f"create policy resolve on {table} for select to cmhub_resolver using (true)")


def downgrade() -> None:
    for table in RESOLVED:
        op.execute(f"drop policy resolve on {table}")
        op.execute(f"revoke all on {table} from cmhub_resolver")
    for table in GLOBAL_TABLES:
        op.execute(f"revoke all on {table} from cmhub_resolver")
    for table in conditions():
        op.execute(f"revoke all on {table} from cmhub_app")
        op.execute(f"drop policy tenant on {table}")
        op.execute(f"alter table {table} disable row level security")
