from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from cmhub.web.headers import SecurityHeaders, script_hashes
from tests.support.asgi import client_of

PAGE = "<html><script>let a = 1 < 2;</script><script src='/x.js'></script><script></script></html>"


async def _page(request: Request) -> HTMLResponse:
    return HTMLResponse(PAGE)


async def _own(request: Request) -> PlainTextResponse:
    return PlainTextResponse("", headers={"Content-Security-Policy": "sandbox"})


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    (tmp_path / "index.html").write_text(PAGE)
    inner = Starlette(
        routes=[Route("/", _page), Route("/own", _own), Route("/assets/page-Abc123_-x.js", _own)]
    )
    return client_of(SecurityHeaders(inner, tmp_path), "http://testserver")


async def test_it_allows_exactly_the_inline_scripts_of_the_build(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(PAGE)
    assert len(script_hashes(tmp_path)) == 2
    assert "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='" in script_hashes(tmp_path)


async def test_it_bears_a_missing_build(tmp_path: Path) -> None:
    assert script_hashes(tmp_path / "nothing") == []


async def test_it_forbids_inline_scripts_eval_and_frames(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/")).headers["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "frame-ancestors 'none'" in policy
    assert "connect-src 'self' ws://testserver" in policy


async def test_it_does_not_put_a_strange_host_into_the_policy(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/", headers={"Host": "x;script-src *"})).headers[
        "content-security-policy"
    ]
    assert "script-src *" not in policy


@pytest.mark.parametrize(
    "name", ["x-content-type-options", "x-frame-options", "referrer-policy", "permissions-policy"]
)
async def test_it_adds_the_headers_to_every_answer(client: httpx.AsyncClient, name: str) -> None:
    for path in ("/", "/own", "/nothing"):
        assert name in (await client.get(path)).headers


async def test_it_leaves_a_route_its_own_policy(client: httpx.AsyncClient) -> None:
    assert (await client.get("/own")).headers["content-security-policy"] == "sandbox"


async def test_it_keeps_hashed_assets_for_ever_and_pages_not_at_all(
    client: httpx.AsyncClient,
) -> None:
    assert "immutable" in (await client.get("/assets/page-Abc123_-x.js")).headers["cache-control"]
    assert (await client.get("/")).headers["cache-control"] == "no-cache"
