"""Workspaces: brand, languages, hours, holidays; the audit and the failed jobs."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cmhub.migrate import IN_WORKSPACE, drop_doors, make_doors, secure

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_AGENCY = "(select nullif(current_setting('cmhub.agency_id', true), '')::uuid)"
_OPEN = (
    "not exists (select from public.workspace w where w.agency_id = {0}.agency_id"
    " and w.id = {0}.workspace_id and w.archived_at is not null)"
)
_OURS = f"""(j.payload is not null
    and case when convert_from(j.payload, 'UTF8')::jsonb ->> 1 is null then exists (
            select from public.membership m where m.agency_id = {_AGENCY}
            and m.user_id = (convert_from(j.payload, 'UTF8')::jsonb ->> 0)::uuid)
        else (convert_from(j.payload, 'UTF8')::jsonb ->> 1)::uuid = {_AGENCY} end)"""
DOORS: dict[str, str] = {
    "memberships_of(person uuid)": """
        returns table (agency_id uuid, agency_slug text, agency_name text, agency_logo text,
            role text, workspace_id uuid, workspace_slug text, workspace_name text,
            time_zone text, brand text, logo text)
        language sql stable {secure} begin atomic
        select a.agency_id, a.slug, a.name, a.logo, m.role, w.id, w.slug, w.name, w.time_zone,
            w.brand, w.logo
        from public.membership m
        join public.agency a on a.agency_id = m.agency_id
        left join public.workspace w on w.agency_id = m.agency_id and w.archived_at is null
            and (m.workspace_id is null or w.id = m.workspace_id)
        where m.user_id = person
        order by a.name, a.agency_id, w.name, w.id;
        end""",
    "open_work(wanted text, most integer)": f"""
        returns table (agency_id uuid, workspace_id uuid, id uuid)
        language sql stable {{secure}} begin atomic
        (select c.agency_id, c.workspace_id, c.id from public.connection c
         where wanted = 'connection' and c.due_at <= now()
            and coalesce(c.lease_until, '-infinity') < now() and {_OPEN.format("c")}
         order by c.due_at limit most)
        union all
        (select c.agency_id, c.workspace_id, c.id from public.channel c
         where wanted = 'history' and c.history_due_at <= now() and {_OPEN.format("c")}
         order by c.history_due_at limit most)
        union all
        (select r.agency_id, r.workspace_id, r.id from public.reply r
         where wanted = 'reply' and r.due_at <= now() and {_OPEN.format("r")}
         order by r.due_at limit most)
        union all
        (select m.agency_id, m.workspace_id, m.id from public.measure m
         where wanted = 'measure' and m.due_at <= now() and {_OPEN.format("m")}
         order by m.due_at limit most);
        end""",
    "due_deletion(wanted text, most integer)": """
        returns table (agency_id uuid, workspace_id uuid, id uuid)
        language sql stable {secure} begin atomic
        select w.agency_id, null::uuid, w.id from public.workspace w
        where wanted = 'deletion' and w.deletes_at <= now() order by w.deletes_at limit most;
        end""",
    "archived_workspaces()": f"""
        returns setof uuid language sql stable {{secure}} begin atomic
        select w.id from public.workspace w
        where w.agency_id = {_AGENCY} and w.archived_at is not null;
        end""",
    "is_archived(agency uuid, space uuid)": """
        returns boolean language sql stable {secure} begin atomic
        select exists (select from public.workspace w where w.agency_id = agency
            and w.id = space and w.archived_at is not null);
        end""",
    "failed_jobs(most integer)": f"""
        returns table (job bigint, kind text, about uuid, space uuid, attempts integer,
            since timestamptz)
        language sql stable {{secure}} begin atomic
        select j.id, j.entrypoint, (convert_from(j.payload, 'UTF8')::jsonb ->> 0)::uuid,
            (convert_from(j.payload, 'UTF8')::jsonb ->> 2)::uuid, j.attempts, j.updated
        from jobs.pgqueuer j where j.status = 'failed' and {_OURS}
        order by j.updated desc, j.id limit most;
        end""",
    "settle_jobs(chosen bigint[], verb text)": f"""
        returns setof bigint language sql volatile {{secure}} begin atomic
        delete from jobs.pgqueuer j
        where j.status = 'canceled' and j.updated < now() - interval '7 days' and {_OURS};
        update jobs.pgqueuer j set updated = now(), queue_manager_id = null,
            status = case verb when 'retry' then 'queued' when 'dismiss' then 'canceled'
                else 'failed' end::jobs.pgqueuer_status,
            execute_after = case verb when 'retry' then now() else j.execute_after end,
            attempts = case verb when 'retry' then 0 else j.attempts end,
            dedupe_key = case verb when 'retry' then null else j.dedupe_key end
        where j.id = any (chosen) and {_OURS} and j.status = case verb
            when 'retry' then 'failed' when 'dismiss' then 'failed' when 'restore' then 'canceled'
            end::jobs.pgqueuer_status
        returning j.id;
        end""",
}
_CHANGED = "memberships_of(person uuid)"


def _former() -> Mapping[str, str]:
    """The door that this migration makes anew, as it was before it."""
    path = Path(__file__).with_name("0003_doors.py")
    spec = importlib.util.spec_from_file_location("doors_before", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {_CHANGED: module.DOORS[_CHANGED]}


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _word(name: str, default: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def upgrade() -> None:
    op.add_column("agency", _word("language", "en"))
    op.add_column("agency", _word("time_zone", "UTC"))
    op.add_column("agency", sa.Column("logo", sa.Text(), nullable=True))
    op.execute(
        "update agency a set language = u.language, time_zone = u.time_zone"
        " from membership m join user_account u on u.id = m.user_id"
        " where m.agency_id = a.agency_id and m.role = 'owner'"
    )
    languages = sa.Column(
        "languages", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"
    )
    hours = sa.Column("hours", postgresql.JSONB(none_as_null=True), nullable=True)
    for column in (
        languages, sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("logo", sa.Text(), nullable=True), _word("country", ""), _word("region", ""),
        hours, _time("deletes_at"),
    ):  # fmt: skip
        op.add_column("workspace", column)
    op.execute(
        "update workspace w set languages = array[a.language] from agency a"
        " where a.agency_id = w.agency_id"
    )
    op.create_index("workspace_deletes_idx", "workspace", ["deletes_at"])
    op.create_table(
        "special_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hours", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id"], ["workspace.agency_id", "workspace.id"],
            name=op.f("special_day_agency_id_workspace_id_fkey"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "agency_id", "workspace_id", "id", name=op.f("special_day_pkey")
        ),
        sa.UniqueConstraint(
            "agency_id", "workspace_id", "day",
            name=op.f("special_day_agency_id_workspace_id_day_key"),
        ),
    )  # fmt: skip
    secure("special_day", IN_WORKSPACE)
    for table in ("reply", "measure"):
        op.add_column(table, _time("failed_at"))
        op.add_column(table, _time("dismissed_at"))
        op.execute(
            f"update {table} set failed_at = created_at where state in ('failed', 'unknown')"
        )
        op.create_index(
            f"{table}_failed_idx", table, ["agency_id", "workspace_id", "failed_at"],
            postgresql_where=sa.text("failed_at is not null"),
        )  # fmt: skip
    op.add_column("connection", _time("dismissed_at"))
    op.create_index("audit_event_user_idx", "audit_event", ["agency_id", "user_id", "at"])
    op.create_index("audit_event_tag_idx", "audit_event", ["agency_id", "tag", "at"])
    op.execute("grant usage on schema jobs to cmhub_resolver")
    op.execute("grant select, update, delete on jobs.pgqueuer to cmhub_resolver")
    drop_doors({_CHANGED: ""})
    make_doors(DOORS)


def downgrade() -> None:
    drop_doors(DOORS)
    make_doors(_former())
    op.execute("revoke all on jobs.pgqueuer from cmhub_resolver")
    op.execute("revoke all on schema jobs from cmhub_resolver")
    op.drop_index("audit_event_tag_idx", "audit_event")
    op.drop_index("audit_event_user_idx", "audit_event")
    op.drop_column("connection", "dismissed_at")
    for table in ("reply", "measure"):
        op.drop_index(f"{table}_failed_idx", table)
        op.drop_column(table, "dismissed_at")
        op.drop_column(table, "failed_at")
    op.drop_table("special_day")
    op.drop_index("workspace_deletes_idx", "workspace")
    for column in ("deletes_at", "hours", "region", "country", "logo", "brand", "languages"):
        op.drop_column("workspace", column)
    for column in ("logo", "time_zone", "language"):
        op.drop_column("agency", column)
