"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("agency_pkey")),
    )
    op.create_table(
        "agency_slug",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("agency_slug_pkey")),
        sa.UniqueConstraint("agency_id", name=op.f("agency_slug_agency_id_key")),
    )
    op.create_table(
        "audit_event",
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("audit_event_pkey")),
    )
    op.create_index(
        op.f("audit_event_agency_id_at_idx"), "audit_event", ["agency_id", "at"], unique=False
    )
    op.create_index(
        op.f("audit_event_agency_id_workspace_id_at_idx"),
        "audit_event",
        ["agency_id", "workspace_id", "at"],
        unique=False,
    )
    op.create_table(
        "data_key",
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("wrapped", postgresql.BYTEA(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("data_key_pkey")),
        sa.UniqueConstraint(
            "agency_id",
            "workspace_id",
            name=op.f("data_key_agency_id_workspace_id_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "membership",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "role in ('owner','admin','manager','moderator','mediator','analyst','client') and (workspace_id is null) = (role in ('owner','admin'))",
            name=op.f("membership_role_check"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("membership_pkey")),
        sa.UniqueConstraint(
            "agency_id",
            "user_id",
            "workspace_id",
            "role",
            name=op.f("membership_agency_id_user_id_workspace_id_role_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("membership_user_id_idx"), "membership", ["user_id"], unique=False)
    op.create_table(
        "rate_bucket",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("refilled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("rate_bucket_pkey")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("user_account_pkey")),
        sa.UniqueConstraint("email", name=op.f("user_account_email_key")),
    )
    op.create_table(
        "workspace",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("workspace_pkey")),
        sa.UniqueConstraint("agency_id", "slug", name=op.f("workspace_agency_id_slug_key")),
    )
    op.create_table(
        "connection",
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("secret", postgresql.BYTEA(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("fault_params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("faulted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state in ('active', 'trouble', 'reconnect', 'disconnected', 'history')",
            name=op.f("connection_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id"],
            ["workspace.agency_id", "workspace.id"],
            name=op.f("connection_agency_id_workspace_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f("connection_pkey")),
        sa.UniqueConstraint(
            "agency_id",
            "workspace_id",
            "network",
            "address",
            "account",
            name=op.f("connection_agency_id_workspace_id_network_address_account_key"),
        ),
    )
    op.create_index("connection_due_idx", "connection", ["due_at"], unique=False)
    op.create_table(
        "member",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bot", sa.Boolean(), nullable=False),
        sa.Column("team", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id"],
            ["workspace.agency_id", "workspace.id"],
            name=op.f("member_agency_id_workspace_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f("member_pkey")),
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("user_session_user_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("user_session_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("user_session_token_hash_key")),
    )
    op.create_index(op.f("user_session_user_id_idx"), "user_session", ["user_id"], unique=False)
    op.create_table(
        "user_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose in ('confirm', 'reset')", name=op.f("user_token_purpose_check")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("user_token_user_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("user_token_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("user_token_token_hash_key")),
    )
    op.create_index(op.f("user_token_user_id_idx"), "user_token", ["user_id"], unique=False)
    op.create_table(
        "channel",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("member_count", sa.Integer(), nullable=True),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("may_moderate", sa.Boolean(), nullable=False),
        sa.Column("history_cursor", sa.Text(), nullable=True),
        sa.Column("history_done", sa.Boolean(), nullable=False),
        sa.Column("history_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("history_attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind in ('community', 'audience')", name=op.f("channel_kind_check")),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "connection_id"],
            ["connection.agency_id", "connection.workspace_id", "connection.id"],
            name=op.f("channel_agency_id_workspace_id_connection_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id"],
            ["workspace.agency_id", "workspace.id"],
            name=op.f("channel_agency_id_workspace_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f("channel_pkey")),
        sa.UniqueConstraint(
            "agency_id",
            "workspace_id",
            "connection_id",
            "external_id",
            name=op.f("channel_agency_id_workspace_id_connection_id_external_id_key"),
        ),
    )
    op.create_index("channel_history_due_idx", "channel", ["history_due_at"], unique=False)
    op.create_table(
        "identity",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "member_id"],
            ["member.agency_id", "member.workspace_id", "member.id"],
            name=op.f("identity_agency_id_workspace_id_member_id_fkey"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f("identity_pkey")),
        sa.UniqueConstraint(
            "agency_id",
            "workspace_id",
            "network",
            "external_id",
            name=op.f("identity_agency_id_workspace_id_network_external_id_key"),
        ),
    )
    op.create_index(
        op.f("identity_agency_id_workspace_id_member_id_idx"),
        "identity",
        ["agency_id", "workspace_id", "member_id"],
        unique=False,
    )
    op.create_table(
        "early_event",
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "channel_id"],
            ["channel.agency_id", "channel.workspace_id", "channel.id"],
            name=op.f("early_event_agency_id_workspace_id_channel_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f("early_event_pkey")),
        sa.UniqueConstraint(
            "agency_id",
            "workspace_id",
            "channel_id",
            "target",
            "key",
            name=op.f("early_event_agency_id_workspace_id_channel_id_target_key_key"),
        ),
    )
    op.create_table(
        "member_day",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("reactions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "channel_id"],
            ["channel.agency_id", "channel.workspace_id", "channel.id"],
            name=op.f("member_day_agency_id_workspace_id_channel_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "agency_id",
            "workspace_id",
            "day",
            "channel_id",
            "member_id",
            name=op.f("member_day_pkey"),
        ),
    )
    op.create_table(
        "thread",
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starter_id", sa.Uuid(), nullable=False),
        sa.Column("first_response_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_id", sa.Uuid(), nullable=False),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state in ('open', 'waiting', 'snoozed', 'done')", name=op.f("thread_state_check")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "channel_id"],
            ["channel.agency_id", "channel.workspace_id", "channel.id"],
            name=op.f("thread_agency_id_workspace_id_channel_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f("thread_pkey")),
        sa.UniqueConstraint(
            "agency_id",
            "workspace_id",
            "channel_id",
            "root",
            name=op.f("thread_agency_id_workspace_id_channel_id_root_key"),
        ),
    )
    op.create_index(
        "thread_inbox_idx",
        "thread",
        ["agency_id", "workspace_id", "state", sa.literal_column("last_at desc"), "id"],
        unique=False,
    )
    op.create_table(
        "message",
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ingested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "channel_id"],
            ["channel.agency_id", "channel.workspace_id", "channel.id"],
            name=op.f("message_agency_id_workspace_id_channel_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "member_id"],
            ["member.agency_id", "member.workspace_id", "member.id"],
            name=op.f("message_agency_id_workspace_id_member_id_fkey"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "thread_id"],
            ["thread.agency_id", "thread.workspace_id", "thread.id"],
            name=op.f("message_agency_id_workspace_id_thread_id_fkey"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f("message_pkey")),
        sa.UniqueConstraint(
            "agency_id",
            "workspace_id",
            "channel_id",
            "external_id",
            name=op.f("message_agency_id_workspace_id_channel_id_external_id_key"),
        ),
    )
    op.create_index(
        "message_member_idx",
        "message",
        ["agency_id", "workspace_id", "member_id", sa.literal_column("posted_at desc")],
        unique=False,
    )
    op.create_index(
        "message_thread_idx",
        "message",
        ["agency_id", "workspace_id", "thread_id", "posted_at", "id"],
        unique=False,
    )
    op.create_table(
        "reply",
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("fault_params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state in ('planned', 'sending', 'sent', 'failed', 'unknown')",
            name=op.f("reply_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "channel_id"],
            ["channel.agency_id", "channel.workspace_id", "channel.id"],
            name=op.f("reply_agency_id_workspace_id_channel_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "thread_id"],
            ["thread.agency_id", "thread.workspace_id", "thread.id"],
            name=op.f("reply_agency_id_workspace_id_thread_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id"],
            ["workspace.agency_id", "workspace.id"],
            name=op.f("reply_agency_id_workspace_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f("reply_pkey")),
    )
    op.create_index("reply_due_idx", "reply", ["due_at"], unique=False)
    op.create_index(
        "reply_external_idx",
        "reply",
        ["agency_id", "workspace_id", "channel_id", "external_id"],
        unique=False,
    )
    op.create_index(
        "reply_thread_idx", "reply", ["agency_id", "workspace_id", "thread_id"], unique=False
    )
    op.create_table(
        "attachment",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "message_id"],
            ["message.agency_id", "message.workspace_id", "message.id"],
            name=op.f("attachment_agency_id_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f("attachment_pkey")),
        sa.UniqueConstraint(
            "agency_id",
            "workspace_id",
            "message_id",
            "position",
            name=op.f("attachment_agency_id_workspace_id_message_id_position_key"),
        ),
    )
    op.create_table(
        "measure",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("fault_params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind in ('delete', 'mute', 'unmute', 'ban', 'unban')", name=op.f("measure_kind_check")
        ),
        sa.CheckConstraint(
            "state in ('planned', 'sending', 'confirmed', 'failed', 'unknown', 'undone')",
            name=op.f("measure_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "channel_id"],
            ["channel.agency_id", "channel.workspace_id", "channel.id"],
            name=op.f("measure_agency_id_workspace_id_channel_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "member_id"],
            ["member.agency_id", "member.workspace_id", "member.id"],
            name=op.f("measure_agency_id_workspace_id_member_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "message_id"],
            ["message.agency_id", "message.workspace_id", "message.id"],
            name=op.f("measure_agency_id_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id"],
            ["workspace.agency_id", "workspace.id"],
            name=op.f("measure_agency_id_workspace_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f("measure_pkey")),
    )
    op.create_index("measure_due_idx", "measure", ["due_at"], unique=False)
    op.create_index(
        "measure_member_idx", "measure", ["agency_id", "workspace_id", "member_id"], unique=False
    )
    op.create_index(
        "measure_message_idx", "measure", ["agency_id", "workspace_id", "message_id"], unique=False
    )
    op.create_table(
        "message_version",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "message_id"],
            ["message.agency_id", "message.workspace_id", "message.id"],
            name=op.f("message_version_agency_id_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "agency_id", "workspace_id", "id", name=op.f("message_version_pkey")
        ),
        sa.UniqueConstraint(
            "agency_id",
            "workspace_id",
            "message_id",
            "at",
            name=op.f("message_version_agency_id_workspace_id_message_id_at_key"),
        ),
    )
    op.create_table(
        "reaction",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "member_id"],
            ["member.agency_id", "member.workspace_id", "member.id"],
            name=op.f("reaction_agency_id_workspace_id_member_id_fkey"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "message_id"],
            ["message.agency_id", "message.workspace_id", "message.id"],
            name=op.f("reaction_agency_id_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name=op.f("reaction_pkey")),
        sa.UniqueConstraint(
            "agency_id",
            "workspace_id",
            "message_id",
            "member_id",
            "name",
            "external_id",
            name="reaction_once_key",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "reaction_external_idx",
        "reaction",
        ["agency_id", "workspace_id", "channel_id", "external_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("reaction_external_idx", table_name="reaction")
    op.drop_table("reaction")
    op.drop_table("message_version")
    op.drop_index("measure_message_idx", table_name="measure")
    op.drop_index("measure_member_idx", table_name="measure")
    op.drop_index("measure_due_idx", table_name="measure")
    op.drop_table("measure")
    op.drop_table("attachment")
    op.drop_index("reply_thread_idx", table_name="reply")
    op.drop_index("reply_external_idx", table_name="reply")
    op.drop_index("reply_due_idx", table_name="reply")
    op.drop_table("reply")
    op.drop_index("message_thread_idx", table_name="message")
    op.drop_index("message_member_idx", table_name="message")
    op.drop_table("message")
    op.drop_index("thread_inbox_idx", table_name="thread")
    op.drop_table("thread")
    op.drop_table("member_day")
    op.drop_table("early_event")
    op.drop_index(op.f("identity_agency_id_workspace_id_member_id_idx"), table_name="identity")
    op.drop_table("identity")
    op.drop_index("channel_history_due_idx", table_name="channel")
    op.drop_table("channel")
    op.drop_index(op.f("user_token_user_id_idx"), table_name="user_token")
    op.drop_table("user_token")
    op.drop_index(op.f("user_session_user_id_idx"), table_name="user_session")
    op.drop_table("user_session")
    op.drop_table("member")
    op.drop_index("connection_due_idx", table_name="connection")
    op.drop_table("connection")
    op.drop_table("workspace")
    op.drop_table("user_account")
    op.drop_table("rate_bucket")
    op.drop_index(op.f("membership_user_id_idx"), table_name="membership")
    op.drop_table("membership")
    op.drop_table("data_key")
    op.drop_index(op.f("audit_event_agency_id_workspace_id_at_idx"), table_name="audit_event")
    op.drop_index(op.f("audit_event_agency_id_at_idx"), table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_table("agency_slug")
    op.drop_table("agency")
