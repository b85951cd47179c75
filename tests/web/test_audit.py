"""The audit as a file: whole, filtered, and harmless in a spreadsheet."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from secrets import token_hex

import httpx
import pytest
from starlette.applications import Starlette

from cmhub.db import unit_of_work
from cmhub.models import AuditEvent, new_id
from cmhub.services import accounts
from cmhub.web import routes
from cmhub.web.audit import defused
from tests.support.agency import PASSWORD, NewAgency, make_agency
from tests.support.asgi import client_of

EVIL = '=HYPERLINK("https://evil.example")'


async def _token(email: str) -> str:
    return await accounts.sign_in(email, PASSWORD, "tests", token_hex(8))


@pytest.fixture
async def browser(agency: NewAgency) -> AsyncIterator[httpx.AsyncClient]:
    """The owner's browser; somebody with a formula for a name has done something."""
    async with unit_of_work(agency.owner) as session:
        session.add(
            AuditEvent(
                agency_id=agency.id, workspace_id=agency.workspace_id, at=datetime.now(UTC),
                user_id=new_id(), actor=EVIL, address="192.0.2.1", tag="workspace:settings",
                object_kind="workspace", object_id=agency.workspace_id,
                data={"name": "@SUM(1)", "changes": {"client": ["A", "B, \"C\"\nD"]}},
            )
        )  # fmt: skip
    async with client_of(Starlette(routes=routes)) as client:
        client.cookies.set("cmhub_session", await _token(agency.email))
        client.cookies.set("cmhub_lang", "fr")
        yield client


async def test_it_is_a_table_whose_formulas_do_nothing(
    agency: NewAgency, browser: httpx.AsyncClient
) -> None:
    answer = await browser.get(f"/a/{agency.slug}/audit.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith("\ufeffat,actor")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["tag"] for row in rows][:2] == ["audit:export", "workspace:settings"]
    evil = rows[1]
    assert evil["actor"] == f"'{EVIL}"
    assert evil["what"] == f"'{EVIL} a modifié les réglages de l’espace"
    assert (evil["object"], evil["workspace"]) == ("'@SUM(1)", "Rivière")
    assert evil["changes"] == 'Client: A → B, "C"\nD'
    assert all(
        not (cell or "").startswith(("=", "+", "-", "@")) for row in rows for cell in row.values()
    )


async def test_it_is_a_line_of_json_for_each_event(
    agency: NewAgency, browser: httpx.AsyncClient
) -> None:
    answer = await browser.get(f"/a/{agency.slug}/audit.jsonl", params={"kind": "workspace"})
    events = [json.loads(line) for line in answer.text.splitlines()]
    assert {one["tag"] for one in events} == {"workspace:settings", "workspace:create"}
    assert events[0]["actor"] == EVIL
    assert events[0]["data"]["changes"]["client"][0] == "A"
    assert events[0]["workspace_id"] == str(agency.workspace_id)


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"q": "evil.example"}, 1),
        ({"kind": "reply"}, 0),
        ({"kind": "nonsense", "person": "x", "from": "y"}, 4),
        ({"to": "2020-01-01"}, 0),
    ],
)
async def test_it_follows_the_filter_of_the_page(
    agency: NewAgency, browser: httpx.AsyncClient, query: dict[str, str], number: int
) -> None:
    answer = await browser.get(f"/a/{agency.slug}/audit.jsonl", params=query)
    tags = [json.loads(line)["tag"] for line in answer.text.splitlines()]
    assert len([tag for tag in tags if tag != "audit:export"]) == number


async def test_nobody_else_gets_it(agency: NewAgency, browser: httpx.AsyncClient) -> None:
    other = await make_agency()
    assert (await browser.get(f"/a/{other.slug}/audit.csv")).status_code == 404
    browser.cookies.clear()
    answer = await browser.get(f"/a/{agency.slug}/audit.csv")
    assert answer.headers["location"] == "/auth/sign-in/"


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_what_begins_like_a_formula_is_text(value: str) -> None:
    assert defused(value) == f"'{value}"
    assert defused(f" {value}") == f" {value}"
