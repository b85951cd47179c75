"""Signed-in browsers: what a cookie opens, for how long, and where."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from cmhub.actor import Permission, Role
from cmhub.crypto import fingerprint
from cmhub.db import doors
from cmhub.errors import Invalid, NotFound
from cmhub.migrate import privileged_url
from cmhub.models import new_id
from cmhub.services import accounts
from cmhub.services.sessions import (
    IDLE,
    LONGEST,
    SessionInfo,
    actor_in,
    close_session,
    find_place,
    open_session,
    resolve_session,
)
from tests.support.agency import NewAgency, make_agency


@contextmanager
def _owner() -> Iterator[psycopg.Connection[Any]]:
    """The database as its owner sees it."""
    with psycopg.connect(privileged_url(), autocommit=True) as connection:
        yield connection


async def _open(agency: NewAgency) -> str:
    assert agency.owner.user_id is not None
    async with doors() as session:
        return await open_session(session, agency.owner.user_id, "Firefox " * 99, "192.0.2.1")


async def _info(agency: NewAgency) -> SessionInfo:
    info = await resolve_session(await _open(agency))
    assert info is not None
    return info


def _age(token: str, column: str, by: timedelta) -> None:
    with _owner() as connection:
        connection.execute(
            f"update user_session set {column} = {column} - %s where token_hash = %s",  # pyright: ignore[reportArgumentType]
            [by, fingerprint(token)],
        )


async def test_a_cookie_stands_for_its_user(agency: NewAgency) -> None:
    info = await _info(agency)
    assert (info.email, info.language, info.time_zone) == (agency.email, "fr", "Europe/Paris")
    (place,) = info.places
    assert (place.agency_slug, place.workspace_slug) == (agency.slug, agency.workspace_slug)
    assert place.role is Role.OWNER


async def test_the_token_itself_is_stored_nowhere(agency: NewAgency) -> None:
    token = await _open(agency)
    with _owner() as connection:
        rows = connection.execute("select s::text, length(device) from user_session s").fetchall()
    assert all(token not in row[0] for row in rows)
    assert max(row[1] for row in rows) <= 200


@pytest.mark.parametrize("token", ["", "wrong", "é\x00", "x" * 100_000])
async def test_a_token_of_nobody_opens_nothing(pool: None, token: str) -> None:
    assert await resolve_session(token) is None


async def test_a_closed_session_opens_nothing(agency: NewAgency) -> None:
    token, other = await _open(agency), await _open(agency)
    async with doors() as session:
        await close_session(session, token)
    assert await resolve_session(token) is None
    assert await resolve_session(other) is not None


async def test_it_ends_when_it_is_not_used(agency: NewAgency) -> None:
    token = await _open(agency)
    _age(token, "idle_until", IDLE)
    assert await resolve_session(token) is None


async def test_it_ends_even_when_it_is_used(agency: NewAgency) -> None:
    token = await _open(agency)
    _age(token, "expires_at", LONGEST)
    assert await resolve_session(token) is None


async def test_using_it_keeps_it(agency: NewAgency) -> None:
    token = await _open(agency)
    _age(token, "last_seen_at", timedelta(minutes=2))
    _age(token, "idle_until", IDLE - timedelta(minutes=1))
    assert await resolve_session(token) is not None
    _age(token, "idle_until", timedelta(minutes=5))
    assert await resolve_session(token) is not None


async def test_a_new_password_ends_sessions_and_uses_up_all_other_links(
    agency: NewAgency,
) -> None:
    token = await _open(agency)
    assert agency.owner.user_id is not None
    async with doors() as session:
        first = await accounts.issue_token(session, agency.owner.user_id, "reset")
        second = await accounts.issue_token(session, agency.owner.user_id, "reset")
        confirming = await accounts.issue_token(session, agency.owner.user_id, "confirm")
    stranger = await make_agency()
    assert stranger.owner.user_id is not None
    async with doors() as session:
        theirs = await accounts.issue_token(session, stranger.owner.user_id, "reset")
    await accounts.reset(second, "quarante canards verts")
    assert await resolve_session(token) is None
    for purpose, link in (("reset", first), ("reset", second), ("confirm", confirming)):
        assert not await accounts.token_is_good(purpose, link)  # pyright: ignore[reportArgumentType]
    assert await accounts.token_is_good("reset", theirs)
    with pytest.raises(Invalid):
        await accounts.reset(first, "soixante chats roux")


async def test_an_owner_reaches_every_workspace_of_the_agency(agency: NewAgency) -> None:
    actor = actor_in(await _info(agency), agency.slug, "192.0.2.1")
    assert (actor.agency_id, set(actor.workspaces)) == (agency.id, {agency.workspace_id})
    assert (actor.agency_roles, actor.system) == ({Role.OWNER}, False)
    assert actor.address == "192.0.2.1"


async def test_another_agency_is_not_found(agency: NewAgency) -> None:
    info, other = await _info(agency), await make_agency()
    with pytest.raises(NotFound):
        actor_in(info, other.slug)
    with pytest.raises(NotFound):
        find_place(info, other.slug, other.workspace_slug)
    with pytest.raises(NotFound):
        find_place(info, agency.slug, "no-such-workspace")
    assert find_place(info, agency.slug, agency.workspace_slug).workspace_id == agency.workspace_id


async def test_roles_of_one_workspace_do_not_reach_into_another(agency: NewAgency) -> None:
    info = await _info(agency)
    first = replace(info.places[0], role=Role.ANALYST)
    second = replace(first, role=Role.MODERATOR)
    third = replace(first, role=Role.MANAGER, workspace_id=new_id(), workspace_slug="other")
    actor = actor_in(replace(info, places=(first, second, third)), agency.slug)
    assert actor.agency_roles == frozenset()
    assert actor.workspaces[agency.workspace_id] == {Role.ANALYST, Role.MODERATOR}
    assert not actor.may(Permission.CONNECTION_MANAGE, agency.workspace_id)
    assert third.workspace_id is not None
    assert actor.may(Permission.CONNECTION_MANAGE, third.workspace_id)
