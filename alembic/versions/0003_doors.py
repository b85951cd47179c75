"""The listed functions for what happens before a tenant is known.

Each answers to an exact secret or key, or gives ids only. They belong to a role that
cannot log in, and the application may do nothing to the tables behind them but this.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DOORS: dict[str, str] = {
    "find_user(wanted text)": """
        returns table (id uuid, name text, language text, password_hash text, confirmed boolean)
        language sql stable {secure} begin atomic
        select u.id, u.name, u.language, u.password_hash, u.confirmed_at is not null
        from public.user_account u where u.email = wanted;
        end""",
    "user_contact(wanted uuid)": """
        returns table (email text, name text, language text)
        language sql stable {secure} begin atomic
        select u.email, u.name, u.language from public.user_account u where u.id = wanted;
        end""",
    "create_user(new_id uuid, address text, full_name text, lang text, zone text, hash text)": """
        returns setof uuid language sql volatile {secure} begin atomic
        insert into public.user_account
            (id, email, name, language, time_zone, password_hash, created_at)
        values (new_id, address, full_name, lang, zone, hash, now())
        on conflict (email) do nothing returning id;
        end""",
    "open_session(new_id uuid, person uuid, hash bytea, browser text, place text,"
    " idle interval, longest interval)": """
        returns void language sql volatile {secure} begin atomic
        insert into public.user_session (id, user_id, token_hash, device, address,
            created_at, last_seen_at, idle_until, expires_at)
        values (new_id, person, hash, browser, place, now(), now(), now() + idle, now() + longest);
        end""",
    "resolve_session(hash bytea, idle interval)": """
        returns table (session_id uuid, user_id uuid, email text, name text, language text,
            time_zone text)
        language sql volatile {secure} begin atomic
        update public.user_session s set last_seen_at = now(), idle_until = now() + idle
        where s.token_hash = hash and s.last_seen_at < now() - interval '1 minute'
            and s.idle_until > now() and s.expires_at > now();
        select s.id, u.id, u.email, u.name, u.language, u.time_zone
        from public.user_session s join public.user_account u on u.id = s.user_id
        where s.token_hash = hash and s.idle_until > now() and s.expires_at > now();
        end""",
    "close_session(hash bytea)": """
        returns void language sql volatile {secure} begin atomic
        delete from public.user_session s where s.token_hash = hash;
        end""",
    "issue_token(new_id uuid, person uuid, kind text, hash bytea, lasting interval)": """
        returns void language sql volatile {secure} begin atomic
        insert into public.user_token (id, user_id, purpose, token_hash, expires_at)
        values (new_id, person, kind, hash, now() + lasting);
        end""",
    "token_is_good(kind text, hash bytea)": """
        returns boolean language sql stable {secure} begin atomic
        select exists (select from public.user_token t where t.token_hash = hash
            and t.purpose = kind and t.used_at is null and t.expires_at > now());
        end""",
    "confirm_user(hash bytea)": """
        returns setof uuid language sql volatile {secure} begin atomic
        with used as (
            update public.user_token t set used_at = now()
            where t.token_hash = hash and t.purpose = 'confirm'
                and t.used_at is null and t.expires_at > now()
            returning t.user_id)
        update public.user_account u set confirmed_at = coalesce(u.confirmed_at, now())
        from used where u.id = used.user_id returning u.id;
        end""",
    "reset_password(hash bytea, new_hash text)": """
        returns setof uuid language sql volatile {secure} begin atomic
        with used as (
            update public.user_token t set used_at = now()
            where t.token_hash = hash and t.purpose = 'reset'
                and t.used_at is null and t.expires_at > now()
            returning t.user_id),
        spent as (
            update public.user_token t set used_at = now() from used
            where t.user_id = used.user_id and t.token_hash <> hash and t.used_at is null),
        ended as (delete from public.user_session s using used where s.user_id = used.user_id)
        update public.user_account u
        set password_hash = new_hash, confirmed_at = coalesce(u.confirmed_at, now())
        from used where u.id = used.user_id returning u.id;
        end""",
    "set_preferences(hash bytea, lang text)": """
        returns void language sql volatile {secure} begin atomic
        update public.user_account u set language = lang
        from public.user_session s where s.token_hash = hash and s.user_id = u.id
            and s.idle_until > now() and s.expires_at > now();
        end""",
    "memberships_of(person uuid)": """
        returns table (agency_id uuid, agency_slug text, agency_name text, role text,
            workspace_id uuid, workspace_slug text, workspace_name text, time_zone text)
        language sql stable {secure} begin atomic
        select a.agency_id, a.slug, a.name, m.role, w.id, w.slug, w.name, w.time_zone
        from public.membership m
        join public.agency a on a.agency_id = m.agency_id
        left join public.workspace w on w.agency_id = m.agency_id and w.archived_at is null
            and (m.workspace_id is null or w.id = m.workspace_id)
        where m.user_id = person
        order by a.name, a.agency_id, w.name, w.id;
        end""",
    "claim_slug(wanted text, owner uuid)": """
        returns setof text language sql volatile {secure} begin atomic
        insert into public.agency_slug (slug, agency_id) values (wanted, owner)
        on conflict do nothing returning slug;
        end""",
    "find_workspace(agency text, wanted text)": """
        returns table (agency_id uuid, workspace_id uuid)
        language sql stable {secure} begin atomic
        select a.agency_id, w.id from public.agency_slug a
        left join public.workspace w on w.agency_id = a.agency_id and w.slug = wanted
        where a.slug = agency;
        end""",
    "due_work(wanted text, most integer)": """
        returns table (agency_id uuid, workspace_id uuid, id uuid)
        language sql stable {secure} begin atomic
        (select c.agency_id, c.workspace_id, c.id from public.connection c
         where wanted = 'connection' and c.due_at <= now()
            and coalesce(c.lease_until, '-infinity') < now() order by c.due_at limit most)
        union all
        (select c.agency_id, c.workspace_id, c.id from public.channel c
         where wanted = 'history' and c.history_due_at <= now() order by c.history_due_at limit most)
        union all
        (select r.agency_id, r.workspace_id, r.id from public.reply r
         where wanted = 'reply' and r.due_at <= now() order by r.due_at limit most)
        union all
        (select m.agency_id, m.workspace_id, m.id from public.measure m
         where wanted = 'measure' and m.due_at <= now() order by m.due_at limit most);
        end""",
    "take_token(wanted text, capacity double precision, per_second double precision)": """
        returns double precision language sql volatile {secure} begin atomic
        insert into public.rate_bucket as b (key, tokens, refilled_at)
        values (wanted, capacity - 1, now())
        on conflict (key) do update set
            tokens = least(capacity, b.tokens + case when b.tokens < 0 then 1 else 0 end
                + extract(epoch from now() - b.refilled_at) * per_second) - 1,
            refilled_at = now()
        returning case when b.tokens >= 0 then 0 else -b.tokens / per_second end;
        end""",
    "forget_expired()": """
        returns void language sql volatile {secure} begin atomic
        delete from public.user_session s
        where s.expires_at < now() - interval '7 days' or s.idle_until < now() - interval '7 days';
        delete from public.user_token t where t.expires_at < now() - interval '7 days';
        delete from public.rate_bucket b where b.refilled_at < now() - interval '1 day';
        end""",
}
SECURE = "security definer set search_path = pg_catalog, pg_temp"


def signature(door: str) -> str:
    """The door's name with the types of its arguments, as ``alter function`` wants it."""
    name, arguments = door.rstrip(")").split("(", 1)
    types = [argument.split(" ", 1)[1] for argument in arguments.split(", ") if argument]
    return f"{name}({', '.join(types)})"


def upgrade() -> None:
    op.execute("grant create on schema public to cmhub_resolver")
    for door, body in DOORS.items():
        op.execute(f"create function {door} {body.format(secure=SECURE)}")
        name = signature(door)
        op.execute(f"revoke all on function {name} from public")
        op.execute(f"grant execute on function {name} to cmhub_app")
        op.execute(f"alter function {name} owner to cmhub_resolver")
    op.execute("revoke create on schema public from cmhub_resolver")


def downgrade() -> None:
    for door in DOORS:
        op.execute(f"drop function {signature(door)}")
