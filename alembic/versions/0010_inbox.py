"""The inbox: assignment, snooze, labels, notes, saved replies and views."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from cmhub.migrate import IN_WORKSPACE, drop_doors, let_doors_read, make_doors, secure

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("label", "thread_label", "note", "draft", "saved_reply", "inbox_view")
KEYS = ("agency_id", "workspace_id")
DOORS: dict[str, str] = {
    "due_inbox(wanted text, most integer)": """
        returns table (agency_id uuid, workspace_id uuid, id uuid)
        language sql stable {secure} begin atomic
        (select t.agency_id, t.workspace_id, t.id from public.thread t
         where wanted = 'snooze' and t.snoozed_until <= now() order by t.snoozed_until limit most)
        union all
        (select n.agency_id, n.workspace_id, n.id from public.note n
         where wanted = 'note' and n.deleted_at <= now() - interval '1 minute'
         order by n.deleted_at limit most)
        union all
        (select v.agency_id, v.workspace_id, v.id from public.inbox_view v
         where wanted = 'view' and v.deleted_at <= now() - interval '1 minute'
         order by v.deleted_at limit most);
        end""",
}


def _ids(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Uuid(), nullable=False) for name in names]


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _time(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _json(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False)


def _key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*KEYS, *names, name=f"{table}_pkey")


def _workspace(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        KEYS,
        ["workspace.agency_id", "workspace.id"],
        name=f"{table}_agency_id_workspace_id_fkey",
        ondelete="CASCADE",
    )


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [*KEYS, column],
        [f"{to}.agency_id", f"{to}.workspace_id", f"{to}.id"],
        name=f"{table}_agency_id_workspace_id_{column}_fkey",
        ondelete="CASCADE",
    )


def upgrade() -> None:
    _threads()
    _labels()
    _notes_and_drafts()
    _replies_and_views()
    for table in TABLES:
        secure(table, IN_WORKSPACE, resolved=table in ("note", "inbox_view"))
    let_doors_read("thread")
    make_doors(DOORS)


def _threads() -> None:
    op.add_column("thread", _time("snoozed_until", nullable=True))
    op.add_column("thread", sa.Column("assignee_id", sa.Uuid(), nullable=True))
    op.add_column("thread", sa.Column("assignee_name", sa.Text(), nullable=True))
    op.add_column("thread", sa.Column("language", sa.Text(), nullable=True))
    op.add_column(
        "thread", sa.Column("note_count", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_check_constraint(
        "snoozed", "thread", "(state = 'snoozed') = (snoozed_until is not null)"
    )
    newest = ["state", text("last_at desc"), "id"]
    op.create_index(
        "thread_snoozed_idx",
        "thread",
        ["snoozed_until"],
        postgresql_where=text("snoozed_until is not null"),
    )
    op.create_index(
        "thread_assignee_inbox_idx",
        "thread",
        [*KEYS, "assignee_id", *newest],
        postgresql_where=text("assignee_id is not null"),
    )
    op.create_index(
        "thread_noted_inbox_idx",
        "thread",
        [*KEYS, *newest],
        postgresql_where=text("note_count > 0"),
    )


def _labels() -> None:
    op.create_table(
        "label",
        *_ids(*KEYS, "id"),
        *_texts("name", "key", "color"),
        _time("created_at"),
        _key("label", "id"),
        _workspace("label"),
        sa.UniqueConstraint(*KEYS, "key", name="label_agency_id_workspace_id_key_key"),
    )
    op.create_table(
        "thread_label",
        *_ids(*KEYS, "thread_id", "label_id"),
        _key("thread_label", "thread_id", "label_id"),
        _refers("thread_label", "thread_id", "thread"),
        _refers("thread_label", "label_id", "label"),
    )
    op.create_index("thread_label_idx", "thread_label", [*KEYS, "label_id", "thread_id"])


def _notes_and_drafts() -> None:
    op.create_table(
        "note",
        *_ids(*KEYS, "id", "thread_id", "user_id"),
        *_texts("user_name", "body"),
        _json("mentions"),
        _time("created_at"),
        _time("edited_at", nullable=True),
        _time("deleted_at", nullable=True),
        _key("note", "id"),
        _workspace("note"),
        _refers("note", "thread_id", "thread"),
    )
    op.create_index("note_thread_idx", "note", [*KEYS, "thread_id", "created_at"])
    op.create_index(
        "note_deleted_idx",
        "note",
        ["deleted_at"],
        postgresql_where=text("deleted_at is not null"),
    )
    op.create_table(
        "draft",
        *_ids(*KEYS, "thread_id", "user_id"),
        *_texts("body"),
        _time("begun_at"),
        _time("updated_at"),
        _key("draft", "thread_id", "user_id"),
        _workspace("draft"),
        _refers("draft", "thread_id", "thread"),
    )


def _replies_and_views() -> None:
    op.create_table(
        "saved_reply",
        *_ids(*KEYS, "id"),
        *_texts("shortcut", "body_fr", "body_en"),
        _time("created_at"),
        _time("updated_at"),
        _key("saved_reply", "id"),
        _workspace("saved_reply"),
        sa.UniqueConstraint(
            *KEYS, "shortcut", name="saved_reply_agency_id_workspace_id_shortcut_key"
        ),
        sa.CheckConstraint("body_fr <> '' or body_en <> ''", name="saved_reply_body_check"),
    )
    op.create_table(
        "inbox_view",
        *_ids(*KEYS, "id", "user_id"),
        *_texts("name"),
        sa.Column("shared", sa.Boolean(), nullable=False),
        _json("query"),
        _time("created_at"),
        _time("deleted_at", nullable=True),
        _key("inbox_view", "id"),
        _workspace("inbox_view"),
    )
    op.create_index("inbox_view_idx", "inbox_view", [*KEYS, "user_id"])
    op.create_index(
        "inbox_view_deleted_idx",
        "inbox_view",
        ["deleted_at"],
        postgresql_where=text("deleted_at is not null"),
    )


def downgrade() -> None:
    drop_doors(DOORS)
    op.execute("drop policy resolve on thread")
    op.execute("revoke all on thread from cmhub_resolver")
    for table in ("thread_label", "label", "note", "draft", "saved_reply", "inbox_view"):
        op.drop_table(table)
    op.execute("update thread set state = 'open', snoozed_until = null where state = 'snoozed'")
    for index in ("thread_snoozed_idx", "thread_assignee_inbox_idx", "thread_noted_inbox_idx"):
        op.drop_index(index, "thread")
    op.drop_constraint("snoozed", "thread")
    for column in ("snoozed_until", "assignee_id", "assignee_name", "language", "note_count"):
        op.drop_column("thread", column)
