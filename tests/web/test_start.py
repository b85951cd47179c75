"""Where the front door leads: to Home, as far as one's roles show it."""

from collections.abc import AsyncIterator
from secrets import token_hex

import httpx
import pytest
from starlette.applications import Starlette

from cmhub.actor import Actor, Role
from cmhub.db import doors, unit_of_work
from cmhub.services import sessions
from cmhub.services.workspaces import create_workspace
from cmhub.web import routes
from tests.support.agency import NewAgency
from tests.support.staff import dismiss, employ

pytestmark = pytest.mark.usefixtures("pool")


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    carrier = httpx.ASGITransport(app=Starlette(routes=routes), client=(token_hex(8), 4000))
    async with httpx.AsyncClient(transport=carrier, base_url="http://localhost:8000") as one:
        yield one


async def _enter(browser: httpx.AsyncClient, who: Actor, last: str = "") -> str:
    assert who.user_id is not None
    async with doors() as session:
        token = await sessions.open_session(session, who.user_id, "tests", "192.0.2.1")
    browser.cookies.clear()
    browser.cookies.set("cmhub_session", token)
    if last:
        browser.cookies.set("cmhub_last", last)
    return (await browser.get("/")).headers["location"]


async def _second(agency: NewAgency) -> str:
    async with unit_of_work(agency.owner) as session:
        made = await create_workspace(
            session, agency.owner, name="Nord", client="Nord", time_zone="Europe/Paris"
        )
    return made.slug


async def test_the_only_workspaces_home_is_where_one_works(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    assert await _enter(browser, agency.owner) == f"/w/{agency.slug}/riviere/home/"


async def test_who_has_several_workspaces_comes_to_the_agency(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    await _second(agency)
    assert await _enter(browser, agency.owner) == f"/a/{agency.slug}/"


@pytest.mark.parametrize(
    ("last", "leads"),
    [
        ("{agency}/nord", "/w/{agency}/nord/home/"),
        ("{agency}/", "/a/{agency}/"),
        ("{agency}/gone", "/a/{agency}/"),
        ("of-others/nord", "/a/{agency}/"),
        ("/", "/a/{agency}/"),
        ("//evil.example", "/a/{agency}/"),
    ],
)
async def test_one_comes_back_to_where_one_was_last(
    browser: httpx.AsyncClient, agency: NewAgency, last: str, leads: str
) -> None:
    assert await _second(agency) == "nord"
    found = await _enter(browser, agency.owner, last.format(agency=agency.slug))
    assert found == leads.format(agency=agency.slug)


async def test_a_client_comes_to_the_activity(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    client = await employ(agency, Role.CLIENT, "Béatrice")
    for last in ("", f"{agency.slug}/riviere", f"{agency.slug}/"):
        assert await _enter(browser, client, last) == f"/w/{agency.slug}/riviere/activity/"


async def test_who_has_no_workspace_is_told_so(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    moderator = await employ(agency, Role.MODERATOR, "Karim")
    await dismiss(agency, moderator)
    assert await _enter(browser, moderator) == "/start/"
    shown = await browser.get("/start/")
    assert shown.status_code == 403
