"""Tasks, and what users are notified of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cmhub.migrate import IN_EITHER, IN_WORKSPACE, drop_doors, make_doors, secure

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ONESELF = "user_id = (select nullif(current_setting('cmhub.user_id', true), '')::uuid)"
DOORS: dict[str, str] = {
    "users_of(place uuid)": """
        returns table (id uuid, name text, roles text[])
        language sql stable {secure} begin atomic
        select u.id, u.name, array_agg(distinct m.role)
        from public.membership m join public.user_account u on u.id = m.user_id
        where m.agency_id = nullif(current_setting('cmhub.agency_id', true), '')::uuid
            and place = any (nullif(current_setting('cmhub.workspace_ids', true), '')::uuid[])
            and (m.workspace_id is null or m.workspace_id = place)
        group by u.id, u.name order by u.name, u.id;
        end""",
    "notice_reader(person uuid)": """
        returns table (email text, name text, language text, time_zone text, confirmed boolean,
            choices jsonb, quiet_from time, quiet_until time)
        language sql stable {secure} begin atomic
        select u.email, u.name, u.language, u.time_zone, u.confirmed_at is not null,
            coalesce(p.choices, '{{}}'), p.quiet_from, p.quiet_until
        from public.user_account u left join public.notice_preference p on p.user_id = u.id
        where u.id = person;
        end""",
    "choose_notice(person uuid, wanted text, way text, value text)": """
        returns setof uuid language sql volatile {secure} begin atomic
        insert into public.notice_preference as p (user_id, choices)
        select u.id, jsonb_build_object(wanted, jsonb_build_object(way, value))
        from public.user_account u where u.id = person
        on conflict (user_id) do update set choices = p.choices || jsonb_build_object(
            wanted, coalesce(p.choices -> wanted, '{{}}') || jsonb_build_object(way, value))
        returning p.user_id;
        end""",
    "keep_quiet(person uuid, starting time, ending time)": """
        returns setof uuid language sql volatile {secure} begin atomic
        insert into public.notice_preference as p (user_id, choices, quiet_from, quiet_until)
        select u.id, '{{}}', starting, ending from public.user_account u where u.id = person
        on conflict (user_id) do update set quiet_from = starting, quiet_until = ending
        returning p.user_id;
        end""",
    "due_notices(wanted text, most integer)": """
        returns table (agency_id uuid, workspace_id uuid, id uuid)
        language sql stable {secure} begin atomic
        (select n.agency_id, n.workspace_id, n.user_id from public.notification n
         where wanted = 'notice' and n.mail_at <= now()
         group by n.agency_id, n.workspace_id, n.user_id limit most)
        union all
        (select t.agency_id, t.workspace_id, t.id from public.task t
         where wanted = 'task' and t.remind_at <= now() order by t.remind_at limit most);
        end""",
}


def upgrade() -> None:
    _make_task()
    _make_notification()
    op.create_table(
        "notice_preference",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("choices", postgresql.JSONB(), nullable=False),
        sa.Column("quiet_from", sa.Time()),
        sa.Column("quiet_until", sa.Time()),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name="notice_preference_user_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name="notice_preference_pkey"),
    )
    op.execute("grant select, insert, update, delete on notice_preference to cmhub_resolver")
    secure("task", IN_WORKSPACE, resolved=True)
    secure("notification", IN_EITHER, resolved=True)
    # Colleagues share a workspace, but not what each of them is told.
    op.execute(
        "create policy own on notification as restrictive to cmhub_app"
        f" using ({ONESELF}) with check ({ONESELF})"
    )
    make_doors(DOORS)


def downgrade() -> None:
    drop_doors(DOORS)
    op.drop_table("notice_preference")
    op.drop_table("notification")
    op.drop_table("task")


def _make_task() -> None:
    op.create_table(
        "task",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("assignee_id", sa.Uuid()),
        sa.Column("assignee_name", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("due_time", sa.Time()),
        sa.Column("repeats", sa.Text(), nullable=False),
        sa.Column("repeat_day", sa.Integer()),
        sa.Column("reference_kind", sa.Text()),
        sa.Column("reference_id", sa.Uuid()),
        sa.Column("next_id", sa.Uuid()),
        sa.Column("remind_at", sa.DateTime(timezone=True)),
        sa.Column("author_id", sa.Uuid()),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "repeats in ('never', 'daily', 'weekdays', 'weekly', 'monthly')",
            name="task_repeats_check",
        ),
        sa.CheckConstraint(
            "(reference_kind is null) = (reference_id is null)"
            " and (due_on is not null or (due_time is null and repeats = 'never'))",
            name="task_whole_check",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id"],
            ["workspace.agency_id", "workspace.id"],
            name="task_agency_id_workspace_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name="task_pkey"),
    )
    where = "done_at is null and deleted_at is null"
    op.create_index(
        "task_open_idx",
        "task",
        ["agency_id", "workspace_id", "due_on"],
        postgresql_where=sa.text(where),
    )
    op.create_index(
        "task_done_idx",
        "task",
        ["agency_id", "workspace_id", "done_at"],
        postgresql_where=sa.text(where.replace("done_at is null", "done_at is not null")),
    )
    op.create_index("task_reference_idx", "task", ["agency_id", "workspace_id", "reference_id"])
    op.create_index("task_remind_idx", "task", ["remind_at"])


def _make_notification() -> None:
    op.create_table(
        "notification",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid()),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference_kind", sa.Text(), nullable=False),
        sa.Column("reference_id", sa.Uuid(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(), nullable=False),
        sa.Column("in_page", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("mail_at", sa.DateTime(timezone=True)),
        sa.Column("mailed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id"],
            ["workspace.agency_id", "workspace.id"],
            name="notification_agency_id_workspace_id_fkey",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name="notification_pkey"),
    )
    op.create_index(
        "notification_unread_key",
        "notification",
        ["agency_id", "user_id", "kind", "reference_id"],
        unique=True,
        postgresql_where=sa.text("read_at is null"),
    )
    op.create_index("notification_user_idx", "notification", ["agency_id", "user_id", "created_at"])
    op.create_index("notification_mail_idx", "notification", ["mail_at"])
