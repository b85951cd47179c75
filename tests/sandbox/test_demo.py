"""The demo, made in the tests' database."""

from datetime import UTC, datetime
from secrets import token_hex

import pytest
from sqlalchemy import func, select

from cmhub.actor import Role
from cmhub.config import settings
from cmhub.db import unit_of_work
from cmhub.errors import NotReady
from cmhub.models import Channel, Connection, Message
from cmhub.sandbox.demo import PASSWORD, SignIn, make_demo
from cmhub.sandbox.homeserver import Homeserver, Journal, journal_path
from cmhub.services.accounts import sign_in
from cmhub.services.sessions import SessionInfo, actor_in, resolve_session
from tests.support.settings import SetVariable

pytestmark = pytest.mark.skipif(
    not settings().embedded, reason="the demo is for the embedded database"
)


@pytest.fixture(scope="module")
async def demo(pool: None) -> list[SignIn]:
    return await make_demo(reset=False)


async def enter(email: str) -> SessionInfo:
    info = await resolve_session(await sign_in(email, PASSWORD, "tests", token_hex(8)))
    assert info is not None
    return info


async def test_there_is_a_user_of_every_role(demo: list[SignIn]) -> None:
    assert {(one.agency, one.role) for one in demo} == {
        (agency, role.value) for agency in ("lumen", "harbor") for role in Role
    }
    for one in demo:
        info = await enter(one.email)
        assert {place.role.value for place in info.places} == {one.role}
        assert {place.agency_slug for place in info.places} == {one.agency}
        if one.role != "client":
            assert len(info.places) == (3 if one.agency == "lumen" else 2)


async def count(agency: str) -> tuple[int, int, int]:
    """Return how many messages, connections and chosen rooms an agency has."""
    owner = actor_in(await enter(f"owner@{agency}.example"), agency)
    async with unit_of_work(owner) as session:
        rooms = select(func.count()).select_from(Channel).where(Channel.external_id.like("!%"))
        return (
            await session.scalar(select(func.count()).select_from(Message)) or 0,
            await session.scalar(select(func.count()).select_from(Connection)) or 0,
            await session.scalar(rooms) or 0,
        )


async def test_half_is_imported_and_half_waits_at_the_homeserver(demo: list[SignIn]) -> None:
    messages, connections, rooms = await count("lumen")
    assert (connections, rooms) == (6, 6)
    server = Homeserver(Journal(journal_path()))
    waiting = [
        event
        for room in server.rooms.values()
        for event in room.events
        if event.kind == "m.room.message"
    ]
    total = messages + (await count("harbor"))[0] + len(waiting)
    # 180 days of five communities, about ten messages a day each.
    assert 6000 <= total <= 12000
    assert max(event.at for event in waiting) / 1000 <= datetime.now(UTC).timestamp()


async def test_the_connections_tokens_open_the_homeserver(demo: list[SignIn]) -> None:
    server = Homeserver(Journal(journal_path()))
    accounts = {pair.user for pair in server.tokens.all()}
    assert accounts == {f"@{key}:community.example" for key in _KEYS}


_KEYS = ("sentiers", "aubrelle", "reparer", "gannet", "furrow")


async def test_the_second_time_changes_nothing(demo: list[SignIn]) -> None:
    before, journal = await count("harbor"), journal_path().read_bytes()
    assert await make_demo(reset=False) == demo
    assert (await count("harbor"), journal_path().read_bytes()) == (before, journal)


async def test_a_reset_begins_anew(demo: list[SignIn]) -> None:
    first = (await enter("owner@harbor.example")).user_id
    assert await make_demo(reset=True) == demo
    assert (await enter("owner@harbor.example")).user_id != first


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CMHUB_DATABASE_URL", "postgresql://cmhub_app@database.example/cmhub"),
        ("CMHUB_BASE_URL", "https://cmhub.example.org"),
    ],
)
async def test_it_is_refused_elsewhere(set_variable: SetVariable, name: str, value: str) -> None:
    set_variable(name, value)
    with pytest.raises(NotReady, match="only for an installation on one’s own machine"):
        await make_demo(reset=False)
