"""The demo, made in the tests' database."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

import pytest
from sqlalchemy import Select, func, select

from cmhub.actor import Role
from cmhub.config import settings
from cmhub.db import unit_of_work
from cmhub.errors import NotReady
from cmhub.integrations.networks import simulated_names
from cmhub.locales import text
from cmhub.models import (
    Channel,
    Connection,
    HandoverNote,
    Label,
    Measure,
    Member,
    Message,
    Note,
    Notification,
    Reply,
    SavedReply,
    Task,
    Thread,
    Workspace,
)
from cmhub.sandbox.community.clients import COMMUNITIES
from cmhub.sandbox.crew import PASSWORD
from cmhub.sandbox.demo import SignIn, make_demo
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


_entered: dict[str, SessionInfo] = {}


async def enter(email: str, *, again: bool = False) -> SessionInfo:
    """Sign in once, since nobody may try that too often; ``again`` when there is a new demo."""
    if again or email not in _entered:
        info = await resolve_session(await sign_in(email, PASSWORD, "tests", token_hex(8)))
        assert info is not None
        _entered[email] = info
    return _entered[email]


async def test_there_is_a_user_of_every_role(demo: list[SignIn]) -> None:
    assert {(one.agency, one.role) for one in demo} == {
        (agency, role.value) for agency in ("lumen", "harbor") for role in Role
    }
    for agency, places in (("lumen", 8), ("harbor", 4)):
        for role in Role:
            info = await enter(f"{role.value}@{agency}.example")
            assert {place.role.value for place in info.places} == {role.value}
            assert {place.agency_slug for place in info.places} == {agency}
            if role.value in ("owner", "admin"):
                assert len(info.places) == places
            else:
                assert 1 <= len(info.places) < places


async def test_one_person_works_for_both_agencies(demo: list[SignIn]) -> None:
    (email,) = {one.email for one in demo if "deuxrives" in one.email}
    places = (await enter(email)).places
    assert {place.agency_slug for place in places} == {"lumen", "harbor"}
    assert len([one for one in demo if one.email == email]) == 2


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many threads of a workspace wait, and for how many days the longest has."""

    many: int
    days: float


async def waiting(agency: str) -> dict[str, Waiting]:
    """Return what waits in each workspace of an agency, by its name."""
    owner = actor_in(await enter(f"owner@{agency}.example"), agency)
    query = (
        select(Workspace.name, func.count(Thread.id), func.min(Thread.waiting_since))
        .outerjoin(
            Thread,
            (Thread.workspace_id == Workspace.id)
            & (Thread.state == "open")
            & Thread.waiting_since.is_not(None),
        )
        .group_by(Workspace.name)
    )
    now = datetime.now(UTC)
    async with unit_of_work(owner) as session:
        rows = (await session.execute(query)).all()
    day = timedelta(days=1)
    return {name: Waiting(n, (now - since) / day if since else 0) for name, n, since in rows}


@pytest.mark.parametrize(("agency", "burning"), [("lumen", "Séralune"), ("harbor", "Ledgerlark")])
async def test_the_one_that_burns_waits_the_longest(
    demo: list[SignIn], agency: str, burning: str
) -> None:
    found = await waiting(agency)
    assert len(found) == (8 if agency == "lumen" else 4)
    longest = max(found, key=lambda name: found[name].days)
    assert longest == burning == max(found, key=lambda name: found[name].many)
    assert found[burning].days > 8
    others = [one for name, one in found.items() if name != burning]
    assert all(one.many < found[burning].many / 4 for one in others)
    assert all(one.days < 5 for one in others)


async def read(agency: str, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    owner = actor_in(await enter(f"owner@{agency}.example"), agency)
    async with unit_of_work(owner) as session:
        return (await session.execute(query)).all()


async def test_all_is_there_at_once_and_the_networks_go_on_from_there(demo: list[SignIn]) -> None:
    server = Homeserver(Journal(journal_path()))
    total = 0
    for agency in ("lumen", "harbor"):
        ((many,),) = await read(agency, select(func.count(Message.id)))
        total += many
        chosen = select(Channel.external_id, Channel.history_done, Connection.cursor).join(
            Connection, Connection.id == Channel.connection_id
        )
        for room, done, cursor in await read(agency, chosen.where(Connection.network != "import")):
            assert done
            assert cursor is not None
            assert room in server.rooms
    # 180 days of twelve communities, each of some eight to fifteen messages a day.
    assert 16_000 <= total <= 32_000


async def test_what_the_networks_still_have_is_not_brought_twice(demo: list[SignIn]) -> None:
    server = Homeserver(Journal(journal_path()))
    for agency in ("lumen", "harbor"):
        query = (
            select(Channel.external_id, Message.external_id)
            .join(Channel, Channel.id == Message.channel_id)
            .join(Connection, Connection.id == Channel.connection_id)
            .where(Connection.network != "import", Connection.state == "active")
        )
        known = set(await read(agency, query))
        assert len(known) > 3000
        rooms = {room for room, _ in known}
        there = {
            (event.room, event.id)
            for room in rooms
            for event in server.rooms[room].events
            if event.kind == "m.room.message"
        }
        assert there <= known


async def test_networks_that_are_simulated_say_so(demo: list[SignIn]) -> None:
    for agency in ("lumen", "harbor"):
        query = select(Connection.network, Connection.address, Connection.label)
        rows = await read(agency, query.where(Connection.network != "import"))
        played = [one for one in rows if one[0] in simulated_names()]
        assert len(played) >= 3
        assert {one[0] for one in rows} - set(simulated_names()) == {"matrix"}
        for network, address, label in played:
            assert "/sandbox/" in address
            assert "sandbox" not in label
            assert re.search("imulé|imulated", text(f"inbox.network.{network}", "fr"))
            assert "imulated" in text(f"inbox.network.{network}", "en")


async def test_one_account_waits_to_be_connected_again(demo: list[SignIn]) -> None:
    rows = await read("lumen", select(Connection.network, Connection.state, Connection.fault))
    assert [one for one in rows if one[1] not in ("active", "history")] == [
        ("simulated_instagram", "reconnect", "reauthorise")
    ]


async def test_spam_was_taken_away_and_who_wrote_it_banned(demo: list[SignIn]) -> None:
    query = (
        select(Measure.kind, func.count(Measure.id))
        .join(Workspace, Workspace.id == Measure.workspace_id)
        .where(Workspace.name == "Brumecœur", Measure.state == "confirmed")
        .group_by(Measure.kind)
    )
    counts = dict(await read("lumen", query))
    assert counts["delete"] > 100
    assert counts["ban"] > 30


async def test_answers_were_written_by_people_of_the_agency(demo: list[SignIn]) -> None:
    rows = await read("lumen", select(Reply.user_name, func.count()).group_by(Reply.user_name))
    assert {"Karim Fournier", "Inès Delaunay", "Awa Diarra"} <= {name for name, _ in rows}


@pytest.mark.parametrize(("agency", "burning"), [("lumen", "Séralune"), ("harbor", "Ledgerlark")])
async def test_where_it_burns_tasks_are_overdue_and_threads_are_nobodys(
    demo: list[SignIn], agency: str, burning: str
) -> None:
    today = datetime.now(UTC).date()
    overdue = await read(
        agency,
        select(Workspace.name, func.count())
        .join(Task, Task.workspace_id == Workspace.id)
        .where(Task.done_at.is_(None), Task.due_on < today)
        .group_by(Workspace.name),
    )
    counts = dict(overdue)
    assert counts.pop(burning) == 2
    assert all(n < 2 for n in counts.values())
    query = select(Thread.assignee_id).join(Workspace, Workspace.id == Thread.workspace_id)
    open_ones = await read(agency, query.where(Workspace.name == burning, Thread.state == "open"))
    assert 0 < len([one for (one,) in open_ones if one]) < len(open_ones) / 3


async def test_every_workspace_has_its_clients_look_labels_and_saved_replies(
    demo: list[SignIn],
) -> None:
    for agency in ("lumen", "harbor"):
        for brand, logo in await read(agency, select(Workspace.brand, Workspace.logo)):
            assert re.fullmatch("#[0-9a-f]{6}", brand)
            assert logo
        for table in (Label, SavedReply, Task):
            places = await read(agency, select(table.workspace_id).distinct())
            assert len(places) == (8 if agency == "lumen" else 4)
        assert len(await read(agency, select(Note.id))) >= 3
        assert len(await read(agency, select(HandoverNote.id))) >= 1


async def test_nobody_is_mailed_of_the_past(demo: list[SignIn]) -> None:
    info = await enter("manager@lumen.example")
    async with unit_of_work(actor_in(info, "lumen")) as session:
        mails = (await session.scalars(select(Notification.mail_at))).all()
    assert mails
    assert set(mails) == {None}


async def test_members_came_when_they_first_wrote(demo: list[SignIn]) -> None:
    first = func.min(Message.posted_at)
    query = (
        select(Member.created_at, first)
        .join(Message, Message.member_id == Member.id)
        .group_by(Member.id, Member.created_at)
    )
    rows = await read("harbor", query)
    assert len(rows) > 200
    assert all(came == wrote for came, wrote in rows)


async def test_the_connections_tokens_open_the_homeserver(demo: list[SignIn]) -> None:
    server = Homeserver(Journal(journal_path()))
    for pair in server.tokens.all():
        server.who(pair.access)
    # The first use of a token ends older ones of its device: each account has one of its own.
    accounts = {pair.user for pair in server.tokens.all()}
    assert accounts == {one for community in COMMUNITIES for one in community.accounts}


async def count(agency: str) -> tuple[int, int]:
    """Return how many messages and connections an agency has."""
    ((messages,),) = await read(agency, select(func.count(Message.id)))
    ((found,),) = await read(agency, select(func.count(Connection.id)))
    return messages, found


async def test_the_second_time_changes_nothing(demo: list[SignIn]) -> None:
    before, journal = await count("harbor"), journal_path().read_bytes()
    assert await make_demo(reset=False) == demo
    assert (await count("harbor"), journal_path().read_bytes()) == (before, journal)


async def test_a_reset_begins_anew(demo: list[SignIn]) -> None:
    first = (await enter("owner@harbor.example")).user_id
    assert await make_demo(reset=True) == demo
    assert (await enter("owner@harbor.example", again=True)).user_id != first


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
