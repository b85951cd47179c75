"""What happens before a tenant is known: the listed doors, knocked at with wrong keys."""

import importlib.util
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cmhub.config import PROJECT
from cmhub.crypto import fingerprint
from cmhub.db import doors, unit_of_work
from cmhub.models import new_id
from cmhub.services import sessions
from tests.support.agency import PASSWORD
from tests.support.tenants import Tenant, make_tenant


@pytest.fixture(scope="module")
async def tenants(pool: None) -> tuple[Tenant, Tenant]:
    """Two agencies with two workspaces each, nothing empty."""
    return await make_tenant(), await make_tenant()


@pytest.fixture(scope="module")
def ours(tenants: tuple[Tenant, Tenant]) -> Tenant:
    return tenants[0]


@pytest.fixture(scope="module")
def theirs(tenants: tuple[Tenant, Tenant]) -> Tenant:
    return tenants[1]


NOTHING: Mapping[str, tuple[str, dict[str, object]]] = {
    "find_user": ("find_user('nobody@agence.example')", {}),
    "user_contact": ("user_contact(:id)", {"id": new_id()}),
    "resolve_session": ("resolve_session(:hash, :idle)", {"idle": timedelta(days=1)}),
    "confirm_user": ("confirm_user(:hash)", {}),
    "reset_password": ("reset_password(:hash, 'x')", {}),
    "memberships_of": ("memberships_of(:id)", {"id": new_id()}),
    "find_workspace": ("find_workspace('no-such-agency', 'riviere')", {}),
    "due_work": ("due_work('message', 500)", {}),
    "due_transfers": ("due_transfers('message', 500)", {}),
    "workspaces_of": ("workspaces_of(:id)", {"id": new_id()}),
    "archived_workspaces": ("archived_workspaces()", {}),
    "failed_jobs": ("failed_jobs(500)", {}),
    "settle_jobs": ("settle_jobs(array[1, 2]::bigint[], 'retry')", {}),
    "open_work": ("open_work('message', 500)", {}),
    "due_deletion": ("due_deletion('message', 500)", {}),
    "preferences_of": ("preferences_of(:hash)", {}),
    "find_messages": (
        "find_messages('merci', :id, null, '-infinity', 'infinity', null, null, null, 500, 50, 50)",
        {"id": new_id()},
    ),
    "due_inbox": ("due_inbox('message', 500)", {}),
    "due_notices": ("due_notices('message', 500)", {}),
    "users_of": ("users_of(:id)", {"id": new_id()}),
    "notice_reader": ("notice_reader(:id)", {"id": new_id()}),
    "choose_notice": ("choose_notice(:id, 'x', 'mail', 'never')", {"id": new_id()}),
    "keep_quiet": ("keep_quiet(:id, '22:00', '07:00')", {"id": new_id()}),
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
    "is_archived",
    "set_theme",
    "people_here",
}
"""Doors that always answer something; each has its own test below."""


def _listed(path: Path) -> set[str]:
    spec = importlib.util.spec_from_file_location("doors", path)
    assert spec is not None
    assert spec.loader is not None
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    return {door.split("(", 1)[0] for door in getattr(migration, "DOORS", {})}


def test_every_door_is_tried() -> None:
    migrations = (PROJECT / "alembic" / "versions").glob("*.py")
    listed = set[str]().union(*(_listed(path) for path in migrations))
    assert listed == {*NOTHING, *ELSEWHERE, *NO_PERSON, *OF_NOBODY}


NO_PERSON: Mapping[str, str] = {
    "held_places": "held_places(:person)",
    "sessions_of": "sessions_of(:person)",
    "end_session": "end_session(:person, :other)",
    "end_sessions": "end_sessions(:person, :other)",
    "token_user": "token_user('factor', :hash)",
    "use_token": "use_token('factor', :hash)",
    "drop_user": "drop_user(:person)",
    "arm_token": "arm_token(:other, :hash)",
    "asked_email": "asked_email(:person)",
    "change_email": "change_email(:hash)",
    "changed_email": "changed_email(:other)",
    "factor_of": "factor_of(:person)",
    "take_step": "take_step(:person, 1)",
    "take_code": "take_code(:person, :hash)",
}
"""What a door of people gives for somebody who is not there, or with a wrong secret: no row."""
OF_NOBODY: Mapping[str, str] = {
    "is_alone": "is_alone(:person, :other)",
    "release_slug": "release_slug(:other)",
    "spend_tokens": "spend_tokens(:person, 'email')",
    "set_password": "set_password(:person, 'x')",
    "set_profile": "set_profile(:person, 'Eve', 'en', 'UTC')",
    "ask_email": "ask_email(:other, :person, 'eve@exemple.example', :hash, interval '1 day')",
    "user_key_of": "user_key_of(:person, :hash)",
    "keep_factor": "keep_factor(:person, :hash, 1)",
    "keep_codes": "keep_codes(:person, array[:other], array[:hash])",
    "drop_factor": "drop_factor(:person)",
}
"""Doors that always answer something, or nothing at all; nobody's change is nobody's."""


@pytest.mark.parametrize("door", NO_PERSON)
async def test_nobody_has_nothing(ours: Tenant, door: str) -> None:
    assert await _ask(f"select * from {NO_PERSON[door]}", **_wrong(NO_PERSON[door])) == []


@pytest.mark.parametrize("door", OF_NOBODY)
async def test_a_change_of_nobody_changes_nobody(ours: Tenant, door: str) -> None:
    before = await _seen(ours)
    with suppress(DBAPIError):  # a key leads to a user, or the row is refused
        await _ask(f"select {OF_NOBODY[door]}", **_wrong(OF_NOBODY[door]))
    assert await _seen(ours) == before


async def _seen(ours: Tenant) -> tuple[object, ...]:
    assert ours.actor.user_id is not None
    async with doors() as session:
        token = await sessions.open_session(session, ours.actor.user_id, "tests", "")
    info = await sessions.resolve_session(token)
    assert info is not None
    return info.email, info.name, info.places


def _wrong(call: str) -> dict[str, object]:
    given = {"person": new_id(), "other": new_id(), "hash": fingerprint("wrong")}
    return {name: value for name, value in given.items() if f":{name}" in call}


async def test_people_are_shown_to_their_own_agency_only(ours: Tenant, theirs: Tenant) -> None:
    asked = text("select name from people_here(:people)")
    people = {"people": [ours.actor.user_id, theirs.actor.user_id]}
    async with doors() as session:
        assert (await session.execute(asked, people)).all() == []
    async with unit_of_work(ours.actor) as session:
        assert len((await session.execute(asked, people)).all()) == 1


async def test_a_user_who_belongs_somewhere_cannot_be_dropped(ours: Tenant) -> None:
    assert await _ask("select drop_user(:user)", user=ours.actor.user_id) == []
    await _ask("select release_slug(:agency)", agency=ours.actor.agency_id)
    (found,) = await _ask("select * from find_workspace(:slug, 'riviere')", slug=ours.slug)
    assert found.workspace_id == ours.first.id


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
    await _ask("select set_theme(:hash, 'dark')", hash=fingerprint("wrong"))
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


async def test_a_workspace_under_a_wrong_agency_is_not_archived(
    ours: Tenant, theirs: Tenant
) -> None:
    asked = "select is_archived(:agency, :space)"
    for agency in (ours.actor.agency_id, theirs.actor.agency_id):
        assert await _ask(asked, agency=agency, space=ours.first.id) == [(False,)]


async def test_what_is_due_is_told_by_ids_only(ours: Tenant) -> None:
    for kind in ("connection", "history", "reply", "measure"):
        async with doors() as session:
            found = await session.execute(text("select * from due_work(:k, 500)"), {"k": kind})
            assert list(found.keys()) == ["agency_id", "workspace_id", "id"]
