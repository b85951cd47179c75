"""Plain routes say what happened and what to do, to people and to programs."""

import logging

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cmhub.errors import Conflict, Forbidden, NotFound
from cmhub.web.faults import handlers

FAULTS: dict[str, Exception] = {
    "missing": HTTPException(404),
    "closed": HTTPException(403),
    "gone": NotFound(),
    "denied": Forbidden("inbox:answer"),
    "late": Conflict("changed"),
    "broken": RuntimeError("a secret detail"),
}
PAGE = {"Accept": "text/html", "Accept-Language": "fr"}


async def _fail(request: Request) -> Response:
    raise FAULTS[request.path_params["fault"]]


def _client() -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/{fault}", _fail)], exception_handlers=dict(handlers))
    carrier = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=carrier, base_url="http://localhost:8000")


@pytest.mark.parametrize(
    ("fault", "status", "title"),
    [
        ("missing", 404, "Il n’y a rien ici"),
        ("gone", 404, "Il n’y a rien ici"),
        ("closed", 403, "Cette page ne vous est pas ouverte"),
        ("denied", 403, "Cette page ne vous est pas ouverte"),
        ("broken", 500, "Une erreur est survenue"),
    ],
)
async def test_people_get_a_page_in_their_language(fault: str, status: int, title: str) -> None:
    answer = await _client().get(f"/{fault}", headers=PAGE)
    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in answer.text
    assert '<html lang="fr"' in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_what_nobody_foresaw_is_in_the_log_under_its_reference(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await _client().get("/broken", headers={**PAGE, "Accept-Language": "en"})
    assert "a secret detail" not in answer.text
    reference = answer.text.split("tell support this reference: ")[1].split("<")[0].strip()
    assert len(reference) == 16
    assert any(reference in one.getMessage() and one.exc_info for one in caplog.records)


async def test_programs_get_one_line() -> None:
    answer = await _client().get("/denied", headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/plain")
    assert "\n" not in answer.text.strip()
    assert "<" not in answer.text
