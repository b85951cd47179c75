"""Reminders and mails of notifications: due rows, each carried out once, by real SMTP."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select, text, update

from cmhub.actor import Actor, Role, system_actor
from cmhub.db import doors, unit_of_work
from cmhub.integrations.networks.base import ReauthoriseNeeded, Retry
from cmhub.jobs.handlers import DUE, DUE_DOORS
from cmhub.jobs.worker import sweep
from cmhub.models import Notification, Reply, Task, Thread
from cmhub.queue import Work
from cmhub.services import delivering, replies, syncing, tasks
from cmhub.services.notices import preferences
from cmhub.services.notices.mailing import mail_due
from cmhub.services.notices.reading import count_unread, list_notices, mark_read
from cmhub.services.notices.unsubscribing import read_token
from cmhub.services.tasks import TaskDraft
from cmhub.services.tasks.reminding import remind
from tests.support.agency import NewAgency
from tests.support.app import free_port
from tests.support.community import bring, make_community, said
from tests.support.settings import SetVariable
from tests.support.staff import dismiss, employ

SOME = timedelta(seconds=5)


@dataclass
class _Inbox:
    """What a mail server takes in; its answer may be made another one."""

    answer: str = "250 OK"
    taken: list[EmailMessage] = field(default_factory=list[EmailMessage])

    async def handle_DATA(  # noqa: N802 - the name is the server's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        if self.answer.startswith("250"):
            self.taken.append(message)
        return self.answer

    def subjects(self) -> list[str]:
        return [str(one["Subject"]) for one in self.taken]


@pytest.fixture
def inbox(set_variable: SetVariable) -> Iterator[_Inbox]:
    box, port = _Inbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    set_variable("CMHUB_SMTP_URL", f"smtp://127.0.0.1:{port}?tls=none")
    yield box
    controller.stop()


@pytest.fixture
async def mia(agency: NewAgency) -> Actor:
    return await employ(agency, Role.MODERATOR, "Mia")


def _id(actor: Actor) -> UUID:
    assert actor.user_id is not None
    return actor.user_id


async def _task(agency: NewAgency, somebody: Actor | None, words: str, due_on: str = "") -> UUID:
    async with unit_of_work(agency.owner) as session:
        draft = TaskDraft(words, assignee_id=somebody and _id(somebody), due_on=due_on)
        return await tasks.create_task(session, agency.owner, agency.workspace_id, draft)


async def _make_due(mia: Actor) -> None:
    async with unit_of_work(mia) as session:
        await session.execute(
            update(Notification)
            .where(Notification.mail_at.is_not(None))
            .values(mail_at=datetime.now(UTC) - SOME)
        )


def _work(agency: NewAgency, user: Actor) -> Work:
    return Work(_id(user), agency.id, agency.workspace_id)


async def _mailed(agency: NewAgency, mia: Actor) -> None:
    await _make_due(mia)
    await mail_due(_work(agency, mia))


# due rows


async def _jobs_for(row: UUID) -> list[str]:
    async with doors() as session:
        found = await session.execute(text("select entrypoint, payload from jobs.pgqueuer"))
        return [one.entrypoint for one in found if Work.decode(bytes(one.payload)).id == row]


async def _lose_jobs() -> None:
    async with doors() as session:
        await session.execute(text("delete from jobs.pgqueuer"))


async def test_the_sweeper_finds_a_mail_and_a_reminder_whose_job_was_lost(
    agency: NewAgency, mia: Actor
) -> None:
    task = await _task(agency, mia, "Rappeler", "2099-01-01")
    await _make_due(mia)
    async with unit_of_work(agency.owner) as session:
        await session.execute(update(Task).values(remind_at=datetime.now(UTC) - SOME))
    await _lose_jobs()
    await sweep()
    await sweep()
    assert await _jobs_for(_id(mia)) == ["notice.mail"]
    assert await _jobs_for(task) == ["task.remind"]


async def test_what_is_due_is_told_by_ids_only() -> None:
    for kind in ("notice", "task"):
        assert DUE[kind]
        async with doors() as session:
            found = await session.execute(
                text(f"select * from {DUE_DOORS[kind]}(:kind, 500)"), {"kind": kind}
            )
            assert list(found.keys()) == ["agency_id", "workspace_id", "id"]


async def test_a_door_for_another_kind_tells_nothing(agency: NewAgency, mia: Actor) -> None:
    await _task(agency, mia, "Rappeler")
    await _make_due(mia)
    async with doors() as session:
        assert (await session.execute(text("select * from due_notices('reply', 9)"))).all() == []


# reminders


async def _remind(agency: NewAgency, task: UUID) -> None:
    async with unit_of_work(agency.owner) as session:
        await session.execute(
            update(Task)
            .where(Task.remind_at.is_not(None))
            .values(remind_at=datetime.now(UTC) - SOME)
        )
    await remind(Work(task, agency.id, agency.workspace_id))


async def _kinds(user: Actor) -> list[str]:
    async with unit_of_work(user) as session:
        return sorted(await session.scalars(select(Notification.kind)))


async def test_who_has_a_task_is_reminded_once(agency: NewAgency, mia: Actor) -> None:
    task = await _task(agency, mia, "Rappeler", "2099-01-01")
    for _ in range(2):
        await _remind(agency, task)
    assert await _kinds(mia) == ["task_assigned", "task_due"]
    assert await _kinds(agency.owner) == []


async def test_of_a_task_that_nobody_has_its_author_is_reminded(agency: NewAgency) -> None:
    await _remind(agency, await _task(agency, None, "Rappeler", "2099-01-01"))
    assert await _kinds(agency.owner) == ["task_due"]


async def test_nobody_is_reminded_of_what_is_done_or_not_due(agency: NewAgency) -> None:
    early = await _task(agency, None, "Plus tard", "2099-01-01")
    await remind(Work(early, agency.id, agency.workspace_id))
    done = await _task(agency, None, "Fait", "2099-01-01")
    async with unit_of_work(agency.owner) as session:
        await tasks.finish_task(session, agency.owner, agency.workspace_id, done)
    await _remind(agency, done)
    assert await _kinds(agency.owner) == []


# mails


async def test_a_mail_says_what_and_where_and_how_to_end_it(
    agency: NewAgency, mia: Actor, inbox: _Inbox
) -> None:
    task = await _task(agency, mia, "Rappeler <Anna>")
    await _mailed(agency, mia)
    (mail,) = inbox.taken
    assert mail["Subject"] == f"{agency.owner.name} vous a confié une tâche"
    body, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert body is not None
    assert page is not None
    link = f"/w/{agency.slug}/{agency.workspace_slug}/tasks/?task={task}"
    assert "Rappeler <Anna>" in body.get_content()
    assert link in body.get_content()
    assert "Rappeler &lt;Anna&gt;" in page.get_content()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    end = str(mail["List-Unsubscribe"]).strip("<>")
    assert end in body.get_content().replace("\n", "")
    wanted = read_token(end.rsplit("/", 1)[1])
    assert (wanted.user_id, wanted.kind) == (mia.user_id, "task_assigned")


async def test_nothing_goes_out_twice(agency: NewAgency, mia: Actor, inbox: _Inbox) -> None:
    await _task(agency, mia, "Rappeler")
    await _make_due(mia)
    await asyncio.gather(*(mail_due(_work(agency, mia)) for _ in range(4)))
    await mail_due(_work(agency, mia))
    assert len(inbox.taken) == 1


async def test_what_was_read_is_not_mailed(agency: NewAgency, mia: Actor, inbox: _Inbox) -> None:
    await _task(agency, mia, "Lu")
    async with unit_of_work(mia) as session:
        await mark_read(session, mia)
    await _mailed(agency, mia)
    assert inbox.taken == []


async def test_a_mail_waits_a_moment_for_the_page(
    agency: NewAgency, mia: Actor, inbox: _Inbox
) -> None:
    await _task(agency, mia, "Trop tôt")
    await mail_due(_work(agency, mia))
    assert inbox.taken == []


async def test_a_server_that_is_busy_gets_it_later_and_one_that_refuses_does_not(
    agency: NewAgency, mia: Actor, inbox: _Inbox
) -> None:
    await _task(agency, mia, "Patience")
    inbox.answer = "451 later"
    await _mailed(agency, mia)
    inbox.answer = "250 OK"
    await mail_due(_work(agency, mia))
    assert inbox.taken == [], "it is left alone for a while"
    await _mailed(agency, mia)
    assert len(inbox.taken) == 1
    await _task(agency, mia, "Jamais")
    inbox.answer = "550 no"
    await _mailed(agency, mia)
    inbox.answer = "250 OK"
    await _mailed(agency, mia)
    assert len(inbox.taken) == 1
    async with unit_of_work(mia) as session:
        assert await count_unread(session, mia) == 2, "the page tells it all the same"


async def test_once_a_day_is_one_mail_of_all(agency: NewAgency, mia: Actor, inbox: _Inbox) -> None:
    await preferences.choose_mail(_id(mia), "task_assigned", "daily")
    for words in ("Un", "Deux", "Trois"):
        await _task(agency, mia, words)
    await _mailed(agency, mia)
    (mail,) = inbox.taken
    assert mail["Subject"] == "3 informations à lire dans CMHub"
    body = mail.get_body(("plain",))
    assert body is not None
    assert all(words in body.get_content() for words in ("Un", "Deux", "Trois"))
    assert read_token(str(mail["List-Unsubscribe"]).strip("<>").rsplit("/", 1)[1]).kind == "digest"


async def test_a_choice_made_meanwhile_counts(agency: NewAgency, mia: Actor, inbox: _Inbox) -> None:
    await _task(agency, mia, "Plus maintenant")
    await preferences.choose_mail(_id(mia), "task_assigned", "never")
    await _mailed(agency, mia)
    assert inbox.taken == []


async def test_in_quiet_hours_a_mail_waits_for_their_end(
    agency: NewAgency, mia: Actor, inbox: _Inbox
) -> None:
    reader = await preferences.read_preferences(_id(mia))
    now = datetime.now(reader.zone)
    start, end = (now - timedelta(hours=1)), (now + timedelta(hours=1))
    await _task(agency, mia, "La nuit")
    await preferences.keep_quiet(_id(mia), start.strftime("%H:%M"), end.strftime("%H:%M"))
    await _mailed(agency, mia)
    assert inbox.taken == []
    async with unit_of_work(mia) as session:
        row = (await session.scalars(select(Notification))).one()
    assert row.mailed_at is None
    assert row.mail_at is not None
    assert abs(row.mail_at - end) < timedelta(minutes=1)


async def test_who_has_left_gets_no_mail_and_nothing_stays_due(
    agency: NewAgency, mia: Actor, inbox: _Inbox
) -> None:
    await _task(agency, mia, "Confidentiel")
    await dismiss(agency, mia)
    await _mailed(agency, mia)
    assert inbox.taken == []
    async with doors() as session:
        due = await session.execute(text("select * from due_notices('notice', 500)"))
        assert _id(mia) not in {row.id for row in due}


async def test_a_task_that_was_deleted_meanwhile_is_not_mailed(
    agency: NewAgency, mia: Actor, inbox: _Inbox
) -> None:
    task = await _task(agency, mia, "Effacée")
    async with unit_of_work(agency.owner) as session:
        await tasks.delete_task(session, agency.owner, agency.workspace_id, task)
    await _mailed(agency, mia)
    assert inbox.taken == []


# what goes wrong on a network


async def test_the_managers_are_told_once_that_a_connection_wants_them(
    agency: NewAgency, mia: Actor
) -> None:
    ana = await employ(agency, Role.MANAGER, "Ana")
    community = await make_community(agency.owner, agency.workspace_id)
    worker = system_actor(agency.id, agency.workspace_id)
    work = Work(community.connection_id, agency.id, agency.workspace_id)
    for _ in range(2):
        await syncing.note_fault(worker, work, ReauthoriseNeeded())
    assert await _kinds(ana) == ["connection_reconnect"]
    assert await _kinds(mia) == []
    assert await _kinds(agency.owner) == [], "she has a manager for that"
    async with unit_of_work(ana) as session:
        (told,) = await list_notices(session, ana)
    assert (told.words, told.path) == ("Rivière", "connections/")


async def test_trouble_is_told_when_it_lasts(agency: NewAgency) -> None:
    community = await make_community(agency.owner, agency.workspace_id)
    worker = system_actor(agency.id, agency.workspace_id)
    work = Work(community.connection_id, agency.id, agency.workspace_id)
    for failures in range(1, syncing.LASTING + 2):
        await syncing.note_fault(worker, work, Retry(1.0, "busy"))
        told = await _kinds(agency.owner)
        assert told == (["connection_trouble"] if failures >= syncing.LASTING else []), failures


async def test_who_wrote_a_reply_is_told_that_it_did_not_arrive(
    agency: NewAgency, mia: Actor
) -> None:
    community = await make_community(agency.owner, agency.workspace_id)
    await bring(community, said("m1", "Où ?", by="ben"))
    async with unit_of_work(mia) as session:
        thread = (await session.scalars(select(Thread.id))).one()
        reply = await replies.send_reply(session, mia, agency.workspace_id, thread, "Ici")
        await session.execute(update(Reply).values(due_at=datetime.now(UTC) - SOME))
    # There is no homeserver at the address of this connection.
    async with unit_of_work(agency.owner) as session:
        await session.execute(update(Reply).values(attempts=delivering.ATTEMPTS))
    await delivering.send(Work(reply, agency.id, agency.workspace_id))
    assert await _kinds(mia) == ["reply_failed"]
    async with unit_of_work(mia) as session:
        (told,) = await list_notices(session, mia)
    assert (told.words, told.path) == ("Ben – Où ?", f"inbox/?thread={thread}")
