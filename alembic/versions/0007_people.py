"""People: second factors, invitations, proven changes of address."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cmhub.migrate import IN_AGENCY, drop_doors, make_doors, secure

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SCOPE = "(select nullif(current_setting('cmhub.agency_id', true), '')::uuid)"
DOORS: dict[str, str] = {
    # As in 0003, and it notes when its user was last here.
    "resolve_session(hash bytea, idle interval)": """
        returns table (session_id uuid, user_id uuid, email text, name text, language text,
            time_zone text)
        language sql volatile {secure} begin atomic
        with seen as (
            update public.user_session s set last_seen_at = now(), idle_until = now() + idle
            where s.token_hash = hash and s.last_seen_at < now() - interval '1 minute'
                and s.idle_until > now() and s.expires_at > now()
            returning s.user_id)
        update public.user_account u set last_seen_at = now() from seen where u.id = seen.user_id;
        select s.id, u.id, u.email, u.name, u.language, u.time_zone
        from public.user_session s join public.user_account u on u.id = s.user_id
        where s.token_hash = hash and s.idle_until > now() and s.expires_at > now();
        end""",
    # As in 0003, and it notes that its user is here.
    "open_session(new_id uuid, person uuid, hash bytea, browser text, place text,"
    " idle interval, longest interval)": """
        returns void language sql volatile {secure} begin atomic
        insert into public.user_session (id, user_id, token_hash, device, address,
            created_at, last_seen_at, idle_until, expires_at)
        values (new_id, person, hash, browser, place, now(), now(), now() + idle, now() + longest);
        update public.user_account u set last_seen_at = now() where u.id = person;
        end""",
    "people_here(persons uuid[])": f"""
        returns table (id uuid, email text, name text, language text, last_seen_at timestamptz,
            factor boolean)
        language sql stable {{secure}} begin atomic
        select u.id, u.email, u.name, u.language, u.last_seen_at, f.user_id is not null
        from public.user_account u left join public.user_factor f on f.user_id = u.id
        where u.id = any (persons) and exists (
            select from public.membership m where m.user_id = u.id and m.agency_id = {SCOPE});
        end""",
    "held_places(person uuid)": """
        returns table (agency_id uuid, workspace_id uuid, role text)
        language sql stable {secure} begin atomic
        select m.agency_id, m.workspace_id, m.role from public.membership m
        where m.user_id = person order by m.agency_id, m.workspace_id;
        end""",
    "is_alone(person uuid, agency uuid)": """
        returns boolean language sql stable {secure} begin atomic
        select not exists (select from public.membership m
                where m.agency_id = agency and m.user_id <> person)
            and not exists (select from public.workspace w where w.agency_id = agency);
        end""",
    "release_slug(agency uuid)": """
        returns void language sql volatile {secure} begin atomic
        delete from public.agency_slug s where s.agency_id = agency
            and not exists (select from public.agency a where a.agency_id = agency);
        end""",
    "sessions_of(person uuid)": """
        returns table (id uuid, device text, address text, created_at timestamptz,
            last_seen_at timestamptz)
        language sql stable {secure} begin atomic
        select s.id, s.device, s.address, s.created_at, s.last_seen_at
        from public.user_session s
        where s.user_id = person and s.idle_until > now() and s.expires_at > now()
        order by s.last_seen_at desc, s.id;
        end""",
    "end_session(person uuid, wanted uuid)": """
        returns setof uuid language sql volatile {secure} begin atomic
        delete from public.user_session s where s.user_id = person and s.id = wanted
        returning s.id;
        end""",
    "end_sessions(person uuid, but uuid)": """
        returns setof uuid language sql volatile {secure} begin atomic
        delete from public.user_session s where s.user_id = person and s.id is distinct from but
        returning s.id;
        end""",
    "token_user(kind text, hash bytea)": """
        returns setof uuid language sql stable {secure} begin atomic
        select t.user_id from public.user_token t where t.token_hash = hash and t.purpose = kind
            and t.used_at is null and t.expires_at > now();
        end""",
    "use_token(kind text, hash bytea)": """
        returns setof uuid language sql volatile {secure} begin atomic
        update public.user_token t set used_at = now() where t.token_hash = hash
            and t.purpose = kind and t.used_at is null and t.expires_at > now()
        returning t.user_id;
        end""",
    "spend_tokens(person uuid, kind text)": """
        returns void language sql volatile {secure} begin atomic
        update public.user_token t set used_at = now()
        where t.user_id = person and t.purpose = kind and t.used_at is null;
        end""",
    "set_password(person uuid, new_hash text)": """
        returns void language sql volatile {secure} begin atomic
        update public.user_account u set password_hash = new_hash where u.id = person;
        update public.user_token t set used_at = now()
        where t.user_id = person and t.used_at is null;
        end""",
    "set_profile(person uuid, full_name text, lang text, zone text)": """
        returns void language sql volatile {secure} begin atomic
        update public.user_account u set name = full_name, language = lang, time_zone = zone
        where u.id = person;
        end""",
    "drop_user(person uuid)": """
        returns setof uuid language sql volatile {secure} begin atomic
        delete from public.user_account u where u.id = person
            and not exists (select from public.membership m where m.user_id = person)
        returning u.id;
        end""",
    # The new address waits in the token until the mail to it is made, which arms the token.
    "ask_email(new_id uuid, person uuid, mailbox text, hash bytea, lasting interval)": """
        returns void language sql volatile {secure} begin atomic
        insert into public.user_token
            (id, user_id, purpose, token_hash, email, former_email, expires_at)
        select new_id, u.id, 'email', hash, mailbox, u.email, now() + lasting
        from public.user_account u where u.id = person;
        end""",
    "arm_token(wanted uuid, hash bytea)": """
        returns table (email text, name text, language text)
        language sql volatile {secure} begin atomic
        update public.user_token t set token_hash = hash from public.user_account u
        where t.id = wanted and t.purpose = 'email' and u.id = t.user_id
            and t.used_at is null and t.expires_at > now()
        returning t.email, u.name, u.language;
        end""",
    "asked_email(person uuid)": """
        returns setof text language sql stable {secure} begin atomic
        select t.email from public.user_token t where t.user_id = person and t.purpose = 'email'
            and t.used_at is null and t.expires_at > now() order by t.id desc limit 1;
        end""",
    "change_email(hash bytea)": """
        returns table (id uuid, user_id uuid) language sql volatile {secure} begin atomic
        with used as (
            update public.user_token t set used_at = now()
            where t.token_hash = hash and t.purpose = 'email' and t.used_at is null
                and t.expires_at > now()
                and not exists (select from public.user_account o where o.email = t.email)
            returning t.id, t.user_id, t.email)
        update public.user_account u set email = used.email from used where u.id = used.user_id
        returning used.id, u.id;
        end""",
    "changed_email(wanted uuid)": """
        returns table (former_email text, email text, name text, language text)
        language sql stable {secure} begin atomic
        select t.former_email, t.email, u.name, u.language
        from public.user_token t join public.user_account u on u.id = t.user_id
        where t.id = wanted and t.purpose = 'email' and t.used_at is not null;
        end""",
    "user_key_of(person uuid, fresh bytea)": """
        returns bytea language sql volatile {secure} begin atomic
        insert into public.user_key as k (user_id, wrapped, created_at)
        values (person, fresh, now())
        on conflict (user_id) do update set wrapped = k.wrapped returning wrapped;
        end""",
    "factor_of(person uuid)": """
        returns table (sealed bytea, wrapped bytea, created_at timestamptz, codes integer)
        language sql stable {secure} begin atomic
        select f.sealed, k.wrapped, f.created_at,
            (select count(*)::integer from public.recovery_code c
             where c.user_id = person and c.used_at is null)
        from public.user_factor f join public.user_key k on k.user_id = f.user_id
        where f.user_id = person;
        end""",
    "keep_factor(person uuid, secret bytea, step bigint)": """
        returns setof uuid language sql volatile {secure} begin atomic
        insert into public.user_factor (user_id, sealed, last_step, created_at)
        values (person, secret, step, now()) on conflict (user_id) do nothing returning user_id;
        end""",
    "take_step(person uuid, step bigint)": """
        returns setof uuid language sql volatile {secure} begin atomic
        update public.user_factor f set last_step = step
        where f.user_id = person and f.last_step < step returning f.user_id;
        end""",
    "keep_codes(person uuid, ids uuid[], hashes bytea[])": """
        returns void language sql volatile {secure} begin atomic
        delete from public.recovery_code c where c.user_id = person;
        insert into public.recovery_code (id, user_id, code_hash)
        select given.id, person, given.hash from unnest(ids, hashes) as given (id, hash);
        end""",
    "take_code(person uuid, hash bytea)": """
        returns setof uuid language sql volatile {secure} begin atomic
        update public.recovery_code c set used_at = now()
        where c.user_id = person and c.code_hash = hash and c.used_at is null
        returning c.id;
        end""",
    "drop_factor(person uuid)": """
        returns void language sql volatile {secure} begin atomic
        delete from public.recovery_code c where c.user_id = person;
        delete from public.user_factor f where f.user_id = person;
        end""",
}
FORMER = ("resolve_session", "open_session")
"""Doors of 0003, here made anew; the older version does no harm."""
GLOBAL_TABLES = ("user_key", "user_factor", "recovery_code")


def upgrade() -> None:
    op.add_column("user_account", sa.Column("last_seen_at", sa.DateTime(timezone=True)))
    op.add_column("user_token", sa.Column("email", sa.Text()))
    op.add_column("user_token", sa.Column("former_email", sa.Text()))
    op.drop_constraint("user_token_purpose_check", "user_token")
    op.create_check_constraint(
        "purpose", "user_token", "purpose in ('confirm', 'reset', 'email', 'factor')"
    )
    _make_tables()
    for table in GLOBAL_TABLES:
        op.execute(f"grant select, insert, update, delete on {table} to cmhub_resolver")
    secure("invitation", IN_AGENCY)
    make_doors(DOORS)


def _make_tables() -> None:
    op.create_table(
        "user_key",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", postgresql.BYTEA(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="user_key_pkey"),
        _of_a_user("user_key"),
    )
    op.create_table(
        "user_factor",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", postgresql.BYTEA(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="user_factor_pkey"),
        _of_a_user("user_factor"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="recovery_code_pkey"),
        sa.UniqueConstraint("user_id", "code_hash", name="recovery_code_user_id_code_hash_key"),
        _of_a_user("recovery_code"),
    )
    op.create_table(
        "invitation",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("inviter", sa.Text(), nullable=False),
        sa.Column("token_hash", postgresql.BYTEA()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("accepted_by", sa.Uuid()),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id", name="invitation_pkey"),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.agency_id"], name="invitation_agency_id_fkey",
            ondelete="CASCADE",
        ),
    )  # fmt: skip
    op.create_index(
        "invitation_open_idx",
        "invitation",
        ["agency_id", "email"],
        unique=True,
        postgresql_where=sa.text("accepted_at is null and revoked_at is null"),
    )


def _of_a_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["user_account.id"], name=f"{table}_user_id_fkey", ondelete="CASCADE"
    )


def downgrade() -> None:
    drop_doors({door: body for door, body in DOORS.items() if not door.startswith(FORMER)})
    for table in ("invitation", *GLOBAL_TABLES):
        op.drop_table(table)
    op.execute("delete from user_token where purpose in ('email', 'factor')")
    op.drop_constraint("user_token_purpose_check", "user_token")
    op.create_check_constraint("purpose", "user_token", "purpose in ('confirm', 'reset')")
    op.drop_column("user_token", "former_email")
    op.drop_column("user_token", "email")
    op.drop_column("user_account", "last_seen_at")
