"""Telling users: who is told, once, and nobody else sees it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from cmhub.actor import Actor, Role, system_actor
from cmhub.db import LIVE, app_url, unit_of_work
from cmhub.errors import Invalid, NotFound
from cmhub.models import Notification, new_id
from cmhub.services import tasks
from cmhub.services.notices import preferences
from cmhub.services.notices.preferences import Choice, Reader
from cmhub.services.notices.reading import NoticeView, count_unread, list_notices, mark_read
from cmhub.services.notices.unsubscribing import read_token, unsubscribe, unsubscribe_token
from cmhub.services.notifying import notify
from cmhub.services.references import Reference
from cmhub.services.tasks import TaskDraft
from tests.support.agency import NewAgency
from tests.support.staff import dismiss, employ


@pytest.fixture
async def mia(agency: NewAgency) -> Actor:
    return await employ(agency, Role.MODERATOR, "Mia")


def _id(actor: Actor) -> UUID:
    assert actor.user_id is not None
    return actor.user_id


async def _task_for(agency: NewAgency, somebody: Actor, words: str = "Rappeler") -> UUID:
    async with unit_of_work(agency.owner) as session:
        draft = TaskDraft(words, assignee_id=_id(somebody))
        return await tasks.create_task(session, agency.owner, agency.workspace_id, draft)


async def _told(actor: Actor) -> tuple[NoticeView, ...]:
    async with unit_of_work(actor) as session:
        return await list_notices(session, actor)


async def _unread(actor: Actor) -> int:
    async with unit_of_work(actor) as session:
        return await count_unread(session, actor)


async def _tell(
    agency: NewAgency, kind: str, about: Reference, *users: Actor, by: Actor | None = None
) -> None:
    actor = by or agency.owner
    async with unit_of_work(actor) as session:
        ids = [_id(one) for one in users]
        await notify(session, actor, ids, kind, about, workspace_id=agency.workspace_id)


async def test_who_gets_a_task_is_told_by_whom_and_of_what(agency: NewAgency, mia: Actor) -> None:
    task = await _task_for(agency, mia)
    (told,) = await _told(mia)
    assert (told.kind, told.who, told.words) == ("task_assigned", agency.owner.name, "Rappeler")
    assert (told.path, told.workspace_slug) == (f"tasks/?task={task}", agency.workspace_slug)
    assert not told.read
    assert await _unread(mia) == 1


async def test_nobody_is_told_what_they_did_themselves(agency: NewAgency) -> None:
    await _task_for(agency, agency.owner)
    assert await _told(agency.owner) == ()


async def test_what_is_unread_is_refreshed_and_not_repeated(agency: NewAgency, mia: Actor) -> None:
    about = Reference("task", await _task_for(agency, mia))
    (first,) = await _told(mia)
    ana = await employ(agency, Role.MANAGER, "Ana")
    await _tell(agency, "task_assigned", about, mia, by=ana)
    (second,) = await _told(mia)
    assert (second.id, second.who) == (first.id, "Ana")
    assert second.created_at > first.created_at
    async with unit_of_work(mia) as session:
        await mark_read(session, mia)
    await _tell(agency, "task_assigned", about, mia)
    assert len(await _told(mia)) == 2
    assert await _unread(mia) == 1


async def test_it_can_be_read_one_by_one_or_all_at_once(agency: NewAgency, mia: Actor) -> None:
    for words in ("A", "B", "C"):
        await _task_for(agency, mia, words)
    told = await _told(mia)
    async with unit_of_work(mia) as session:
        assert await mark_read(session, mia, told[0].id) == 1
        assert await mark_read(session, mia, told[0].id) == 0
        assert await count_unread(session, mia) == 2
        assert await mark_read(session, mia) == 2
        assert await count_unread(session, mia) == 0


async def test_what_was_read_long_ago_is_forgotten(agency: NewAgency, mia: Actor) -> None:
    await _task_for(agency, mia, "Vieux")
    async with unit_of_work(mia) as session:
        await mark_read(session, mia)
        long_ago = datetime.now(UTC) - timedelta(days=91)
        await session.execute(update(Notification).values(read_at=long_ago))
    await _task_for(agency, mia, "Neuf")
    async with unit_of_work(mia) as session:
        await mark_read(session, mia)
    assert [one.words for one in await _told(mia)] == ["Neuf"]


async def test_what_happens_not_is_not_told(agency: NewAgency, mia: Actor) -> None:
    async def fail() -> None:
        async with unit_of_work(agency.owner) as session:
            draft = TaskDraft("A", assignee_id=_id(mia))
            await tasks.create_task(session, agency.owner, agency.workspace_id, draft)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await _told(mia) == ()


async def test_who_has_left_the_workspace_reads_nothing_of_it(
    agency: NewAgency, mia: Actor
) -> None:
    await _task_for(agency, mia)
    assert await _told(replace(mia, workspaces={})) == ()
    assert await _unread(replace(mia, workspaces={})) == 0


async def test_a_role_that_sees_no_tasks_is_not_told_of_them(agency: NewAgency, mia: Actor) -> None:
    await _task_for(agency, mia)
    lesser = replace(mia, workspaces={agency.workspace_id: frozenset({Role.CLIENT})})
    assert await _told(lesser) == ()
    assert await _unread(lesser) == 0


async def test_a_thing_that_is_gone_has_no_words_and_leads_nowhere(
    agency: NewAgency, mia: Actor
) -> None:
    task = await _task_for(agency, mia)
    async with unit_of_work(agency.owner) as session:
        await tasks.delete_task(session, agency.owner, agency.workspace_id, task)
    (told,) = await _told(mia)
    assert (told.words, told.path) == ("", "")


async def test_a_user_who_is_gone_is_not_told(agency: NewAgency) -> None:
    async with unit_of_work(agency.owner) as session:
        about = Reference("task", new_id())
        await notify(
            session, agency.owner, [new_id()], "task_due", about, workspace_id=agency.workspace_id
        )
        assert await session.scalar(select(func.count()).select_from(Notification)) == 0


# kept apart by the database itself


async def _count(actor: Actor) -> int:
    async with unit_of_work(actor) as session:
        return await session.scalar(text("select count(*) from notification")) or 0


async def test_a_colleague_of_the_same_workspace_sees_no_row_of_mine(
    agency: NewAgency, mia: Actor
) -> None:
    await _task_for(agency, mia)
    ana = await employ(agency, Role.MANAGER, "Ana")
    worker = system_actor(agency.id, agency.workspace_id)
    seen = {name: await _count(one) for name, one in
            {"mia": mia, "ana": ana, "owner": agency.owner, "worker": worker}.items()}  # fmt: skip
    assert seen == {"mia": 1, "ana": 0, "owner": 0, "worker": 0}


@pytest.mark.parametrize(
    "words",
    [
        "update notification set read_at = now()",
        "update notification set user_id = current_setting('cmhub.user_id')::uuid",
        "delete from notification",
    ],
)
async def test_a_colleague_changes_no_row_of_mine(
    agency: NewAgency, mia: Actor, words: str
) -> None:
    await _task_for(agency, mia)
    async with unit_of_work(agency.owner) as session:
        done = await session.execute(text(words))
        assert done.rowcount == 0  # pyright: ignore[reportAttributeAccessIssue]
    assert await _unread(mia) == 1


async def test_a_row_cannot_be_written_in_the_name_of_somebody_else(
    agency: NewAgency, mia: Actor
) -> None:
    await _task_for(agency, mia)
    with pytest.raises(DBAPIError, match="row-level security"):
        async with unit_of_work(mia) as session:
            await session.execute(
                text("update notification set user_id = :other"), {"other": _id(agency.owner)}
            )


async def test_telling_leaves_the_scope_as_it_was(agency: NewAgency, mia: Actor) -> None:
    async with unit_of_work(agency.owner) as session:
        about = Reference("task", new_id())
        await notify(
            session, agency.owner, [_id(mia)], "task_due", about, workspace_id=agency.workspace_id
        )
        user = await session.scalar(text("select current_setting('cmhub.user_id')"))
        assert user == str(agency.owner.user_id)
        assert await session.scalar(text("select count(*) from notification")) == 0


async def test_the_users_of_a_workspace_are_those_in_reach(agency: NewAgency, mia: Actor) -> None:
    from cmhub.services.colleagues import list_colleagues, list_managers

    async with unit_of_work(agency.owner) as session:
        found = await list_colleagues(session, agency.owner, agency.workspace_id)
        assert {(one.name, tuple(one.roles)) for one in found} == {
            (agency.owner.name, (Role.OWNER,)),
            ("Mia", (Role.MODERATOR,)),
        }
        assert await list_managers(session, agency.owner, agency.workspace_id) == (
            agency.owner.user_id,
        )
        elsewhere = await session.execute(text("select * from users_of(:id)"), {"id": new_id()})
        assert elsewhere.all() == []
    ana = await employ(agency, Role.MANAGER, "Ana")
    async with unit_of_work(agency.owner) as session:
        assert await list_managers(session, agency.owner, agency.workspace_id) == (_id(ana),)
    await dismiss(agency, ana)


async def test_the_tabs_of_the_reader_hear_of_it(agency: NewAgency, mia: Actor) -> None:
    heard: list[str] = []
    connection = await asyncpg.connect(app_url())
    try:
        await connection.add_listener(LIVE, lambda *told: heard.append(str(told[3])))
        await _task_for(agency, mia)
        for _ in range(50):
            await connection.execute("select pg_sleep(0.02)")
            if len(heard) > 1:
                break
    finally:
        await connection.close()
    assert {"user": str(mia.user_id), "topics": ["notices"]} in [json.loads(one) for one in heard]


# how a user wants it


async def test_a_kind_can_be_left_out_of_the_page_and_of_the_mail(
    agency: NewAgency, mia: Actor
) -> None:
    await preferences.choose_page(_id(mia), "task_assigned", shown=False)
    await _task_for(agency, mia, "Par e-mail")
    assert await _told(mia) == ()
    assert await _count(mia) == 1
    await preferences.choose_mail(_id(mia), "task_assigned", "never")
    await _task_for(agency, mia, "Nulle part")
    assert await _count(mia) == 1
    await preferences.choose_page(_id(mia), "task_assigned", shown=True)
    await _task_for(agency, mia, "Dans la page")
    async with unit_of_work(mia) as session:
        rows = (await session.scalars(select(Notification).order_by(Notification.created_at))).all()
    assert [(row.in_page, row.mail_at is None) for row in rows] == [(False, False), (True, True)]


async def test_what_is_not_chosen_is_as_it_comes(mia: Actor) -> None:
    await preferences.choose_mail(_id(mia), "mention", "daily")
    reader = await preferences.read_preferences(_id(mia))
    assert reader.choices["mention"] == Choice(in_page=True, mail="daily")
    assert reader.choices["task_assigned"] == Choice(in_page=True, mail="now")
    assert reader.choices["import_finished"].mail == "never"
    assert reader.digest


async def test_it_refuses_kinds_and_ways_that_do_not_exist(mia: Actor) -> None:
    for kind, mail in (("gossip", "now"), ("mention", "hourly"), ("digest", "now")):
        with pytest.raises(Invalid):
            await preferences.choose_mail(_id(mia), kind, mail)
    with pytest.raises(Invalid):
        await preferences.choose_page(_id(mia), "gossip", shown=True)
    with pytest.raises(Invalid):
        await preferences.keep_quiet(_id(mia), "22:00", "")
    with pytest.raises(Invalid):
        await preferences.keep_quiet(_id(mia), "late", "early")


async def test_nobody_has_preferences_who_is_no_user() -> None:
    nobody = new_id()
    await preferences.choose_mail(nobody, "mention", "never")
    await preferences.keep_quiet(nobody, "22:00", "07:00")
    with pytest.raises(NotFound):
        await preferences.read_preferences(nobody)


def _reader(start: time | None = None, end: time | None = None, mail: str = "now") -> Reader:
    choice = Choice(in_page=True, mail=mail)  # pyright: ignore[reportArgumentType]
    return Reader(
        new_id(), "a@b.example", "A", "fr", ZoneInfo("Europe/Paris"), True, {"mention": choice},
        True, start, end,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "clock", "until"),
    [
        (None, None, "03:00", "03:00"),
        (time(22), time(7), "23:00", "07:00 next"),
        (time(22), time(7), "03:00", "07:00"),
        (time(22), time(7), "07:00", "07:00"),
        (time(22), time(7), "12:00", "12:00"),
        (time(12), time(14), "13:00", "14:00"),
        (time(12), time(14), "14:00", "14:00"),
        (time(9), time(9), "09:00", "09:00"),
    ],
)
def test_quiet_hours_are_those_of_the_users_clock(
    start: time | None, end: time | None, clock: str, until: str
) -> None:
    paris = ZoneInfo("Europe/Paris")
    moment = datetime.combine(date(2026, 11, 25), time.fromisoformat(clock), paris)
    wanted = datetime.combine(moment.date(), time.fromisoformat(until[:5]), paris)
    wanted += timedelta(days=1 if until.endswith("next") else 0)
    found = _reader(start, end).mail_at("mention", moment.astimezone(UTC), timedelta(0))
    assert found == wanted


def test_the_daily_mail_is_at_eight_by_the_users_clock() -> None:
    paris = ZoneInfo("Europe/Paris")
    daily = _reader(mail="daily")
    early, late = (datetime(2026, 11, 25, hour, tzinfo=paris) for hour in (7, 9))
    assert daily.mail_at("mention", early, timedelta(0)) == early.replace(hour=8)
    assert daily.mail_at("mention", late, timedelta(0)) == datetime(2026, 11, 26, 8, tzinfo=paris)
    assert replace(daily, digest=False).mail_at("mention", late, timedelta(0)) is None
    assert replace(daily, confirmed=False).mail_at("mention", late, timedelta(0)) is None


# the link that ends mails


async def test_a_link_ends_mails_of_its_kind_and_nothing_else(mia: Actor) -> None:
    before = await preferences.read_preferences(_id(mia))
    await unsubscribe(unsubscribe_token(_id(mia), "mention"))
    after = await preferences.read_preferences(_id(mia))
    assert after.choices["mention"] == Choice(in_page=True, mail="never")
    assert {k: v for k, v in after.choices.items() if k != "mention"} == {
        k: v for k, v in before.choices.items() if k != "mention"
    }
    assert after.digest


async def test_the_link_of_the_daily_mail_ends_the_daily_mail(mia: Actor) -> None:
    await unsubscribe(unsubscribe_token(_id(mia), "digest"))
    reader = await preferences.read_preferences(_id(mia))
    assert not reader.digest
    assert reader.choices["task_assigned"].mail == "now"


async def test_a_link_that_we_did_not_make_does_nothing(mia: Actor) -> None:
    good = unsubscribe_token(_id(mia), "mention")
    turned = good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")
    from cmhub.crypto import master

    for wrong in ("", "x", turned, good[10:], "é", master().encrypt(b"reset x mention").decode()):
        with pytest.raises(NotFound):
            read_token(wrong)
