"""Tasks: made, given, done and again; each by who may, and shown by when it is due."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden, Invalid, NotFound
from cmhub.models import AuditEvent, Task, new_id
from cmhub.services import tasks, workspaces
from cmhub.services.references import Reference
from cmhub.services.tasks import TaskDraft, TaskFilter, TaskView
from cmhub.services.tasks.dates import next_date, reminder_of, section_of
from tests.support.agency import NewAgency
from tests.support.community import bring, make_community, said
from tests.support.staff import dismiss, employ

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=PARIS)


async def _make(agency: NewAgency, words: str, **more: object) -> UUID:
    async with unit_of_work(agency.owner) as session:
        draft = replace(TaskDraft(words), **more)  # pyright: ignore[reportArgumentType]
        return await tasks.create_task(session, agency.owner, agency.workspace_id, draft)


async def _list(
    agency: NewAgency, whose: str = "all", *, now: datetime = NOON, by: Actor | None = None
) -> tuple[TaskView, ...]:
    actor = by or agency.owner
    async with unit_of_work(actor) as session:
        page = await tasks.list_tasks(
            session, actor, [agency.workspace_id], TaskFilter(whose), now=now
        )
    return page.rows


async def _read(agency: NewAgency, task_id: UUID) -> TaskView:
    async with unit_of_work(agency.owner) as session:
        return await tasks.read_task(
            session, agency.owner, agency.workspace_id, task_id, now=datetime.now(UTC)
        )


async def _finish(agency: NewAgency, task_id: UUID) -> UUID | None:
    async with unit_of_work(agency.owner) as session:
        return await tasks.finish_task(session, agency.owner, agency.workspace_id, task_id)


async def _reopen(agency: NewAgency, task_id: UUID) -> None:
    async with unit_of_work(agency.owner) as session:
        await tasks.reopen_task(session, agency.owner, agency.workspace_id, task_id)


# when they are due


@pytest.mark.parametrize(
    ("day", "clock", "section"),
    [
        (None, None, "undated"),
        (date(2026, 11, 24), None, "overdue"),
        (date(2026, 11, 25), None, "today"),
        (date(2026, 11, 25), time(12, 0), "overdue"),
        (date(2026, 11, 25), time(12, 1), "today"),
        (date(2026, 11, 26), None, "week"),
        (date(2026, 12, 1), time(9), "week"),
        (date(2026, 12, 2), None, "later"),
    ],
)
def test_a_section_is_by_the_workspaces_clock(
    day: date | None, clock: time | None, section: str
) -> None:
    assert section_of(day, clock, NOON) == section


@pytest.mark.parametrize(
    ("repeats", "day", "anchor", "today", "following"),
    [
        ("daily", date(2026, 11, 25), 25, date(2026, 11, 25), date(2026, 11, 26)),
        ("daily", date(2026, 11, 20), 20, date(2026, 11, 25), date(2026, 11, 25)),
        ("daily", date(2026, 11, 27), 27, date(2026, 11, 25), date(2026, 11, 28)),
        ("weekdays", date(2026, 11, 27), 27, date(2026, 11, 27), date(2026, 11, 30)),
        ("weekdays", date(2026, 11, 28), 28, date(2026, 11, 28), date(2026, 11, 30)),
        ("weekly", date(2026, 11, 25), 25, date(2026, 11, 25), date(2026, 12, 2)),
        ("weekly", date(2026, 11, 4), 4, date(2026, 11, 25), date(2026, 11, 25)),
        ("monthly", date(2026, 12, 31), 31, date(2026, 12, 31), date(2027, 1, 31)),
        ("monthly", date(2027, 1, 31), 31, date(2027, 1, 31), date(2027, 2, 28)),
        ("monthly", date(2027, 2, 28), 31, date(2027, 2, 28), date(2027, 3, 31)),
        ("monthly", date(2027, 2, 28), 28, date(2027, 2, 28), date(2027, 3, 28)),
        ("monthly", date(2028, 1, 30), 30, date(2028, 1, 30), date(2028, 2, 29)),
    ],
)
def test_the_next_date_of_what_repeats(
    repeats: str, day: date, anchor: int, today: date, following: date
) -> None:
    assert next_date(repeats, day, anchor, today) == following


def test_a_reminder_is_at_the_time_or_in_the_morning_and_never_in_the_past() -> None:
    day = date(2026, 11, 26)
    assert reminder_of(day, None, PARIS, NOON) == datetime(2026, 11, 26, 8, tzinfo=PARIS)
    assert reminder_of(day, time(14, 30), PARIS, NOON) == datetime(
        2026, 11, 26, 14, 30, tzinfo=PARIS
    )
    assert reminder_of(NOON.date(), None, PARIS, NOON) is None
    assert reminder_of(None, None, PARIS, NOON) is None


def test_a_reminder_keeps_its_time_when_clocks_change() -> None:
    moment = reminder_of(date(2027, 3, 28), None, PARIS, NOON)
    assert moment is not None
    assert (moment.astimezone(UTC).hour, moment.astimezone(PARIS).hour) == (6, 8)


# made and shown


async def test_the_list_goes_by_due_date_and_ends_with_what_has_none(agency: NewAgency) -> None:
    await _make(agency, "Un jour")
    await _make(agency, "Demain", due_on="2026-11-26")
    await _make(agency, "Hier", due_on="2026-11-24")
    await _make(agency, "Ce soir", due_on="2026-11-25", due_time="18:00")
    await _make(agency, "Aujourd’hui", due_on="2026-11-25")
    found = [(one.text, one.section) for one in await _list(agency)]
    assert found == [
        ("Hier", "overdue"),
        ("Ce soir", "today"),
        ("Aujourd’hui", "today"),
        ("Demain", "week"),
        ("Un jour", "undated"),
    ]


async def test_mine_are_those_given_to_me(agency: NewAgency) -> None:
    mia = await employ(agency, Role.MODERATOR, "Mia")
    await _make(agency, "Pour Mia", assignee_id=mia.user_id)
    await _make(agency, "Pour moi", assignee_id=agency.owner.user_id)
    await _make(agency, "Pour personne")
    assert [one.text for one in await _list(agency, "mine")] == ["Pour moi"]
    (hers,) = await _list(agency, "mine", by=mia)
    assert (hers.text, hers.assignee, hers.mine) == ("Pour Mia", "Mia", True)
    assert len(await _list(agency, "all", by=mia)) == 3


async def test_pages_go_on_where_the_one_before_ended(
    agency: NewAgency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cmhub.services.tasks.reading.PAGE", 2)
    for number in range(5):
        await _make(agency, f"T{number}", due_on=f"2026-12-0{number + 1}")
    seen: list[str] = []
    after = 0
    async with unit_of_work(agency.owner) as session:
        while True:
            page = await tasks.list_tasks(
                session, agency.owner, [agency.workspace_id], TaskFilter("all", after), now=NOON
            )
            seen += [one.text for one in page.rows]
            after = page.after
            if not after:
                break
    assert seen == ["T0", "T1", "T2", "T3", "T4"]


async def test_it_lists_several_workspaces_as_one(agency: NewAgency) -> None:
    async with unit_of_work(agency.owner) as session:
        other = await workspaces.create_workspace(
            session, agency.owner, name="Tokyo", client="T", time_zone="Asia/Tokyo"
        )
    reach = {**agency.owner.workspaces, other.id: frozenset({Role.OWNER})}
    actor = replace(agency.owner, workspaces=reach)
    await _make(agency, "Paris", due_on="2026-11-25")
    async with unit_of_work(actor) as session:
        # At 16:30 in Paris it is half past midnight of the next day in Tokyo.
        await tasks.create_task(session, actor, other.id, TaskDraft("Tokyo", due_on="2026-11-25"))
        late = NOON + timedelta(hours=4, minutes=30)
        page = await tasks.list_tasks(session, actor, list(reach), TaskFilter("all"), now=late)
    found = {one.text: (one.section, one.workspace, one.workspace_slug) for one in page.rows}
    assert found == {
        "Paris": ("today", "Rivière", agency.workspace_slug),
        "Tokyo": ("overdue", "Tokyo", other.slug),
    }


async def test_what_is_due_for_home_is_mine_or_nobodys(agency: NewAgency) -> None:
    mia = await employ(agency, Role.MODERATOR, "Mia")
    me = agency.owner.user_id
    await _make(agency, "Hier", assignee_id=me, due_on="2026-11-24")
    await _make(agency, "Aujourd’hui", due_on="2026-11-25")
    await _make(agency, "Ce soir", assignee_id=me, due_on="2026-11-25", due_time="18:00")
    await _make(agency, "Demain", assignee_id=me, due_on="2026-11-26")
    await _make(agency, "Mia", assignee_id=mia.user_id, due_on="2026-11-24")
    async with unit_of_work(agency.owner) as session:
        places = [agency.workspace_id]
        due = await tasks.due_tasks(session, agency.owner, places, now=NOON)
        counts = await tasks.count_tasks(session, agency.owner, places, now=NOON)
        first = await tasks.due_tasks(session, agency.owner, places, now=NOON, most=1)
    assert [one.text for one in due] == ["Hier", "Ce soir", "Aujourd’hui"]
    assert [one.text for one in first] == ["Hier"]
    assert (counts.mine, counts.all, counts.overdue, counts.today) == (3, 5, 1, 1)


async def test_a_link_has_words_and_an_address(agency: NewAgency) -> None:
    community = await make_community(agency.owner, agency.workspace_id)
    await bring(community, said("m1", "Où est le refuge ?", by="ben"))
    async with unit_of_work(agency.owner) as session:
        from cmhub.models import Member, Thread

        thread = (await session.scalars(select(Thread.id))).one()
        ben = (await session.scalars(select(Member.id).where(Member.name == "Ben"))).one()
    await _make(agency, "A", reference=Reference("thread", thread), due_on="2026-11-25")
    await _make(agency, "B", reference=Reference("member", ben), due_on="2026-11-26")
    first, second = await _list(agency)
    assert (first.link_words, first.link_path) == (
        "Ben – Où est le refuge ?",
        f"inbox/?thread={thread}",
    )
    assert (second.link_kind, second.link_words) == ("member", "Ben")


async def test_a_link_to_nothing_is_refused(agency: NewAgency) -> None:
    for kind in ("thread", "post"):
        with pytest.raises(NotFound):
            await _make(agency, "A", reference=Reference(kind, new_id()))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"text": "  "}, "task_missing"),
        ({"text": "x" * 301}, "too_long"),
        ({"note": "x" * 5001}, "too_long"),
        ({"due_on": "tomorrow"}, "date_wrong"),
        ({"due_on": "0001-01-01"}, "date_wrong"),
        ({"due_on": "2026-11-25", "due_time": "25:00"}, "time_wrong"),
        ({"due_time": "10:00"}, "time_without_date"),
        ({"repeats": "weekly"}, "repeats_without_date"),
        ({"repeats": "hourly"}, "filter"),
    ],
)
async def test_it_refuses_what_cannot_be_meant(
    agency: NewAgency, more: dict[str, str], reason: str
) -> None:
    draft = replace(TaskDraft("Faire"), **more)  # pyright: ignore[reportArgumentType]
    with pytest.raises(Invalid) as refused:
        async with unit_of_work(agency.owner) as session:
            await tasks.create_task(session, agency.owner, agency.workspace_id, draft)
    assert refused.value.params["reason"] == reason


async def test_nobody_gets_a_task_who_does_not_see_tasks(agency: NewAgency) -> None:
    client = await employ(agency, Role.CLIENT, "Client")
    for somebody in (client.user_id, new_id()):
        with pytest.raises(Invalid) as refused:
            await _make(agency, "A", assignee_id=somebody)
        assert refused.value.params["reason"] == "assignee"


async def test_an_analyst_reads_and_does_not_write(agency: NewAgency) -> None:
    analyst = await employ(agency, Role.ANALYST, "Iris")
    task = await _make(agency, "A")
    assert len(await _list(agency, by=analyst)) == 1
    with pytest.raises(Forbidden):
        async with unit_of_work(analyst) as session:
            await tasks.finish_task(session, analyst, agency.workspace_id, task)


# done, and again


async def test_done_and_taken_back(agency: NewAgency) -> None:
    task = await _make(agency, "A")
    assert await _finish(agency, task) is None
    assert await _list(agency) == ()
    (done,) = await _list(agency, "done")
    assert (done.done, done.done_by) == (True, agency.owner.name)
    await _reopen(agency, task)
    assert [one.text for one in await _list(agency)] == ["A"]


async def test_what_repeats_comes_again_once_and_goes_when_taken_back(agency: NewAgency) -> None:
    today = datetime.now(PARIS).date()
    task = await _make(agency, "Rapport", due_on=today.isoformat(), repeats="weekly")
    following = await _finish(agency, task)
    assert following is not None
    assert await _finish(agency, task) == following, "done twice is done once"
    (again,) = await _list(agency)
    assert again.id == following
    assert again.due_on == (today + timedelta(days=7)).isoformat()
    await _reopen(agency, task)
    assert [one.id for one in await _list(agency)] == [task]


async def test_the_next_one_stays_when_it_was_done_already(agency: NewAgency) -> None:
    today = datetime.now(PARIS).date().isoformat()
    task = await _make(agency, "Rapport", due_on=today, repeats="daily")
    following = await _finish(agency, task)
    assert following is not None
    await _finish(agency, following)
    await _reopen(agency, task)
    assert {one.id for one in await _list(agency, "done")} == {following}


async def test_the_31st_comes_back_after_a_short_month(agency: NewAgency) -> None:
    task = await _make(agency, "Bilan", due_on="2099-01-31", repeats="monthly")
    february = await _finish(agency, task)
    assert february is not None
    march = await _finish(agency, february)
    assert march is not None
    assert (await _read(agency, february)).due_on == "2099-02-28"
    assert (await _read(agency, march)).due_on == "2099-03-31"


async def test_deleted_and_brought_back(agency: NewAgency) -> None:
    task = await _make(agency, "A", due_on="2099-01-01")
    actor, place = agency.owner, agency.workspace_id
    async with unit_of_work(actor) as session:
        await tasks.delete_task(session, actor, place, task)
    assert await _list(agency) == ()
    with pytest.raises(NotFound):
        await _finish(agency, task)
    async with unit_of_work(actor) as session:
        await tasks.restore_task(session, actor, place, task)
        row = (await session.scalars(select(Task))).one()
        assert row.remind_at is not None
    assert [one.text for one in await _list(agency)] == ["A"]


async def test_what_was_deleted_is_truly_gone_after_a_day(agency: NewAgency) -> None:
    actor, place = agency.owner, agency.workspace_id
    first, second = await _make(agency, "A"), await _make(agency, "B")
    async with unit_of_work(actor) as session:
        await tasks.delete_task(session, actor, place, first)
        await session.flush()
        before = datetime.now(UTC) - timedelta(days=1, minutes=1)
        await session.execute(update(Task).where(Task.id == first).values(deleted_at=before))
    async with unit_of_work(actor) as session:
        await tasks.delete_task(session, actor, place, second)
        assert (await session.scalars(select(Task.id))).all() == [second]
    with pytest.raises(NotFound):
        async with unit_of_work(actor) as session:
            await tasks.restore_task(session, actor, place, first)


# given to somebody else


async def test_given_on_and_back(agency: NewAgency) -> None:
    mia = await employ(agency, Role.MODERATOR, "Mia")
    task = await _make(agency, "A", assignee_id=agency.owner.user_id)
    async with unit_of_work(agency.owner) as session:
        before = await tasks.assign_task(
            session, agency.owner, agency.workspace_id, task, mia.user_id
        )
    assert before == agency.owner.user_id
    assert (await _read(agency, task)).assignee == "Mia"


async def test_who_has_left_keeps_a_task_that_is_changed(agency: NewAgency) -> None:
    mia = await employ(agency, Role.MODERATOR, "Mia")
    task = await _make(agency, "A", assignee_id=mia.user_id)
    await dismiss(agency, mia)
    async with unit_of_work(agency.owner) as session:
        draft = TaskDraft("B", assignee_id=mia.user_id)
        await tasks.change_task(session, agency.owner, agency.workspace_id, task, draft)
    shown = await _read(agency, task)
    assert (shown.text, shown.assignee) == ("B", "Mia")


async def test_a_change_keeps_the_link_and_moves_the_reminder(agency: NewAgency) -> None:
    task = await _make(agency, "A", due_on="2099-01-01")
    async with unit_of_work(agency.owner) as session:
        draft = TaskDraft("A", note="Voir", due_on="2099-01-02", due_time="10:15")
        await tasks.change_task(session, agency.owner, agency.workspace_id, task, draft)
        row = (await session.scalars(select(Task))).one()
        assert row.remind_at == datetime(2099, 1, 2, 10, 15, tzinfo=PARIS)
    shown = await _read(agency, task)
    assert (shown.note, shown.due_time, shown.repeats) == ("Voir", "10:15", "never")


async def test_everything_is_recorded(agency: NewAgency) -> None:
    actor, place = agency.owner, agency.workspace_id
    task = await _make(agency, "A")
    async with unit_of_work(actor) as session:
        await tasks.change_task(session, actor, place, task, TaskDraft("B"))
        await tasks.assign_task(session, actor, place, task, actor.user_id)
        await tasks.finish_task(session, actor, place, task)
        await tasks.reopen_task(session, actor, place, task)
        await tasks.delete_task(session, actor, place, task)
        await tasks.restore_task(session, actor, place, task)
        tags = await session.scalars(
            select(AuditEvent.tag).where(AuditEvent.object_id == task).order_by(AuditEvent.at)
        )
        assert [tag.removeprefix("task:") for tag in tags] == [
            "create", "change", "assign", "done", "reopen", "delete", "restore",
        ]  # fmt: skip
