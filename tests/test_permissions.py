"""Each role with every handler, route and command."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from uuid import UUID

import httpx
import pytest
from reflex_base.registry import RegistrationContext
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Route

import cmhub.cmhub
from cmhub.__main__ import cli
from cmhub.actor import ROLE_TABLE, Permission, Role
from cmhub.db import doors, unit_of_work
from cmhub.errors import CMHubError, Forbidden, NotFound, SignedOut
from cmhub.models import Membership, new_id
from cmhub.services import sessions
from cmhub.services.sessions import SessionInfo
from cmhub.state.gate import _judge
from cmhub.state.marks import mark_of
from cmhub.state.visit import Visit, visit_of
from cmhub.web import routes
from tests.support.agency import NewAgency, make_agency
from tests.support.rights import COMMANDS, HANDLERS, ROUTES, held, rows

assert cmhub.cmhub
RIGHTS, HOLDERS = rows(ROUTES), held()
SIGN_IN = "/auth/sign-in/"


@dataclass(frozen=True, slots=True)
class Staff:
    """An agency with a user of every role, and their cookies."""

    agency: NewAgency
    cookies: dict[Role, str]
    stranger: str

    def visit(self, info: SessionInfo) -> Visit:
        """What the gate makes of somebody on a page of the workspace."""
        slugs = {"agency_slug": self.agency.slug, "workspace_slug": self.agency.workspace_slug}
        return visit_of(info, slugs)


async def _open(user: UUID) -> str:
    async with doors() as session:
        return await sessions.open_session(session, user, "tests", "192.0.2.1")


async def _employ(agency: NewAgency, role: Role) -> str:
    user = new_id()
    async with unit_of_work(agency.owner) as session:
        await session.execute(
            text("select create_user(:id, :email, 'Ana', 'en', 'Europe/Paris', 'x')"),
            {"id": user, "email": f"{token_hex(6)}@agence.example"},
        )
        whole = role in (Role.OWNER, Role.ADMIN)
        session.add(
            Membership(
                agency_id=agency.id,
                user_id=user,
                workspace_id=None if whole else agency.workspace_id,
                role=role.value,
                created_at=datetime.now(UTC),
            )
        )
    return await _open(user)


@pytest.fixture(scope="module")
async def staff(pool: None) -> Staff:
    agency, other = await make_agency(), await make_agency()
    assert other.owner.user_id is not None
    cookies = {role: await _employ(agency, role) for role in Role}
    return Staff(agency, cookies, await _open(other.owner.user_id))


async def _info(cookie: str) -> SessionInfo:
    found = await sessions.resolve_session(cookie)
    assert found is not None
    return found


# the table itself


def test_the_roles_hold_what_the_table_says() -> None:
    assert {each.value for each in Permission} == set(HOLDERS)
    for permission in Permission:
        holders = {role for role in Role if permission in ROLE_TABLE[role]}
        assert holders == HOLDERS[permission.value], permission


# handlers


def _handlers() -> dict[str, str]:
    """Our handlers by the name of their State and their own."""
    found: dict[str, str] = {}
    for full, registered in RegistrationContext.get().event_handlers.items():
        module = registered.handler.fn.__module__
        if module.startswith("cmhub.") and mark_of(registered.handler.fn):
            found[registered.handler.fn.__qualname__] = full
    return found


def test_every_handler_has_its_row() -> None:
    assert set(_handlers()) == set(rows(HANDLERS))


def _outcome(full: str, visit: Visit | None) -> type[CMHubError] | None:
    try:
        _judge(full, visit)
    except CMHubError as refusal:
        return type(refusal)
    return None


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_calls_what_it_may_and_nothing_else(staff: Staff, role: Role) -> None:
    visit = staff.visit(await _info(staff.cookies[role]))
    for name, right in rows(HANDLERS).items():
        allowed = right in ("public", "signed-in") or role in HOLDERS[right]
        assert _outcome(_handlers()[name], visit) is (None if allowed else Forbidden), name


async def test_a_stranger_finds_nothing_to_call(staff: Staff) -> None:
    visit = staff.visit(await _info(staff.stranger))
    for name, right in rows(HANDLERS).items():
        refusal = None if right in ("public", "signed-in") else NotFound
        assert _outcome(_handlers()[name], visit) is refusal, name


def test_nobody_calls_only_what_is_public() -> None:
    for name, right in rows(HANDLERS).items():
        refusal = None if right == "public" else SignedOut
        assert _outcome(_handlers()[name], None) is refusal, name


# routes


def _routes() -> Iterator[tuple[str, str]]:
    for route in routes:
        assert isinstance(route, Route), route
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield method, route.path


def test_every_route_has_its_row() -> None:
    found = [f"{method} {path}" for method, path in _routes()]
    assert len(found) == len(set(found))
    assert set(found) == set(RIGHTS)


def _address(path: str, agency: NewAgency) -> str:
    known = {"agency": agency.slug, "workspace": agency.workspace_slug}
    for part in [one.split("}")[0] for one in path.split("{")[1:]]:
        name = part.split(":")[0].removesuffix("_slug")
        path = path.replace(f"{{{part}}}", known.get(name, str(new_id())))
    return path


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    carrier = httpx.ASGITransport(app=Starlette(routes=routes), client=(token_hex(8), 4000))
    base = "http://localhost:8000"
    async with httpx.AsyncClient(transport=carrier, base_url=base, headers={"origin": base}) as one:
        yield one


async def _ask(browser: httpx.AsyncClient, staff: Staff, row: str, cookie: str) -> httpx.Response:
    method, _, path = row.partition(" ")
    browser.cookies.clear()
    if cookie:
        browser.cookies.set("cmhub_session", cookie)
    form = {"nothing": "of use"} if method == "POST" else None
    return await browser.request(method, _address(path, staff.agency), data=form)


def _turned_away(answer: httpx.Response) -> bool:
    to_the_door = answer.headers.get("location", "").startswith(SIGN_IN)
    return answer.status_code in (401, 403, 404) or to_the_door


@pytest.mark.parametrize("row", [row for row, right in RIGHTS.items() if right != "public"])
async def test_nobody_is_turned_away(browser: httpx.AsyncClient, staff: Staff, row: str) -> None:
    assert _turned_away(await _ask(browser, staff, row, ""))


@pytest.mark.parametrize(
    "row", [row for row, right in RIGHTS.items() if right not in ("public", "signed-in")]
)
async def test_a_role_that_may_not_is_turned_away(
    browser: httpx.AsyncClient, staff: Staff, row: str
) -> None:
    for role in Role:
        answer = await _ask(browser, staff, row, staff.cookies[role])
        if role in HOLDERS[RIGHTS[row]]:
            assert answer.status_code not in (401, 403), role
        else:
            assert _turned_away(answer), role


@pytest.mark.parametrize("row", [row for row in RIGHTS if "{agency" in row])
async def test_a_stranger_is_turned_away(
    browser: httpx.AsyncClient, staff: Staff, row: str
) -> None:
    assert _turned_away(await _ask(browser, staff, row, staff.stranger))


# commands


def test_every_command_has_its_row() -> None:
    assert {command.name for command in cli.registered_commands} == set(rows(COMMANDS))
