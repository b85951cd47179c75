"""One thread, as it is read."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select, update

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden
from cmhub.integrations.networks.base import (
    Attachment,
    IncomingDeletion,
    IncomingEdit,
    IncomingReaction,
)
from cmhub.models import Channel, Connection, Measure, Reply, Thread
from cmhub.services.inbox import MESSAGES
from cmhub.services.measures import delete_message, measure_member
from cmhub.services.replies import send_reply
from cmhub.services.threads import ThreadView, read_thread
from tests.support.agency import NewAgency
from tests.support.community import Community, ago, bring, make_community, person, said


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    return await make_community(agency.owner, agency.workspace_id)


async def thread_of(community: Community, root: str = "m1") -> UUID:
    async with unit_of_work(community.actor) as session:
        return (await session.scalars(select(Thread.id).where(Thread.root == root))).one()


async def _read(community: Community, root: str = "m1", *, by: Actor | None = None) -> ThreadView:
    actor = by or community.actor
    thread = await thread_of(community, root)
    async with unit_of_work(actor) as session:
        return await read_thread(session, actor, community.workspace_id, thread)


async def test_it_shows_messages_from_the_oldest_on(community: Community) -> None:
    await bring(community, said("m2", "Moi aussi", by="ben", at=ago(hours=1), to="m1"))
    await bring(community, said("m1", "Où ?", at=ago(hours=2)))
    await bring(community, said("m3", "Ici.", by="team", at=ago(minutes=9), to="m2"))
    view = await _read(community)
    assert [(m.author, m.body, m.from_team) for m in view.messages] == [
        ("Ana", "Où ?", False),
        ("Ben", "Moi aussi", False),
        ("Rivière", "Ici.", True),
    ]
    assert view.messages[0].handle == "@ana:example.org"
    assert (view.channel, view.network, view.account) == ("General", "matrix", "Rivière")
    assert (view.closed, view.earlier, view.state) == ("", 0, "waiting")


async def test_it_shows_reactions_by_how_many_gave_them(community: Community) -> None:
    await bring(
        community,
        said("m1"),
        IncomingReaction("general", "r1", "m1", person("ben"), "👍", ago(seconds=9)),
        IncomingReaction("general", "r2", "m1", person("cléo"), "👍", ago(seconds=8)),
        IncomingReaction("general", "r3", "m1", person("ben"), "🎉", ago(seconds=7)),
    )
    (message,) = (await _read(community)).messages
    assert [(one.name, one.count) for one in message.reactions] == [("👍", 2), ("🎉", 1)]


async def test_it_shows_files_in_their_order(community: Community) -> None:
    files = tuple(Attachment(f"mxc://a/{n}", "image/png", f"{n}.png") for n in range(3))
    await bring(community, replace(said("m1", ""), attachments=files))
    (message,) = (await _read(community)).messages
    assert [file.name for file in message.attachments] == ["0.png", "1.png", "2.png"]


async def test_an_edited_message_shows_its_last_words(community: Community) -> None:
    await bring(community, said("m1", "Bojour"))
    await bring(community, IncomingEdit("general", "m1", "Bonjour", ago(seconds=5)))
    (message,) = (await _read(community)).messages
    assert (message.body, message.edited) == ("Bonjour", True)


async def test_deleted_words_are_not_shown(community: Community) -> None:
    await bring(community, said("m1", "insulte"))
    await bring(community, IncomingDeletion("general", "m1", ago(seconds=5)))
    (message,) = (await _read(community)).messages
    assert (message.body, message.deleted) == ("", True)


async def test_a_long_thread_shows_its_end_and_counts_the_rest(community: Community) -> None:
    await bring(
        community,
        said("m1", at=ago(hours=9)),
        *(said(f"a{n}", at=ago(minutes=300 - n), to="m1") for n in range(MESSAGES + 4)),
    )
    view = await _read(community)
    assert (len(view.messages), view.earlier) == (MESSAGES, 5)
    assert view.messages[-1].posted_at > view.messages[0].posted_at


async def _set(community: Community, table: type[Channel | Connection], **values: object) -> None:
    async with unit_of_work(community.actor) as session:
        await session.execute(update(table).values(**values))


@pytest.mark.parametrize(
    ("table", "values", "reason"),
    [
        (Connection, {"network": "import", "state": "history"}, "imported"),
        (Connection, {"state": "disconnected"}, "disconnected"),
        (Channel, {"chosen": False}, "disconnected"),
        (Connection, {"state": "reconnect"}, "reconnect"),
    ],
)
async def test_it_says_why_nothing_can_be_written(
    community: Community,
    table: type[Channel | Connection],
    values: dict[str, object],
    reason: str,
) -> None:
    await bring(community, said("m1"))
    await _set(community, table, **values)
    assert (await _read(community)).closed == f"inbox.closed.{reason}"


async def test_trouble_does_not_close_a_thread(community: Community) -> None:
    await bring(community, said("m1"))
    await _set(community, Connection, state="trouble")
    view = await _read(community)
    assert (view.closed, view.can_delete) == ("", True)


def _as(community: Community, role: Role) -> Actor:
    reach = {community.workspace_id: frozenset({role})}
    return replace(community.actor, agency_roles=frozenset(), workspaces=reach)


@pytest.mark.parametrize(
    ("role", "closed", "deletes"),
    [
        (Role.MANAGER, "", True),
        (Role.MODERATOR, "", True),
        (Role.MEDIATOR, "", False),
        (Role.ANALYST, "inbox.closed.role", False),
    ],
)
async def test_a_role_sees_what_it_may_do(
    community: Community, role: Role, closed: str, deletes: bool
) -> None:
    await bring(community, said("m1"))
    view = await _read(community, by=_as(community, role))
    assert (view.closed, view.can_delete, view.can_mute, view.can_ban) == (
        closed,
        deletes,
        deletes,
        deletes,
    )


async def test_a_client_reads_no_thread(community: Community) -> None:
    await bring(community, said("m1"))
    with pytest.raises(Forbidden):
        await _read(community, by=_as(community, Role.CLIENT))


async def test_an_account_without_the_right_measures_nothing(community: Community) -> None:
    await bring(community, said("m1"))
    await _set(community, Channel, may_moderate=False)
    view = await _read(community)
    assert (view.can_delete, view.can_mute, view.can_ban) == (False, False, False)


async def test_it_shows_what_is_being_done_about_a_message(community: Community) -> None:
    await bring(community, said("m1"))
    (message,) = (await _read(community)).messages
    actor = community.actor
    async with unit_of_work(actor) as session:
        measure = await delete_message(session, actor, community.workspace_id, message.id)
    (message,) = (await _read(community)).messages
    assert (message.measure_id, message.measure_state) == (measure, "planned")
    async with unit_of_work(actor) as session:
        await session.execute(update(Measure).values(state="undone"))
    (message,) = (await _read(community)).messages
    assert (message.measure_id, message.measure_state) == (None, "")


async def test_it_shows_where_a_member_stands(community: Community) -> None:
    await bring(community, said("m1"))
    actor = community.actor
    for kind, standing in [("mute", "muted"), ("unmute", ""), ("ban", "banned")]:
        (message,) = (await _read(community)).messages
        async with unit_of_work(actor) as session:
            await measure_member(session, actor, community.workspace_id, message.id, kind)
            await session.execute(update(Measure).values(state="confirmed"))
        assert (await _read(community)).messages[0].member_standing == standing


async def test_it_shows_replies_until_they_are_messages(community: Community) -> None:
    await bring(community, said("m1", at=ago(hours=1)))
    thread, actor = await thread_of(community), community.actor
    async with unit_of_work(actor) as session:
        await send_reply(session, actor, community.workspace_id, thread, "J’arrive")
    view = await _read(community)
    assert [(one.body, one.state, one.user_name) for one in view.replies] == [
        ("J’arrive", "planned", actor.name)
    ]
    async with unit_of_work(actor) as session:
        await session.execute(update(Reply).values(state="sent", external_id="m2"))
    await bring(community, said("m2", "J’arrive", by="team", to="m1"))
    view = await _read(community)
    assert view.replies == ()
    assert view.messages[-1].sent_by == actor.name
