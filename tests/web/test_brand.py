"""A client's colour and logo over HTTP: for who may enter, and only pictures."""

from collections.abc import AsyncIterator
from secrets import token_hex

import httpx
import pytest
from starlette.applications import Starlette

from cmhub.db import unit_of_work
from cmhub.services import accounts, settings
from cmhub.web import routes
from tests.services.test_settings import GOOD, picture
from tests.support.agency import PASSWORD, NewAgency, make_agency
from tests.support.asgi import client_of

HOME = {"Origin": "http://localhost:8000"}


async def _token(email: str) -> str:
    return await accounts.sign_in(email, PASSWORD, "tests", token_hex(8))


@pytest.fixture
async def browser(agency: NewAgency) -> AsyncIterator[httpx.AsyncClient]:
    """The owner's browser."""
    async with client_of(Starlette(routes=routes)) as client:
        client.cookies.set("cmhub_session", await _token(agency.email))
        yield client


def _base(agency: NewAgency) -> str:
    return f"/w/{agency.slug}/{agency.workspace_slug}"


async def test_the_colour_is_a_style_that_is_asked_for_again(
    agency: NewAgency, browser: httpx.AsyncClient
) -> None:
    address = f"{_base(agency)}/brand.css"
    assert (await browser.get(address)).text == ""
    async with unit_of_work(agency.owner) as session:
        await settings.save_settings(
            session, agency.owner, agency.workspace_id, **GOOD, languages=["fr"], brand="#8a1c5b"
        )
    answer = await browser.get(address)
    assert answer.headers["content-type"].startswith("text/css")
    assert "no-cache" in answer.headers["cache-control"]
    assert "--color-primary:#8a1c5b" in answer.text
    again = await browser.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.text) == (304, "")


async def test_nobody_else_learns_a_colour(agency: NewAgency, browser: httpx.AsyncClient) -> None:
    other = await make_agency()
    browser.cookies.set("cmhub_session", await _token(other.email))
    assert (await browser.get(f"{_base(agency)}/brand.css")).status_code == 404
    browser.cookies.clear()
    assert (await browser.get(f"{_base(agency)}/brand.css")).status_code == 404


@pytest.mark.parametrize("whole", [False, True])
async def test_a_form_brings_a_logo(
    agency: NewAgency, browser: httpx.AsyncClient, *, whole: bool
) -> None:
    base = f"/a/{agency.slug}" if whole else _base(agency)
    sent = {"logo": ("../../x.png", picture(), "image/png")}
    answer = await browser.post(f"{base}/logo", files=sent, headers=HOME)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{base}/settings/?logo=saved")
    async with unit_of_work(agency.owner) as session:
        name = (
            (await settings.read_agency(session, agency.owner)).logo
            if whole
            else (await settings.read_settings(session, agency.owner, agency.workspace_id)).logo
        )
    place = "-" if whole else agency.workspace_slug
    shown = await browser.get(f"/files/{agency.slug}/{place}/{name}")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (b"<svg/>", "no_picture"),
        (b"", "no_picture"),
        (b"x" * (11 * 1024 * 1024), "picture_too_large"),
    ],
)
async def test_what_is_no_picture_is_told_on_the_page(
    agency: NewAgency, browser: httpx.AsyncClient, data: bytes, outcome: str
) -> None:
    sent = {"logo": ("a.png", data, "image/png")}
    answer = await browser.post(f"{_base(agency)}/logo", files=sent, headers=HOME)
    assert answer.headers["location"] == f"{_base(agency)}/settings/?logo={outcome}"


async def test_a_logo_from_another_sites_form_is_refused(
    agency: NewAgency, browser: httpx.AsyncClient
) -> None:
    sent = {"logo": ("a.png", picture(), "image/png")}
    answer = await browser.post(
        f"{_base(agency)}/logo", files=sent, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


async def test_a_logo_for_somebody_elses_workspace_is_not_found(
    agency: NewAgency, browser: httpx.AsyncClient
) -> None:
    other = await make_agency()
    sent = {"logo": ("a.png", picture(), "image/png")}
    for base in (_base(other), f"/a/{other.slug}", f"/w/{agency.slug}/nothing"):
        answer = await browser.post(f"{base}/logo", files=sent, headers=HOME)
        assert answer.status_code == 404
