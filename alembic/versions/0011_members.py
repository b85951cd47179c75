"""Members: search over messages, the account behind each message, merged members, totals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cmhub.migrate import (
    IN_WORKSPACE,
    drop_doors,
    learn_tables,
    let_doors_read,
    make_doors,
    secure,
)
from cmhub.services.search.words import folded_line, vector

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BATCH = 5_000
READ = ("message", "member")
DOORS: dict[str, str] = {
    "find_messages(wanted text, place uuid, authors uuid[], since timestamptz, before timestamptz,"
    " before_id uuid, standing text, by_team boolean, newest integer, enough integer, most integer)": """
        returns table (message_id uuid, written_at timestamptz, rank real)
        language plpgsql stable {secure} as $$
        #variable_conflict use_column
        declare
            ours uuid := nullif(current_setting('cmhub.agency_id', true), '')::uuid;
            reach uuid[] := nullif(current_setting('cmhub.workspace_ids', true), '')::uuid[];
            asked tsquery := wanted::tsquery;
            edge timestamptz;
            edge_id uuid;
            found_so_far integer;
        begin
            if ours is null or reach is null or not place = any (reach) then
                return;
            end if;
            if authors is not null then
                return query
                    select h.id, h.posted_at, ts_rank(h.search, asked)
                    from unnest(authors) a(one)
                    cross join lateral (
                        select m.id, m.posted_at, m.search from public.message m
                        where m.agency_id = ours and m.workspace_id = place and m.member_id = a.one
                            and m.posted_at >= since and m.posted_at <= before
                            and (m.posted_at, m.id) < (before, before_id) and m.search @@ asked
                            and (standing is null or exists (select from public.thread t
                                where t.agency_id = ours and t.workspace_id = place
                                    and t.id = m.thread_id and t.state = standing))
                        order by m.posted_at desc limit most) h
                    order by h.posted_at desc, h.id desc limit most;
                return;
            end if;
            -- Where the newest messages end: up to there they are read one by one, which finds a
            -- common word at once; what is older is asked of the index, which finds a rare one.
            select m.posted_at, m.id into edge, edge_id from public.message m
            where m.agency_id = ours and m.workspace_id = place and m.posted_at >= since
                and (m.posted_at, m.id) < (before, before_id)
            order by m.posted_at desc, m.id desc offset newest limit 1;
            return query
                select m.id, m.posted_at, ts_rank(m.search, asked) from public.message m
                where m.agency_id = ours and m.workspace_id = place
                    and m.posted_at >= coalesce(edge, since)
                    and (m.posted_at, m.id) < (before, before_id)
                    and (edge is null or (m.posted_at, m.id) > (edge, edge_id))
                    and m.search @@ asked
                    and (by_team is null or by_team = (select p.team from public.member p
                        where p.agency_id = ours and p.workspace_id = place and p.id = m.member_id))
                    and (standing is null or exists (select from public.thread t
                        where t.agency_id = ours and t.workspace_id = place
                            and t.id = m.thread_id and t.state = standing))
                order by m.posted_at desc, m.id desc limit most;
            get diagnostics found_so_far = row_count;
            if edge is null or found_so_far >= enough then
                return;
            end if;
            return query
                with candidates as materialized (
                    select m.id, m.posted_at, m.search, m.agency_id, m.workspace_id, m.member_id,
                        m.thread_id
                    from public.message m where m.search @@ (select asked))
                select m.id, m.posted_at, ts_rank(m.search, asked) from candidates m
                where m.agency_id = ours and m.workspace_id = place
                    and m.posted_at >= since and (m.posted_at, m.id) <= (edge, edge_id)
                    and (by_team is null or by_team = (select p.team from public.member p
                        where p.agency_id = ours and p.workspace_id = place and p.id = m.member_id))
                    and (standing is null or exists (select from public.thread t
                        where t.agency_id = ours and t.workspace_id = place
                            and t.id = m.thread_id and t.state = standing))
                order by m.posted_at desc, m.id desc limit most - found_so_far;
        end $$""",
}


def upgrade() -> None:
    _identities()
    _totals()
    _search()
    _merges()
    for table in READ:
        let_doors_read(table)
    make_doors(DOORS)
    learn_tables()


def _identities() -> None:
    """Whose account wrote or was measured; until now a member had one on each network."""
    for table in ("message", "reaction", "measure"):
        op.add_column(table, sa.Column("identity_id", sa.Uuid(), nullable=True))
    for table in ("reaction", "measure"):
        op.execute(f"update {table} r set identity_id = {_account('r')}")
        op.alter_column(table, "identity_id", nullable=False)
    op.execute(
        "update early_event e set data = e.data || jsonb_build_object('identity', (select i.id"
        " from identity i where i.agency_id = e.agency_id and i.workspace_id = e.workspace_id"
        " and i.member_id = (e.data ->> 'member')::uuid limit 1))"
        " where e.key like 'reaction:%'"
    )
    op.drop_constraint("reaction_once_key", "reaction")
    op.create_unique_constraint(
        "reaction_once_key",
        "reaction",
        ["agency_id", "workspace_id", "message_id", "identity_id", "name", "external_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "reaction_member_idx",
        "reaction",
        ["agency_id", "workspace_id", "member_id", sa.text("at desc")],
    )


def _account(row: str) -> str:
    return (
        "(select i.id from identity i join channel c on c.agency_id = i.agency_id"
        " and c.workspace_id = i.workspace_id join connection n on n.agency_id = c.agency_id"
        " and n.workspace_id = c.workspace_id and n.id = c.connection_id"
        f" where c.agency_id = {row}.agency_id and c.workspace_id = {row}.workspace_id"
        f" and c.id = {row}.channel_id and i.member_id = {row}.member_id"
        " order by i.network = n.network desc, i.id limit 1)"
    )


def _totals() -> None:
    op.add_column("identity", sa.Column("sought", sa.Text(), nullable=False, server_default=""))
    op.add_column("member", sa.Column("sought", sa.Text(), nullable=False, server_default=""))
    for name in ("messages", "reactions"):
        op.add_column("member", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    for name in ("first_at", "last_at"):
        op.add_column("member", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("member", sa.Column("merged_into", sa.Uuid(), nullable=True))
    _fold_names()
    op.execute(
        """
        update member m set messages = s.messages, reactions = s.reactions,
            first_at = s.first_at, last_at = s.last_at
        from (select agency_id, workspace_id, member_id, count(*) filter (where said) as messages,
                count(*) filter (where not said) as reactions, min(at) as first_at,
                max(at) as last_at
            from (select agency_id, workspace_id, member_id, posted_at as at, true as said
                    from message where deleted_at is null
                union all select agency_id, workspace_id, member_id, at, false from reaction) d
            group by agency_id, workspace_id, member_id) s
        where m.agency_id = s.agency_id and m.workspace_id = s.workspace_id and m.id = s.member_id
        """
    )
    # Totals change with every batch: no index holds them, so that a row is written anew in place.
    op.execute("alter table member set (fillfactor = 80)")
    op.create_index(
        "member_day_member_idx",
        "member_day",
        ["agency_id", "workspace_id", "member_id", "day"],
    )


def _fold_names() -> None:
    run = op.get_bind().execute
    rows = run(sa.text("select agency_id, workspace_id, id, name, handle from identity")).all()
    for start in range(0, len(rows), BATCH):
        run(
            sa.text(
                "update identity i set sought = n.sought from unnest(cast(:ids as uuid[]),"
                " cast(:soughts as text[])) n(id, sought) where i.id = n.id"
            ),
            {
                "ids": [row.id for row in rows[start : start + BATCH]],
                "soughts": [
                    folded_line(row.name, row.handle) for row in rows[start : start + BATCH]
                ],
            },
        )
    members = run(sa.text("select id, name from member")).all()
    for start in range(0, len(members), BATCH):
        run(
            sa.text(
                "update member m set sought = n.name || E'\\n' || coalesce((select"
                " string_agg(i.sought, E'\\n' order by i.id) from identity i where i.agency_id ="
                " m.agency_id and i.workspace_id = m.workspace_id and i.member_id = m.id), '')"
                " from unnest(cast(:ids as uuid[]), cast(:names as text[])) n(id, name)"
                " where m.id = n.id"
            ),
            {
                "ids": [row.id for row in members[start : start + BATCH]],
                "names": [folded_line(row.name) for row in members[start : start + BATCH]],
            },
        )


def _search() -> None:
    """Write what messages are found by, a few thousand at a time; the indexes come after."""
    op.add_column("message", sa.Column("search", postgresql.TSVECTOR(), nullable=True))
    run = op.get_bind().execute
    last: dict[str, object] = {}
    while True:
        rows = run(
            sa.text(
                "select agency_id, workspace_id, id, channel_id, language, body,"
                " deleted_at is null as stands from message"
                + (
                    " where (agency_id, workspace_id, id) > (:agency, :workspace, :id)"
                    if last
                    else ""
                )
                + f" order by agency_id, workspace_id, id limit {BATCH}"
            ),
            last,
        ).all()
        if not rows:
            break
        run(
            sa.text(
                "update message m set search = cast(n.search as tsvector),"
                f" identity_id = {_account('m')}"
                " from unnest(cast(:agencies as uuid[]), cast(:workspaces as uuid[]),"
                " cast(:ids as uuid[]), cast(:searches as text[]))"
                " n(agency_id, workspace_id, id, search) where m.agency_id = n.agency_id"
                " and m.workspace_id = n.workspace_id and m.id = n.id"
            ),
            {
                "agencies": [row.agency_id for row in rows],
                "workspaces": [row.workspace_id for row in rows],
                "ids": [row.id for row in rows],
                "searches": [
                    vector(row.workspace_id, row.channel_id, row.language, row.body)
                    if row.stands
                    else None
                    for row in rows
                ],
            },
        )
        last = {
            "agency": rows[-1].agency_id,
            "workspace": rows[-1].workspace_id,
            "id": rows[-1].id,
        }
    op.alter_column("message", "identity_id", nullable=False)
    op.create_index(
        "message_recent_idx",
        "message",
        ["agency_id", "workspace_id", sa.text("posted_at desc"), sa.text("id desc")],
    )
    op.create_index("message_search_idx", "message", ["search"], postgresql_using="gin")


def _merges() -> None:
    op.create_table(
        "member_merge",
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("absorbed_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identities", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "workspace_id", "id", name="member_merge_pkey"),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "kept_id"],
            ["member.agency_id", "member.workspace_id", "member.id"],
            name="member_merge_agency_id_workspace_id_kept_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "workspace_id", "absorbed_id"],
            ["member.agency_id", "member.workspace_id", "member.id"],
            name="member_merge_agency_id_workspace_id_absorbed_id_fkey",
            ondelete="CASCADE",
        ),
    )
    for side in ("kept", "absorbed"):
        op.create_index(
            f"member_merge_{side}_idx",
            "member_merge",
            ["agency_id", "workspace_id", f"{side}_id"],
        )
    secure("member_merge", IN_WORKSPACE)


def downgrade() -> None:
    drop_doors(DOORS)
    for table in READ:
        op.execute(f"drop policy resolve on {table}")
        op.execute(f"revoke select on {table} from cmhub_resolver")
    op.drop_table("member_merge")
    op.drop_index("message_search_idx", "message")
    op.drop_index("message_recent_idx", "message")
    op.drop_column("message", "search")
    op.drop_index("member_day_member_idx", "member_day")
    op.execute("alter table member reset (fillfactor)")
    for name in ("sought", "messages", "reactions", "first_at", "last_at", "merged_into"):
        op.drop_column("member", name)
    op.drop_column("identity", "sought")
    op.drop_index("reaction_member_idx", "reaction")
    op.drop_constraint("reaction_once_key", "reaction")
    op.create_unique_constraint(
        "reaction_once_key",
        "reaction",
        ["agency_id", "workspace_id", "message_id", "member_id", "name", "external_id"],
        postgresql_nulls_not_distinct=True,
    )
    for table in ("message", "reaction", "measure"):
        op.drop_column(table, "identity_id")
