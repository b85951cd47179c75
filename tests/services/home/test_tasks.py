"""Tasks on Home, by the clock of the workspace."""

from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from cmhub.actor import Role
from cmhub.db import unit_of_work
from cmhub.services import tasks
from cmhub.services.home import tasks as told
from cmhub.services.home.parts import Look
from tests.support.agency import NewAgency
from tests.support.home import NOW, agency_home_of, lines, look_of, somebody

TODAY = date(2026, 6, 10)


async def _make(
    agency: NewAgency,
    words: str,
    due_on: date | None,
    due_time: time | None = None,
    assignee: UUID | None = None,
) -> UUID:
    draft = tasks.TaskDraft(
        words,
        assignee_id=assignee,
        due_on=due_on.isoformat() if due_on else "",
        due_time=due_time.isoformat("minutes") if due_time else "",
    )
    async with unit_of_work(agency.owner) as session:
        return await tasks.create_task(session, agency.owner, agency.workspace_id, draft)


def _look(agency: NewAgency, now: datetime = NOW) -> Look:
    return look_of(agency.owner, agency.workspace_id, now=now)


async def test_what_is_overdue_burns_and_what_is_due_is_to_be_done(agency: NewAgency) -> None:
    await _make(agency, "hier", date(2026, 6, 9))
    await _make(agency, "ce matin", TODAY, time(11, 59))
    await _make(agency, "ce soir", TODAY, time(18))
    await _make(agency, "aujourd’hui", TODAY)
    await _make(agency, "demain", date(2026, 6, 11))
    await _make(agency, "un jour", None)
    burning = await lines("burning", told.AREA, _look(agency))
    assert [one.detail for one in burning] == ["hier", "ce matin"]
    due = await lines("due", told.AREA, _look(agency))
    assert [one.detail for one in due] == ["aujourd’hui", "ce soir"]
    assert due[1].since == datetime(2026, 6, 10, 16, tzinfo=UTC)
    facts = await lines("open", told.AREA, _look(agency))
    assert [(one.key, one.count) for one in facts] == [
        ("home.open.overdue", 2),
        ("home.open.today", 2),
    ]


async def test_midnight_is_that_of_the_workspace(agency: NewAgency) -> None:
    await _make(agency, "aujourd’hui", TODAY)
    late = datetime(2026, 6, 10, 21, 59, tzinfo=UTC)
    assert not await lines("burning", told.AREA, _look(agency, late))
    after = datetime(2026, 6, 10, 22, 0, tzinfo=UTC)
    assert len(await lines("burning", told.AREA, _look(agency, after))) == 1
    tokyo = look_of(agency.owner, agency.workspace_id, now=after, zone=ZoneInfo("Asia/Tokyo"))
    assert len(await lines("burning", told.AREA, tokyo)) == 1


async def test_it_says_whose_they_are(agency: NewAgency) -> None:
    own = agency.owner.user_id
    mine = await _make(agency, "à moi", TODAY, assignee=own)
    await _make(agency, "à personne", TODAY)
    found = await lines("due", told.AREA, _look(agency))
    assert {one.detail: one.key for one in found} == {
        "à moi": "home.task.today.mine",
        "à personne": "home.task.today.nobody",
    }
    karim = somebody(agency.owner, Role.MODERATOR, agency.workspace_id)
    seen = await lines("due", told.AREA, look_of(karim, agency.workspace_id))
    by_text = {one.detail: one for one in seen}
    assert by_text["à moi"].key == "home.task.today.theirs"
    assert by_text["à moi"].params == {"who": agency.owner.name}
    assert by_text["à moi"].address == f"tasks/?whose=all&task={mine}"


async def test_a_done_or_deleted_task_is_no_more(agency: NewAgency) -> None:
    for act in (tasks.finish_task, tasks.delete_task):
        made = await _make(agency, "hier", date(2026, 6, 9))
        async with unit_of_work(agency.owner) as session:
            await act(session, agency.owner, agency.workspace_id, made)
    assert not await lines("burning", told.AREA, _look(agency))


async def test_the_agency_sees_what_is_next(agency: NewAgency) -> None:
    await _make(agency, "plus tard", date(2026, 7, 1))
    await _make(agency, "d’abord", date(2026, 6, 12), time(9))
    (space,) = (await agency_home_of(agency.owner)).spaces
    assert space.next is not None
    assert space.next.detail == "d’abord"


async def test_many_are_counted_beyond_the_first(agency: NewAgency) -> None:
    for day in range(1, 8):
        await _make(agency, f"le {day}", date(2026, 6, day))
    found = await lines("burning", told.AREA, _look(agency))
    assert len(found) == told.SHOWN + 1
    assert sum(one.count for one in found) == 7
