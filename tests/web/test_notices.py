"""The link in a mail that ends mails of one kind, as mail programs and people use it."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from cmhub.actor import Actor, Role
from cmhub.logs import without_tokens
from cmhub.services.notices import preferences
from cmhub.services.notices.unsubscribing import unsubscribe_token
from cmhub.web import routes
from tests.support.agency import NewAgency
from tests.support.staff import employ


@pytest.fixture
async def stranger() -> AsyncIterator[httpx.AsyncClient]:
    """A program without cookies that says nothing of where it comes from."""
    carrier = httpx.ASGITransport(app=Starlette(routes=routes), client=("192.0.2.9", 4000))
    async with httpx.AsyncClient(transport=carrier, base_url="http://localhost:8000") as one:
        yield one


@pytest.fixture
async def mia(agency: NewAgency) -> Actor:
    return await employ(agency, Role.MODERATOR, "Mia")


def _id(actor: Actor) -> UUID:
    assert actor.user_id is not None
    return actor.user_id


async def _mail(user: Actor, kind: str) -> str:
    return (await preferences.read_preferences(_id(user))).choices[kind].mail


def _link(user: Actor, kind: str) -> str:
    return f"/notices/unsubscribe/{unsubscribe_token(_id(user), kind)}"


async def test_looking_at_it_changes_nothing(stranger: httpx.AsyncClient, mia: Actor) -> None:
    answer = await stranger.get(_link(mia, "mention"), headers={"accept-language": "en"})
    assert answer.status_code == 200
    assert "Somebody mentions me in a note" in answer.text
    assert await _mail(mia, "mention") == "now"


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"headers": {"origin": "https://mail.example"}},
    ],
)
async def test_one_post_from_anywhere_ends_it(
    stranger: httpx.AsyncClient, mia: Actor, sent: dict[str, object]
) -> None:
    answer = await stranger.post(_link(mia, "mention"), **sent)  # pyright: ignore[reportArgumentType]
    assert answer.status_code == 200
    assert await _mail(mia, "mention") == "never"
    assert await _mail(mia, "task_assigned") == "now"


async def test_a_link_that_is_none_is_told_and_changes_nothing(
    stranger: httpx.AsyncClient, mia: Actor
) -> None:
    link = _link(mia, "mention")
    for wrong in (link[:-9], f"{link}x", "/notices/unsubscribe/x"):
        for method in ("GET", "POST"):
            answer = await stranger.request(method, wrong)
            assert answer.status_code == 404
    assert await _mail(mia, "mention") == "now"


def test_the_secret_of_a_link_is_not_logged() -> None:
    logged = without_tokens("GET /notices/unsubscribe/gAAAAsecret 200")
    assert logged == "GET /notices/unsubscribe/[removed] 200"
