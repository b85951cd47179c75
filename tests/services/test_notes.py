"""Notes: seen by colleagues only, and their author's to change."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden, Invalid, NotFound
from cmhub.models import Message, Note, Notification, Reply
from cmhub.queue import Work
from cmhub.services import notes
from cmhub.services.colleagues import Colleague
from cmhub.services.inbox import InboxFilter, list_threads
from cmhub.services.notes import MOST, NotePart, NoteView, called_in, parts_of
from tests.support.agency import NewAgency
from tests.support.community import Community, ago, bring, make_community, said
from tests.support.desk import hire, look, thread_id, told


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    made = await make_community(agency.owner, agency.workspace_id)
    await bring(made, said("m1", at=ago(hours=2)), said("m2", at=ago(hours=1)))
    return made


async def _write(community: Community, body: str, actor: Actor | None = None) -> UUID:
    thread, writer = await thread_id(community), actor or community.actor
    async with unit_of_work(writer) as session:
        return await notes.write_note(session, writer, community.workspace_id, thread, body)


async def _read(community: Community, actor: Actor | None = None) -> tuple[NoteView, ...]:
    thread, reader = await thread_id(community), actor or community.actor
    async with unit_of_work(reader) as session:
        return await notes.read_notes(session, reader, community.workspace_id, thread)


async def _own(community: Community, verb: str, note: UUID, *given: str) -> object:
    async with unit_of_work(community.actor) as session:
        service = getattr(notes, verb)
        return await service(session, community.actor, community.workspace_id, note, *given)


async def test_a_note_stands_beside_the_thread_and_goes_to_no_network(
    community: Community,
) -> None:
    await _write(community, "  Client fâché,\nappeler demain.  ")
    (note,) = await _read(community)
    assert (note.body, note.mine, note.edited) == ("Client fâché,\nappeler demain.", True, False)
    async with unit_of_work(community.actor) as session:
        assert await session.scalar(select(func.count()).select_from(Reply)) == 0
        assert await session.scalar(select(func.count()).select_from(Message)) == 2
        page = await list_threads(
            session, community.actor, community.workspace_id, InboxFilter(noted=True)
        )
    assert [row.noted for row in page.rows] == [True]
    assert page.counts["open"] == 1


async def test_the_audit_tells_of_a_note_and_not_what_it_says(community: Community) -> None:
    await _write(community, "Confidentiel")
    assert await told(community, "note:write") == [{"thread": str(await thread_id(community))}]


@pytest.mark.parametrize("body", ["", " \n ", "x" * (MOST + 1)])
async def test_it_refuses_a_note_that_says_nothing_or_too_much(
    community: Community, body: str
) -> None:
    with pytest.raises(Invalid):
        await _write(community, body)


async def test_only_its_author_changes_a_note(community: Community) -> None:
    ben = await hire(community, "Ben", Role.MANAGER)
    note = await _write(community, "De Ben", ben)
    assert [one.mine for one in await _read(community)] == [False]
    for verb, given in (("edit_note", ("À moi",)), ("delete_note", ())):
        with pytest.raises(Forbidden):
            await _own(community, verb, note, *given)
    with pytest.raises(NotFound):
        await _own(community, "restore_note", note)


async def test_an_edit_gives_what_was_said_before(community: Community) -> None:
    note = await _write(community, "Avant")
    assert await _own(community, "edit_note", note, "Après") == "Avant"
    (one,) = await _read(community)
    assert (one.body, one.edited) == ("Après", True)


async def test_a_deleted_note_can_be_taken_back_for_a_minute(community: Community) -> None:
    note = await _write(community, "Oups")
    await _own(community, "delete_note", note)
    assert await _read(community) == ()
    assert (await look(community)).note_count == 0
    await _own(community, "restore_note", note)
    assert [one.body for one in await _read(community)] == ["Oups"]
    assert (await look(community)).note_count == 1


async def test_what_is_not_taken_back_is_forgotten(community: Community) -> None:
    kept, gone = await _write(community, "Reste"), await _write(community, "Part")
    await _own(community, "delete_note", gone)
    for note in (kept, gone):
        await notes.forget(Work(note, community.actor.agency_id, community.workspace_id))
    async with unit_of_work(community.actor) as session:
        assert await session.scalar(select(func.count()).select_from(Note)) == 2, "too early"
        await session.execute(update(Note).where(Note.id == gone).values(deleted_at=ago(minutes=2)))
    for note in (kept, gone):
        await notes.forget(Work(note, community.actor.agency_id, community.workspace_id))
    async with unit_of_work(community.actor) as session:
        assert list(await session.scalars(select(Note.body))) == ["Reste"]


async def test_an_analyst_reads_notes_and_writes_none(community: Community) -> None:
    await _write(community, "Pour tous")
    analyst = await hire(community, "Iris", Role.ANALYST)
    assert [one.body for one in await _read(community, analyst)] == ["Pour tous"]
    with pytest.raises(Forbidden):
        await _write(community, "Moi aussi", analyst)


async def _notices(community: Community, actor: Actor) -> list[str]:
    async with unit_of_work(actor) as session:
        rows = await session.scalars(
            select(Notification.kind).where(Notification.user_id == actor.user_id)
        )
        return list(rows)


async def test_whom_a_note_calls_is_told_once(community: Community) -> None:
    ben = await hire(community, "Ben", Role.MODERATOR)
    note = await _write(community, "@Ben regarde")
    assert await _notices(community, ben) == ["mention"]
    async with unit_of_work(ben) as session:
        await session.execute(update(Notification).values(read_at=ago(seconds=1)))
    await _own(community, "edit_note", note, "@Ben regarde encore")
    assert await _notices(community, ben) == ["mention"]


async def test_it_calls_colleagues_by_their_names(community: Community) -> None:
    await hire(community, "Ben", Role.MODERATOR)
    await hire(community, "Claire Client", Role.CLIENT)
    await _write(community, "@Ben peux-tu voir ? @Claire Client non. @Nobody non plus.")
    (note,) = await _read(community)
    assert note.parts == (
        NotePart("@Ben", True),
        NotePart(" peux-tu voir ? @Claire Client non. @Nobody non plus.", False),
    )


def _colleague(name: str) -> Colleague:
    return Colleague(UUID(int=sum(name.encode())), name, frozenset({Role.MANAGER}))


def test_of_two_names_the_longer_one_is_called() -> None:
    team = (_colleague("Ana"), _colleague("Ana Lévesque"), _colleague("Zoé d’Été"))
    assert list(called_in("@Ana Lévesque et @Zoé d’Été", team).values()) == [
        "Ana Lévesque",
        "Zoé d’Été",
    ]
    assert list(called_in("@Ana", team).values()) == ["Ana"]
    assert called_in("ana@exemple.fr", team) == {}


def test_a_note_in_pieces_is_the_whole_note() -> None:
    body = "Vu @Ana et @Ana Lévesque."
    parts = parts_of(body, ["Ana", "Ana Lévesque"])
    assert "".join(part.words for part in parts) == body
    assert [part.words for part in parts if part.mention] == ["@Ana", "@Ana Lévesque"]
    assert parts_of("", []) == ()


async def test_notes_stay_when_threads_are_joined(community: Community) -> None:
    await bring(community, said("late", to="early", at=ago(minutes=5)))
    await bring(community, said("root", at=ago(minutes=30)))
    async with unit_of_work(community.actor) as session:
        thread = await session.scalar(
            select(Message.thread_id).where(Message.external_id == "late")
        )
        assert thread is not None
        await notes.write_note(session, community.actor, community.workspace_id, thread, "Reste")
    await bring(community, said("early", to="root", at=ago(minutes=20)))
    async with unit_of_work(community.actor) as session:
        thread = await session.scalar(
            select(Message.thread_id).where(Message.external_id == "root")
        )
        assert thread is not None
        found = await notes.read_notes(session, community.actor, community.workspace_id, thread)
    assert [one.body for one in found] == ["Reste"]
    assert (await look(community, "root")).note_count == 1


async def test_the_workspace_of_a_note_is_asked_for(community: Community) -> None:
    note = await _write(community, "Ici")
    elsewhere = replace(community.actor, workspaces={})
    async with unit_of_work(elsewhere) as session:
        with pytest.raises(NotFound):
            await notes.edit_note(session, elsewhere, community.workspace_id, note, "Là")
