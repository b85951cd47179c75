"""What the planner knows of the community's tables before their first rows.

Of a table that was never analysed PostgreSQL assumes that agency and workspace tell rows apart.
Every index begins with them, so any index seems as good as the right one, and the first import
reads a whole workspace for each message. A few rows are analysed and taken away again: what was
learned of them stays until there is more to learn.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROWS = 24  # fewer changes than make the server analyse the emptied table again
TABLES = (
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
)
# A workspace belongs to one agency; without this their shares of the rows would be multiplied.
LARGE = ("member", "identity", "thread", "message", "reaction", "member_day")


def upgrade() -> None:
    for table in LARGE:
        op.execute(
            f"create statistics {table}_tenant (dependencies)"
            f" on agency_id, workspace_id from {table}"
        )
    op.execute(
        f"""
        do $$
        declare
            this_agency uuid := gen_random_uuid();
            this_workspace uuid := gen_random_uuid();
            known boolean := exists (select from agency);
            wanted text;
            names text;
            made text;
        begin
            if not known then
                insert into agency (agency_id, name, slug, created_at)
                    values (this_agency, '', '', now());
                insert into workspace (agency_id, id, slug, name, client, time_zone, created_at)
                    values (this_agency, this_workspace, '', '', '', '', now());
            end if;
            foreach wanted in array array{list(TABLES)} loop
                select string_agg(quote_ident(attname), ', '), string_agg(case
                    when attname = 'agency_id' then quote_literal(this_agency)
                    when attname = 'workspace_id' then quote_literal(this_workspace)
                    when attname = 'connection_id' then 'md5(''0'')::uuid'
                    when attname = 'channel_id' then 'md5((n % 2)::text)::uuid'
                    when attname = 'thread_id' then 'md5((n % 8)::text)::uuid'
                    when attname = 'kind' then
                        case wanted when 'channel' then '''community''' else '''delete''' end
                    when attname = 'state' then case wanted
                        when 'connection' then '''active''' when 'thread' then
                        '(array[''open'', ''done''])[1 + n % 2]' else '''sending''' end
                    when atttypid = 'uuid'::regtype then 'md5(n::text)::uuid'
                    when atttypid = 'text'::regtype then 'n::text'
                    when atttypid = 'timestamptz'::regtype then 'now() + n * interval ''1 hour'''
                    when atttypid = 'date'::regtype then 'current_date + n'
                    when atttypid = 'boolean'::regtype then 'false'
                    when atttypid = 'jsonb'::regtype then '''{{}}'''
                    else 'n' end, ', ')
                into names, made from pg_attribute
                where attrelid = wanted::regclass and attnum > 0 and not attisdropped
                    and (attnotnull or attname = 'external_id');
                if not known then
                    execute format('insert into %I (%s) select %s from generate_series(0, %s) n',
                        wanted, names, made, {ROWS - 1});
                end if;
                execute format('analyze %I', wanted);
            end loop;
            if not known then
                delete from workspace where agency_id = this_agency and id = this_workspace;
                delete from agency where agency_id = this_agency;
            end if;
        end $$
        """
    )


def downgrade() -> None:
    for table in LARGE:
        op.execute(f"drop statistics {table}_tenant")
