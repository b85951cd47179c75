"""What one shift leaves to the next."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Conflict, Forbidden, Invalid, NotFound
from cmhub.models import AuditEvent
from cmhub.services.home import handover, reading
from cmhub.services.home.handover import Fact, NoteView
from tests.support.agency import NewAgency
from tests.support.community import bring, make_community, said
from tests.support.home import NOW, somebody

FACT = Fact("home.open.threads", "info", {"n": 3}, "inbox/?state=open")


@pytest.fixture
def karim(agency: NewAgency) -> Actor:
    return somebody(agency.owner, Role.MODERATOR, agency.workspace_id)


async def _leave(agency: NewAgency, who: Actor, words: str = "Ana rappelle à 14 h.") -> UUID:
    async with unit_of_work(who) as session:
        return await handover.leave_note(session, who, agency.workspace_id, words, [FACT])


async def _waiting(agency: NewAgency, who: Actor) -> tuple[NoteView, ...]:
    async with unit_of_work(who) as session:
        return await handover.waiting_notes(session, who, agency.workspace_id)


async def _take(agency: NewAgency, who: Actor, note: UUID) -> None:
    async with unit_of_work(who) as session:
        await handover.take_over(session, who, agency.workspace_id, note)


async def test_it_begins_with_what_is_open(agency: NewAgency) -> None:
    community = await make_community(agency.owner, agency.workspace_id)
    await bring(
        community,
        said("m1", at=NOW - timedelta(hours=30)),
        said("m2", at=NOW - timedelta(hours=2)),
        said("m3", by="team", at=NOW - timedelta(hours=2)),
    )
    async with unit_of_work(agency.owner) as session:
        facts = await reading.read_open(session, agency.owner, agency.workspace_id, now=NOW)
    assert [(fact.key, fact.params) for fact in facts] == [
        ("home.open.long", {"n": 1}),
        ("home.open.threads", {"n": 2}),
    ]


async def test_whoever_comes_next_reads_it_with_what_was_open(
    agency: NewAgency, karim: Actor
) -> None:
    await _leave(agency, agency.owner)
    (note,) = await _waiting(agency, karim)
    assert (note.author, note.own, note.body) == (agency.owner.name, False, "Ana rappelle à 14 h.")
    assert note.facts == (FACT,)
    (own,) = await _waiting(agency, agency.owner)
    assert own.own


async def test_it_stays_until_somebody_takes_over(agency: NewAgency, karim: Actor) -> None:
    note = await _leave(agency, agency.owner)
    await _take(agency, karim, note)
    await _take(agency, karim, note)
    assert await _waiting(agency, karim) == ()
    assert await _waiting(agency, agency.owner) == ()
    async with unit_of_work(karim) as session:
        page = await handover.list_notes(session, karim, agency.workspace_id)
        tags = await session.scalars(select(AuditEvent.tag).where(AuditEvent.object_id == note))
        assert sorted(tags) == ["handover:leave", "handover:take"]
    assert [(one.taken_name, one.taken_at is not None) for one in page.notes] == [("Karim", True)]


async def test_taking_over_can_be_undone_by_who_did(agency: NewAgency, karim: Actor) -> None:
    note = await _leave(agency, agency.owner)
    await _take(agency, karim, note)
    other = somebody(agency.owner, Role.MEDIATOR, agency.workspace_id, "Solène")
    async with unit_of_work(other) as session:
        with pytest.raises(NotFound):
            await handover.give_back(session, other, agency.workspace_id, note)
    async with unit_of_work(karim) as session:
        await handover.give_back(session, karim, agency.workspace_id, note)
    assert len(await _waiting(agency, other)) == 1


async def test_only_one_takes_over(agency: NewAgency, karim: Actor) -> None:
    note = await _leave(agency, agency.owner)
    await _take(agency, karim, note)
    other = somebody(agency.owner, Role.MEDIATOR, agency.workspace_id, "Solène")
    with pytest.raises(Conflict):
        await _take(agency, other, note)
    with pytest.raises(Invalid):
        await _take(agency, agency.owner, note)


async def test_its_author_takes_it_back_while_nobody_has_taken_over(
    agency: NewAgency, karim: Actor
) -> None:
    note = await _leave(agency, agency.owner)
    async with unit_of_work(karim) as session:
        with pytest.raises(NotFound):
            await handover.withdraw_note(session, karim, agency.workspace_id, note)
    async with unit_of_work(agency.owner) as session:
        words = await handover.withdraw_note(session, agency.owner, agency.workspace_id, note)
    assert words == "Ana rappelle à 14 h."
    assert await _waiting(agency, karim) == ()
    late = await _leave(agency, agency.owner)
    await _take(agency, karim, late)
    async with unit_of_work(agency.owner) as session:
        with pytest.raises(Conflict):
            await handover.withdraw_note(session, agency.owner, agency.workspace_id, late)


async def test_it_wants_something_in_it_but_no_novel(agency: NewAgency) -> None:
    who, place = agency.owner, agency.workspace_id
    async with unit_of_work(who) as session:
        with pytest.raises(Invalid):
            await handover.leave_note(session, who, place, " \n", [])
        with pytest.raises(Invalid):
            await handover.leave_note(session, who, place, "x" * (handover.MOST + 1), [])
        assert await handover.leave_note(session, who, place, "", [FACT])


async def test_the_history_has_pages(agency: NewAgency) -> None:
    for number in range(handover.PAGE + 2):
        await _leave(agency, agency.owner, f"note {number}")
    seen: list[str] = []
    after = ""
    async with unit_of_work(agency.owner) as session:
        for _ in range(2):
            page = await handover.list_notes(session, agency.owner, agency.workspace_id, after)
            seen += [one.body for one in page.notes]
            after = page.after
        with pytest.raises(Invalid):
            await handover.list_notes(session, agency.owner, agency.workspace_id, "yesterday")
    assert seen == [f"note {number}" for number in reversed(range(handover.PAGE + 2))]
    assert after == ""


@pytest.mark.parametrize("role", [Role.ANALYST, Role.CLIENT])
async def test_who_only_reads_writes_none(agency: NewAgency, role: Role) -> None:
    reader = somebody(agency.owner, role, agency.workspace_id)
    with pytest.raises(Forbidden):
        await _leave(agency, reader)
