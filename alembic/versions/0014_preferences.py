"""The appearance that a user has chosen, beside their language."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

DOORS: dict[str, str] = {
    "set_theme(hash bytea, look text)": """
        returns void language sql volatile {secure} begin atomic
        update public.user_account u set theme = look
        from public.user_session s where s.token_hash = hash and s.user_id = u.id
            and s.idle_until > now() and s.expires_at > now();
        end""",
    "preferences_of(hash bytea)": """
        returns table (language text, theme text)
        language sql stable {secure} begin atomic
        select u.language, u.theme from public.user_session s
        join public.user_account u on u.id = s.user_id
        where s.token_hash = hash and s.idle_until > now() and s.expires_at > now();
        end""",
}
SIGNATURES = {"set_theme": "set_theme(bytea, text)", "preferences_of": "preferences_of(bytea)"}
SECURE = "security definer set search_path = pg_catalog, pg_temp"


def upgrade() -> None:
    op.add_column(
        "user_account", sa.Column("theme", sa.Text(), server_default="system", nullable=False)
    )
    op.create_check_constraint("theme", "user_account", "theme in ('light', 'dark', 'system')")
    op.execute("grant create on schema public to cmhub_resolver")
    for door, body in DOORS.items():
        name = SIGNATURES[door.split("(", 1)[0]]
        op.execute(f"create function {door} {body.format(secure=SECURE)}")
        op.execute(f"revoke all on function {name} from public")
        op.execute(f"grant execute on function {name} to cmhub_app")
        op.execute(f"alter function {name} owner to cmhub_resolver")
    op.execute("revoke create on schema public from cmhub_resolver")


def downgrade() -> None:
    for name in SIGNATURES.values():
        op.execute(f"drop function {name}")
    op.drop_constraint("theme", "user_account")
    op.drop_column("user_account", "theme")
