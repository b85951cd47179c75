"""Nobody sees, changes or finds what belongs to another agency, or to another client."""

import asyncio
import importlib.util
import inspect
import pkgutil
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

import cmhub.services
from cmhub.actor import Actor, Role
from cmhub.config import PROJECT
from cmhub.crypto import fingerprint
from cmhub.db import app_url, async_url, doors, enter_scope, unit_of_work
from cmhub.errors import NotFound
from cmhub.integrations.networks.base import (
    Attachment,
    IncomingDeletion,
    IncomingEdit,
    IncomingReaction,
    RemoteAccount,
)
from cmhub.models import GLOBAL_TABLES, Base, Membership, Message, Reply, Thread, new_id
from cmhub.queue import Work
from cmhub.services import (
    activity,
    connecting,
    connections,
    inbox,
    measures,
    replies,
    syncing,
    threads,
    workspaces,
)
from tests.support.agency import PASSWORD, make_agency
from tests.support.community import (
    Community,
    ago,
    bring,
    credentials,
    make_community,
    person,
    room,
    said,
)

TENANT_TABLES = sorted(set(Base.metadata.tables) - GLOBAL_TABLES)
CHANGEABLE = [table for table in TENANT_TABLES if table != "audit_event"]
OF_THE_AGENCY = {"agency", "membership", "audit_event"}
"""Tables with rows that belong to the agency and to no workspace."""


@dataclass(frozen=True, slots=True)
class Space:
    """A workspace with something in every table, and the ids that a forger would use."""

    actor: Actor
    community: Community
    thread_id: UUID
    message_id: UUID
    failed_reply_id: UUID
    measure_id: UUID

    @property
    def id(self) -> UUID:
        return self.community.workspace_id

    @property
    def alone(self) -> Actor:
        """The actor with this workspace and no other in reach."""
        return self.actor.within(self.id)


@dataclass(frozen=True, slots=True)
class Tenant:
    """An agency with two workspaces."""

    email: str
    slug: str
    first: Space
    second: Space

    @property
    def actor(self) -> Actor:
        return self.first.actor


async def _fill(actor: Actor, workspace_id: UUID) -> Space:
    community = await make_community(actor, workspace_id)
    image = replace(
        said("m2", "Une image", to="m1"), attachments=(Attachment("mxc://a/b", "image/png", "a"),)
    )
    await bring(
        community,
        said("m1", "Où est la notice ?", by="ben"),
        image,
        IncomingEdit("general", "m1", "Où est la notice ?!", ago(seconds=30)),
        IncomingReaction("general", "r1", "m1", person("ana"), "👍", ago(seconds=20)),
        IncomingDeletion("general", "of something unknown", ago(seconds=10)),
    )
    async with unit_of_work(actor) as session:
        thread = (await session.scalars(_in(Thread, workspace_id))).one()
        message = (
            await session.scalars(_in(Message, workspace_id).where(Message.external_id == "m1"))
        ).one()
        reply = await replies.send_reply(session, actor, workspace_id, thread.id, "Ici.")
        measure = await measures.delete_message(session, actor, workspace_id, message.id)
        await session.execute(update(Reply).where(Reply.id == reply).values(state="failed"))
        session.add(
            Membership(
                agency_id=actor.agency_id,
                user_id=new_id(),
                workspace_id=workspace_id,
                role=Role.MODERATOR,
                created_at=datetime.now(UTC),
            )
        )
    return Space(actor, community, thread.id, message.id, reply, measure)


def _in(table: Any, workspace_id: UUID) -> Any:
    return select(table).where(table.workspace_id == workspace_id)


async def _make_tenant() -> Tenant:
    made = await make_agency()
    async with unit_of_work(made.owner) as session:
        other = await workspaces.create_workspace(
            session, made.owner, name="Montagne", client="Montagne SA", time_zone="Asia/Tokyo"
        )
    reach = {**made.owner.workspaces, other.id: frozenset({Role.OWNER})}
    actor = replace(made.owner, workspaces=reach)
    first = await _fill(actor, made.workspace_id)
    second = await _fill(actor, other.id)
    return Tenant(made.email, made.slug, first, second)


@pytest.fixture(scope="module")
async def tenants(pool: None) -> tuple[Tenant, Tenant]:
    """Two agencies with two workspaces each, nothing empty."""
    return await _make_tenant(), await _make_tenant()


@pytest.fixture(scope="module")
def ours(tenants: tuple[Tenant, Tenant]) -> Tenant:
    return tenants[0]


@pytest.fixture(scope="module")
def theirs(tenants: tuple[Tenant, Tenant]) -> Tenant:
    return tenants[1]


# rows


def _tenancy(name: str) -> tuple[Any, Any, Any]:
    """The table, its column of the agency and that of the workspace, if it has one."""
    table = Base.metadata.tables[name]
    workspace = table.c.id if name == "workspace" else table.c.get("workspace_id")
    return table, table.c.agency_id, workspace


async def _places(actor: Actor, name: str) -> set[tuple[UUID, UUID | None]]:
    """Whose rows of the table the actor sees."""
    table, agency, workspace = _tenancy(name)
    columns = [agency] if workspace is None else [agency, workspace]
    async with unit_of_work(actor) as session:
        rows = (await session.execute(select(*columns).select_from(table).distinct())).all()
    return {(row[0], row[1] if len(row) > 1 else None) for row in rows}


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_an_agency_sees_its_own_rows_and_no_others(
    ours: Tenant, theirs: Tenant, table: str
) -> None:
    for one in (ours, theirs):
        seen = await _places(one.actor, table)
        assert {agency for agency, _ in seen} == {one.actor.agency_id}, "or nothing was filled in"
        if _tenancy(table)[2] is not None:
            assert {place for _, place in seen} - {None} == {one.first.id, one.second.id}


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_a_workspace_sees_no_rows_of_another_client(ours: Tenant, table: str) -> None:
    for space in (ours.first, ours.second):
        places = {place for _, place in await _places(space.alone, table)}
        assert places <= {space.id, None}
        assert None not in places or table in OF_THE_AGENCY


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_an_agency_without_workspaces_sees_only_what_is_the_agencys(
    ours: Tenant, table: str
) -> None:
    seen = await _places(replace(ours.actor, workspaces={}), table)
    assert seen == ({(ours.actor.agency_id, None)} if table in OF_THE_AGENCY else set())


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_workspaces_of_another_agency_open_nothing(
    ours: Tenant, theirs: Tenant, table: str
) -> None:
    forged = replace(ours.actor, workspaces=theirs.actor.workspaces)
    seen = await _places(forged, table)
    assert {place for _, place in seen} <= {None}
    assert {agency for agency, _ in seen} <= {ours.actor.agency_id}


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_nobody_sees_nothing(ours: Tenant, table: str) -> None:
    async with doors() as session:
        assert (
            await session.scalar(select(func.count()).select_from(Base.metadata.tables[table])) == 0
        )


@pytest.mark.parametrize("table", sorted(GLOBAL_TABLES))
async def test_nobody_reads_a_global_table(ours: Tenant, table: str) -> None:
    async with unit_of_work(ours.actor) as session:
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.execute(select(Base.metadata.tables[table]).limit(1))
        await session.rollback()


async def _one_row(space: Space, name: str) -> dict[str, Any]:
    table, _, _ = _tenancy(name)
    async with unit_of_work(space.actor) as session:
        query = select(table).limit(1)
        workspace = _tenancy(name)[2]
        if workspace is not None:
            query = query.where(workspace == space.id)
        return dict((await session.execute(query)).mappings().one())


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_it_refuses_a_row_for_another_tenant(
    ours: Tenant, theirs: Tenant, table: str
) -> None:
    forgers = [theirs.actor, replace(ours.actor, workspaces={})]
    if _tenancy(table)[2] is not None:
        forgers.append(ours.second.alone)
    elif table in OF_THE_AGENCY:
        forgers.pop()
    row = await _one_row(ours.first, table)
    fresh = {**row, **({"id": new_id()} if "id" in row and table != "workspace" else {})}
    for forger in forgers:
        with pytest.raises(DBAPIError, match="row-level security"):
            async with unit_of_work(forger) as session:
                await session.execute(insert(Base.metadata.tables[table]).values(**fresh))


@pytest.mark.parametrize("table", CHANGEABLE)
async def test_it_changes_and_deletes_no_row_of_another_tenant(
    ours: Tenant, theirs: Tenant, table: str
) -> None:
    columns = Base.metadata.tables[table]
    belongs = columns.c.agency_id == ours.actor.agency_id
    async with unit_of_work(theirs.actor) as session:
        for statement in (
            columns.update().where(belongs).values(agency_id=theirs.actor.agency_id),
            columns.delete().where(belongs),
        ):
            done: Any = await session.execute(statement)
            assert done.rowcount == 0


@pytest.mark.parametrize("table", CHANGEABLE)
async def test_it_hands_no_row_over_to_another_tenant(
    ours: Tenant, theirs: Tenant, table: str
) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        async with unit_of_work(ours.actor) as session:
            await session.execute(
                Base.metadata.tables[table].update().values(agency_id=theirs.actor.agency_id)
            )


@pytest.mark.parametrize("words", ["update audit_event set tag = 'x'", "delete from audit_event"])
async def test_nobody_rewrites_the_audit(ours: Tenant, words: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with unit_of_work(ours.actor) as session:
            await session.execute(text(words))


@pytest.mark.parametrize(
    "words",
    [
        "set row_security = off",
        "alter table message disable row level security",
        "drop policy tenant on message",
        "set role cmhub_owner",
        "set role cmhub_resolver",
        "create policy mine on message using (true)",
    ],
)
async def test_the_policies_cannot_be_switched_off(ours: Tenant, words: str) -> None:
    async def look() -> None:
        async with unit_of_work(ours.actor) as session:
            await session.execute(text(words))
            await session.execute(select(Message))

    with pytest.raises(DBAPIError):
        await look()


# services


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody's try with a workspace and ids, of which at least one is not theirs."""

    actor: Actor
    workspace_id: UUID
    prey: Space

    @property
    def work(self) -> Work:
        return Work(self.prey.community.connection_id, self.actor.agency_id, self.workspace_id)


Call = Callable[[AsyncSession, Attempt], Awaitable[object]]

BY_ID: Mapping[str, Call] = {
    "threads.read_thread": lambda s, a: threads.read_thread(
        s, a.actor, a.workspace_id, a.prey.thread_id
    ),
    "inbox.set_thread_state": lambda s, a: inbox.set_thread_state(
        s, a.actor, a.workspace_id, a.prey.thread_id, "done"
    ),
    "replies.send_reply": lambda s, a: replies.send_reply(
        s, a.actor, a.workspace_id, a.prey.thread_id, "Bonjour"
    ),
    "replies.retry_reply": lambda s, a: replies.retry_reply(
        s, a.actor, a.workspace_id, a.prey.failed_reply_id
    ),
    "replies.discard_reply": lambda s, a: replies.discard_reply(
        s, a.actor, a.workspace_id, a.prey.failed_reply_id
    ),
    "measures.delete_message": lambda s, a: measures.delete_message(
        s, a.actor, a.workspace_id, a.prey.message_id
    ),
    "measures.measure_member": lambda s, a: measures.measure_member(
        s, a.actor, a.workspace_id, a.prey.message_id, "mute"
    ),
    "measures.undo_measure": lambda s, a: measures.undo_measure(
        s, a.actor, a.workspace_id, a.prey.measure_id
    ),
    "measures.retry_measure": lambda s, a: measures.retry_measure(
        s, a.actor, a.workspace_id, a.prey.measure_id
    ),
    "connections.choose_channels": lambda s, a: connections.choose_channels(
        s, a.actor, a.workspace_id, a.prey.community.connection_id, [room("general")]
    ),
    "connections.give_up": lambda s, a: connections.give_up(
        s, a.actor, a.workspace_id, a.prey.community.connection_id
    ),
    "connecting.available_channels": lambda _, a: connecting.available_channels(
        a.actor, a.workspace_id, a.prey.community.connection_id
    ),
    "connecting.join_and_choose": lambda _, a: connecting.join_and_choose(
        a.actor, a.workspace_id, a.prey.community.connection_id, ["general"]
    ),
    "connecting.disconnect": lambda _, a: connecting.disconnect(
        a.actor, a.workspace_id, a.prey.community.connection_id
    ),
    "connecting.refresh_if_due": lambda _, a: connecting.refresh_if_due(
        a.actor, a.workspace_id, a.prey.community.connection_id
    ),
}
BY_WORKSPACE: Mapping[str, Call] = {
    "inbox.list_threads": lambda s, a: inbox.list_threads(
        s, a.actor, a.prey.id, inbox.InboxFilter()
    ),
    "connections.list_connections": lambda s, a: connections.list_connections(
        s, a.actor, a.prey.id
    ),
    "connections.save_connection": lambda s, a: connections.save_connection(
        s, a.actor, a.prey.id, "matrix", credentials("@other:x"), RemoteAccount("@other:x", "O")
    ),
    "connecting.connect": lambda _, a: connecting.connect(
        a.actor, a.prey.id, "matrix", "https://matrix.invalid", token="x"
    ),
    "activity.read_activity": lambda s, a: activity.read_activity(
        s, a.actor, a.prey.id, days=7, now=datetime.now(UTC)
    ),
}
WITHOUT = {
    "workspaces.create_workspace": "it takes no ids",
    "audit.record": "it is called with what was found in scope",
    "syncing.take_lease": "of the worker: it answers that there is nothing, see below",
    "syncing.give_lease_back": "of the worker: it changes nothing, see below",
    "syncing.read_live": "of the worker: it answers that there is nothing, see below",
    "syncing.note_fault": "of the worker: it changes nothing, see below",
}


def _public_functions() -> set[str]:
    found: set[str] = set()
    for module in pkgutil.walk_packages(cmhub.services.__path__, "cmhub.services."):
        loaded = import_module(module.name)
        for name, one in inspect.getmembers(loaded, inspect.isfunction):
            mine = one.__module__ == module.name and not name.startswith("_")
            if mine and "actor" in inspect.signature(one).parameters:
                found.add(f"{module.name.removeprefix('cmhub.services.')}.{name}")
    return found


def test_every_service_is_tried_with_forged_ids() -> None:
    assert _public_functions() == {*BY_ID, *BY_WORKSPACE, *WITHOUT}


def _attempts(ours: Tenant, theirs: Tenant) -> dict[str, Attempt]:
    prey = ours.first
    return {
        "another agency, its own workspace": Attempt(theirs.actor, theirs.first.id, prey),
        "another agency, our workspace": Attempt(theirs.actor, prey.id, prey),
        "our agency, another workspace": Attempt(ours.second.alone, ours.second.id, prey),
        "our agency, out of reach": Attempt(ours.second.alone, prey.id, prey),
        "both in reach, ids mixed up": Attempt(ours.actor, ours.second.id, prey),
        "claims our workspace": Attempt(
            replace(theirs.actor, workspaces=ours.actor.workspaces), prey.id, prey
        ),
    }


async def _refused(call: Call, attempt: Attempt) -> None:
    async def run() -> None:
        async with unit_of_work(attempt.actor) as session:
            await call(session, attempt)

    with pytest.raises(NotFound):
        await run()


@pytest.mark.parametrize("name", BY_ID)
async def test_an_id_of_somebody_else_is_not_found(ours: Tenant, theirs: Tenant, name: str) -> None:
    for attempt in _attempts(ours, theirs).values():
        await _refused(BY_ID[name], attempt)


@pytest.mark.parametrize("name", BY_WORKSPACE)
async def test_a_workspace_out_of_reach_is_not_found(
    ours: Tenant, theirs: Tenant, name: str
) -> None:
    prey = ours.first
    await _refused(BY_WORKSPACE[name], Attempt(theirs.actor, prey.id, prey))
    await _refused(BY_WORKSPACE[name], Attempt(ours.second.alone, prey.id, prey))


async def test_a_forged_reach_shows_nothing(ours: Tenant, theirs: Tenant) -> None:
    forger = replace(theirs.actor, workspaces=ours.actor.workspaces)
    async with unit_of_work(forger) as session:
        page = await inbox.list_threads(session, forger, ours.first.id, inbox.InboxFilter())
        assert (page.rows, page.channels, sum(page.counts.values())) == ((), (), 0)
        assert await connections.list_connections(session, forger, ours.first.id) == ()


async def test_a_channel_of_another_client_filters_to_nothing(ours: Tenant) -> None:
    channel = ours.first.community.channels["general"]
    async with unit_of_work(ours.actor) as session:
        page = await inbox.list_threads(
            session, ours.actor, ours.second.id, inbox.InboxFilter(channel_id=channel)
        )
        assert (page.rows, sum(page.counts.values())) == ((), 0)
        seen = await activity.read_activity(
            session,
            ours.actor,
            ours.second.id,
            days=7,
            channel_id=channel,
            now=datetime.now(UTC),
        )
        assert (seen.messages, seen.members) == (0, 0)


async def test_the_worker_finds_nothing_under_another_tenant(ours: Tenant, theirs: Tenant) -> None:
    for attempt in _attempts(ours, theirs).values():
        assert not await syncing.take_lease(attempt.actor, attempt.work, new_id())
        assert not await syncing.read_live(attempt.actor, attempt.work, new_id(), 0.0)
        await syncing.note_fault(attempt.actor, attempt.work, syncing.ReauthoriseNeeded())
    async with unit_of_work(ours.actor) as session:
        row = await connections.find_connection(
            session, ours.first.id, ours.first.community.connection_id
        )
        assert (row.state, row.lease_owner, row.failures) == ("active", None, 0)


# doors

NOTHING: Mapping[str, tuple[str, dict[str, object]]] = {
    "find_user": ("find_user('nobody@agence.example')", {}),
    "user_contact": ("user_contact(:id)", {"id": new_id()}),
    "resolve_session": ("resolve_session(:hash, :idle)", {"idle": timedelta(days=1)}),
    "confirm_user": ("confirm_user(:hash)", {}),
    "reset_password": ("reset_password(:hash, 'x')", {}),
    "memberships_of": ("memberships_of(:id)", {"id": new_id()}),
    "find_workspace": ("find_workspace('no-such-agency', 'riviere')", {}),
    "due_work": ("due_work('message', 500)", {}),
}
"""What a door gives to somebody with a wrong secret or key: no row."""
ELSEWHERE = {
    "create_user",
    "claim_slug",
    "token_is_good",
    "open_session",
    "issue_token",
    "close_session",
    "set_preferences",
    "take_token",
    "forget_expired",
}
"""Doors that always answer something; each has its own test below."""


def test_every_door_is_tried() -> None:
    path = PROJECT / "alembic" / "versions" / "0003_doors.py"
    spec = importlib.util.spec_from_file_location("doors", path)
    assert spec is not None
    assert spec.loader is not None
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    listed = {door.split("(", 1)[0] for door in migration.DOORS}
    assert listed == {*NOTHING, *ELSEWHERE}


async def _ask(words: str, **values: object) -> list[Any]:
    async with doors() as session:
        return list((await session.execute(text(words), values)).all())


@pytest.mark.parametrize("door", NOTHING)
async def test_a_door_gives_nothing_for_a_wrong_key(ours: Tenant, door: str) -> None:
    call, values = NOTHING[door]
    wrong = {"hash": fingerprint("wrong")} if ":hash" in call else {}
    assert await _ask(f"select * from {call}", **values, **wrong) == []


async def test_an_address_that_is_taken_makes_no_second_user(ours: Tenant) -> None:
    made = await _ask(
        "select create_user(:id, :email, 'Eve', 'fr', 'UTC', 'hash')",
        id=new_id(),
        email=ours.email,
    )
    assert made == []


async def test_an_address_of_an_agency_cannot_be_claimed_again(
    ours: Tenant, theirs: Tenant
) -> None:
    claim = "select claim_slug(:slug, :agency)"
    assert await _ask(claim, slug=ours.slug, agency=theirs.actor.agency_id) == []
    assert await _ask(claim, slug=ours.slug, agency=new_id()) == []


async def test_a_wrong_token_is_not_good() -> None:
    asked = "select token_is_good('reset', :hash)"
    assert await _ask(asked, hash=fingerprint("wrong")) == [(False,)]


@pytest.mark.parametrize(
    "call",
    [
        "open_session(:id, :user, :hash, 'tests', 'x', interval '1 day', interval '1 day')",
        "issue_token(:id, :user, 'reset', :hash, interval '1 day')",
    ],
)
async def test_nobody_gets_a_session_or_a_token(call: str) -> None:
    with pytest.raises(DBAPIError, match="foreign key"):
        await _ask(f"select {call}", id=new_id(), user=new_id(), hash=fingerprint("x"))


async def test_a_wrong_cookie_ends_and_changes_nobodys_session(ours: Tenant) -> None:
    from cmhub.services import accounts, sessions

    token = await accounts.sign_in(ours.email, PASSWORD, "tests", "192.0.2.9")
    await _ask("select close_session(:hash)", hash=fingerprint("wrong"))
    await _ask("select set_preferences(:hash, 'en')", hash=fingerprint("wrong"))
    await _ask("select forget_expired()")
    info = await sessions.resolve_session(token)
    assert info is not None
    assert info.language == "fr"


async def test_a_bucket_tells_only_how_long_to_wait() -> None:
    rows = await _ask("select * from take_token(:key, 1, 1)", key=str(new_id()))
    assert rows == [(0.0,)]


async def test_an_address_finds_no_workspace_of_another_agency(
    ours: Tenant, theirs: Tenant
) -> None:
    (found,) = await _ask("select * from find_workspace(:slug, 'riviere')", slug=theirs.slug)
    assert found.workspace_id == theirs.first.id
    (none,) = await _ask("select * from find_workspace(:slug, 'no-such')", slug=theirs.slug)
    assert none.workspace_id is None


async def test_what_is_due_is_told_by_ids_only(ours: Tenant) -> None:
    for kind in ("connection", "history", "reply", "measure"):
        async with doors() as session:
            found = await session.execute(text("select * from due_work(:k, 500)"), {"k": kind})
            assert list(found.keys()) == ["agency_id", "workspace_id", "id"]


# interleaving


async def test_interleaved_units_of_work_leak_nothing(ours: Tenant, theirs: Tenant) -> None:
    small = create_async_engine(async_url(app_url()), pool_size=3, max_overflow=0)
    spaces = [ours.first, ours.second, theirs.first, theirs.second]
    chance = random.Random(7)

    async def scoped(space: Space) -> None:
        async with AsyncSession(small) as session, session.begin():
            await enter_scope(session, space.alone)
            for _ in range(2):
                seen = await session.execute(select(Message.agency_id, Message.workspace_id))
                assert {tuple(row) for row in seen} == {(space.actor.agency_id, space.id)}
                await asyncio.sleep(chance.random() / 100)
            if chance.random() < 0.3:
                await session.rollback()

    async def unscoped() -> None:
        async with AsyncSession(small) as session, session.begin():
            assert await session.scalar(select(func.count()).select_from(Message)) == 0

    try:
        await asyncio.gather(*(scoped(spaces[n % 4]) if n % 5 else unscoped() for n in range(200)))
    finally:
        await small.dispose()
