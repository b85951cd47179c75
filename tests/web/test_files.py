"""Files over HTTP: for sessions with reach only; uploads judged before they are read."""

from collections.abc import AsyncIterator
from secrets import token_hex

import httpx
import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cmhub.db import unit_of_work
from cmhub.models import new_id
from cmhub.services import accounts, files
from cmhub.web import routes
from cmhub.web.forms import UnreadableForm
from cmhub.web.receiving import receive_file
from tests.support.agency import PASSWORD, NewAgency, make_agency
from tests.support.asgi import client_of

MOST = 100_000
HOME = {"Origin": "http://localhost:8000"}


async def _receive(request: Request) -> Response:
    try:
        async with receive_file(request, MOST) as given:
            data = b"".join([piece async for piece in given.pieces()])
            told = {"name": given.name, "size": given.size, "read": len(data), **given.fields}
            return JSONResponse({**told, "user": str(given.info.user_id)})
    except UnreadableForm as refused:
        return Response(status_code=refused.status)


@pytest.fixture
async def browser(agency: NewAgency) -> AsyncIterator[httpx.AsyncClient]:
    """The owner's browser."""
    app = Starlette(routes=[*routes, Route("/receive", _receive, methods=["POST"])])
    async with client_of(app) as client:
        client.cookies.set("cmhub_session", await _token(agency.email))
        yield client


async def _token(email: str) -> str:
    return await accounts.sign_in(email, PASSWORD, "tests", token_hex(8))


def _address(agency: NewAgency, name: str) -> str:
    return f"/files/{agency.slug}/{agency.workspace_slug}/{name}"


async def test_a_picture_is_shown(agency: NewAgency, browser: httpx.AsyncClient) -> None:
    await files.put_file(agency.owner, agency.workspace_id, "logo/1.png", b"png")
    answer = await browser.get(_address(agency, "logo/1.png"))
    assert (answer.status_code, answer.content) == (200, b"png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"].startswith("private")


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.js", "a", "a.xml", "a.png.html"])
async def test_what_is_no_picture_is_saved_not_shown(
    agency: NewAgency, browser: httpx.AsyncClient, name: str
) -> None:
    await files.put_file(agency.owner, agency.workspace_id, f"logo/{name}", b"<script>")
    answer = await browser.get(_address(agency, f"logo/{name}"))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_the_agencys_own_files_have_a_dash(
    agency: NewAgency, browser: httpx.AsyncClient
) -> None:
    await files.put_file(agency.owner, None, "logo/a.png", b"agency")
    answer = await browser.get(f"/files/{agency.slug}/-/logo/a.png")
    assert answer.content == b"agency"


async def test_nobody_else_gets_it(agency: NewAgency, browser: httpx.AsyncClient) -> None:
    await files.put_file(agency.owner, agency.workspace_id, "logo/1.png", b"png")
    other = await make_agency()
    browser.cookies.set("cmhub_session", await _token(other.email))
    assert (await browser.get(_address(agency, "logo/1.png"))).status_code == 404
    other_ids = f"/files/{other.slug}/{other.workspace_slug}"
    for stray in (
        f"../../{agency.id}/{agency.workspace_id}/logo/1.png",
        f"..%2f..%2f{agency.id}%2f{agency.workspace_id}%2flogo%2f1.png",
        f"logo/../../../{agency.id}/{agency.workspace_id}/logo/1.png",
    ):
        assert (await browser.get(f"{other_ids}/{stray}")).status_code == 404
    browser.cookies.clear()
    answer = await browser.get(_address(agency, "logo/1.png"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/sign-in/")


@pytest.mark.parametrize("name", ["import/1.jsonl", "export/1.zip", "nowhere/1", "logo/absent.png"])
async def test_what_has_no_area_of_its_own_is_not_found(
    agency: NewAgency, browser: httpx.AsyncClient, name: str
) -> None:
    if not name.startswith(("nowhere", "logo")):
        await files.put_file(agency.owner, agency.workspace_id, name, b"x")
    assert (await browser.get(_address(agency, name))).status_code == 404


async def test_a_role_without_the_right_is_refused(
    agency: NewAgency, browser: httpx.AsyncClient
) -> None:
    await files.put_file(agency.owner, agency.workspace_id, "rejected/1.csv", b"a,b")
    assert (await browser.get(_address(agency, "rejected/1.csv"))).status_code == 200
    async with unit_of_work(agency.owner) as session:
        await session.execute(
            text("insert into membership (agency_id, id, user_id, workspace_id, role, created_at)"
                 " values (:a, :i, :u, :w, 'client', now())"),
            {"a": agency.id, "i": new_id(), "u": agency.owner.user_id, "w": agency.workspace_id},
        )  # fmt: skip
        await session.execute(text("delete from membership where role = 'owner'"))
    assert (await browser.get(_address(agency, "rejected/1.csv"))).status_code == 403
    assert (await browser.get(_address(agency, "logo/1.png"))).status_code == 404


def _form(data: bytes = b"abc", name: str = "histoire é.csv") -> dict[str, tuple[str, bytes, str]]:
    return {"file": (name, data, "text/csv")}


async def test_a_file_comes_with_its_fields(agency: NewAgency, browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/receive", files=_form(), data={"format": "csv"}, headers=HOME)
    assert answer.json() == {
        "name": "histoire é.csv", "size": 3, "read": 3, "format": "csv",
        "user": str(agency.owner.user_id),
    }  # fmt: skip


async def test_another_sites_form_is_refused(browser: httpx.AsyncClient) -> None:
    for headers in ({"Origin": "https://evil.example"}, {}):
        answer = await browser.post("/receive", files=_form(), headers=headers)
        assert answer.status_code == 403


async def test_nobody_signed_in_is_refused(browser: httpx.AsyncClient) -> None:
    browser.cookies.clear()
    assert (await browser.post("/receive", files=_form(), headers=HOME)).status_code == 401


async def test_what_is_announced_as_too_long_is_not_read(browser: httpx.AsyncClient) -> None:
    read: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"x"

    headers = {
        **HOME,
        "Content-Length": str(10 * MOST),
        "Content-Type": "multipart/form-data; boundary=b",
    }
    answer = await browser.post("/receive", content=body(), headers=headers)
    assert answer.status_code == 413


async def test_what_lies_about_its_length_is_cut(browser: httpx.AsyncClient) -> None:
    sent: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for number in range(1000):
            sent.append(number)
            yield b"x" * 10_000

    headers = {**HOME, "Content-Type": "multipart/form-data; boundary=b"}
    answer = await browser.post("/receive", content=body(), headers=headers)
    assert answer.status_code == 413


async def test_a_file_a_little_too_long_is_refused(browser: httpx.AsyncClient) -> None:
    assert (
        await browser.post("/receive", files=_form(b"x" * MOST), headers=HOME)
    ).status_code == 200
    answer = await browser.post("/receive", files=_form(b"x" * (MOST + 1)), headers=HOME)
    assert answer.status_code == 413


async def test_a_form_without_a_file_is_refused(browser: httpx.AsyncClient) -> None:
    empty = {"file": ("", b"", "application/octet-stream")}
    for given in (empty, {"other": ("a", b"a", "text/csv")}):
        assert (await browser.post("/receive", headers=HOME, files=given)).status_code == 400
    answer = await browser.post("/receive", data={"a": "b"}, headers=HOME)
    assert answer.status_code == 415
    headers = {**HOME, "Content-Type": "multipart/form-data"}
    assert (await browser.post("/receive", content=b"x", headers=headers)).status_code == 400


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\été 2026.csv", "t-2026.csv"),
        ("", "file"),
        ("...", "file"),
        (".htaccess", "htaccess"),
        ("a\x00b\n.zip", "a-b-.zip"),
        ("x" * 300 + ".zip", "x" * 96 + ".zip"),
    ],
)
def test_a_name_becomes_plain(given: str, plain: str) -> None:
    assert files.plain_name(given) == plain
