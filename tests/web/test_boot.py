import json

import pytest
from starlette.applications import Starlette

from cmhub.web.boot import routes
from tests.support.asgi import client_of

client = client_of(Starlette(routes=routes))
OURS = {"Origin": "http://localhost:8000", "Referer": "http://localhost:8000/lumen/nord/inbox/?q=1"}


async def _settings(headers: dict[str, str]) -> dict[str, str]:
    body = (await client.get("/boot.js", headers=headers)).text
    return json.loads(body[body.rindex('({"language"') + 1 : body.rindex(")")])


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.8"}, "fr"),
        ({"Accept-Language": "de, en;q=0.5, fr;q=0.4"}, "en"),
        ({"Accept-Language": "fr", "Cookie": "cmhub_lang=en"}, "en"),
        ({"Cookie": "cmhub_lang=xx"}, "en"),
    ],
)
async def test_it_speaks_the_language_of_the_reader(headers: dict[str, str], language: str) -> None:
    assert (await _settings(headers))["language"] == language


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ('"><script>', "system")])
async def test_it_paints_the_chosen_theme_and_nothing_forged(cookie: str, theme: str) -> None:
    assert (await _settings({"Cookie": f"cmhub_theme={cookie}"}))["theme"] == theme


async def test_it_is_not_sent_twice() -> None:
    etag = (await client.get("/boot.js")).headers["etag"]
    again = await client.get("/boot.js", headers={"If-None-Match": etag})
    other = await client.get("/boot.js", headers={"If-None-Match": etag, "Cookie": "cmhub_lang=fr"})
    assert (again.status_code, again.content, other.status_code) == (304, b"", 200)
    assert "no-cache" in again.headers["cache-control"]
    assert "Cookie" in again.headers["vary"]


async def test_it_keeps_a_preference_and_goes_back() -> None:
    answer = await client.post(
        "/preferences", data={"language": "fr"}, headers=OURS, follow_redirects=False
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/lumen/nord/inbox/?q=1"
    assert "cmhub_lang=fr" in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]


@pytest.mark.parametrize("referer", ["https://evil.example/x", "", "http://localhost:8000//evil"])
async def test_it_never_goes_back_to_another_site(referer: str) -> None:
    headers = {**OURS, "Referer": referer}
    answer = await client.post("/preferences", data={}, headers=headers, follow_redirects=False)
    assert answer.headers["location"] == "/"


async def test_it_keeps_no_preference_that_it_does_not_know() -> None:
    answer = await client.post(
        "/preferences", data={"theme": "pink"}, headers=OURS, follow_redirects=False
    )
    assert "set-cookie" not in answer.headers


async def test_it_refuses_a_form_from_another_site() -> None:
    answer = await client.post("/preferences", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
