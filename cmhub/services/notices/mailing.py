"""Mailing notifications: each at once, or together once a day, and never what was read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, system_actor
from cmhub.config import settings
from cmhub.db import doors, unit_of_work
from cmhub.integrations.mail import Mail, MailRefused, MailTrouble, mailer
from cmhub.locales import text as words
from cmhub.models import Notification
from cmhub.queue import Work
from cmhub.services.notices.kinds import DIGEST
from cmhub.services.notices.preferences import Reader, find_reader
from cmhub.services.notices.reading import NoticeView, may_see, views_of
from cmhub.services.notices.unsubscribing import unsubscribe_token
from cmhub.services.sessions import SessionInfo, actor_in, places_of
from cmhub.templating import render

_LOG = structlog.get_logger()
_MOST = 100


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to send: its rows, what they say, and the preference that ends such mails."""

    ids: tuple[UUID, ...]
    notices: tuple[NoticeView, ...]
    preference: str


async def mail_due(work: Work) -> None:
    """Mail a user what is due in an agency; the work's id is the user's.

    The rows are marked before anything is sent, so that nothing goes out twice; what a server
    does not take now is put back and due again later.
    """
    assert work.agency_id is not None
    async with doors() as session:
        reader = await find_reader(session, work.id)
        actor, slug = await _reach(session, work)
    async with unit_of_work(actor) as session:
        rows = await _take(session, actor)
        letters = [] if reader is None or not slug else await _letters(session, actor, reader, rows)
    for letter in letters:
        assert reader is not None
        await _send(actor, reader, slug, letter)


async def _reach(session: AsyncSession, work: Work) -> tuple[Actor, str]:
    """The user as they are now, with the workspace of the work even if they have left it."""
    assert work.agency_id is not None
    places = await places_of(session, work.id)
    slug = next((each.agency_slug for each in places if each.agency_id == work.agency_id), "")
    if not slug:
        actor = replace(system_actor(work.agency_id), user_id=work.id, system=False)
    else:
        info = SessionInfo(work.id, work.id, "", "", "", "", places)
        actor = actor_in(info, slug)
    if work.workspace_id is not None:
        reach = {work.workspace_id: frozenset[Any](), **actor.workspaces}
        actor = replace(actor, workspaces=reach)
    return actor, slug


async def _take(session: AsyncSession, actor: Actor) -> Sequence[Notification]:
    """Mark what is due as mailed, and give what is still unread of it."""
    moment = datetime.now(UTC)
    due = (
        await session.scalars(
            select(Notification)
            .where(
                Notification.agency_id == actor.agency_id,
                Notification.user_id == actor.user_id,
                Notification.mail_at <= moment,
            )
            .order_by(Notification.created_at)
            .limit(_MOST)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for row in due:
        row.mail_at, row.mailed_at = None, moment
    return [row for row in due if row.read_at is None]


async def _letters(
    session: AsyncSession, actor: Actor, reader: Reader, rows: Sequence[Notification]
) -> list[Letter]:
    """One mail for each row that is to go out at once, one for all the others together."""
    moment = datetime.now(UTC)
    kept: list[Notification] = []
    for row in rows:
        wanted = reader.choices[row.kind].mail if may_see(actor, row.kind, row.workspace_id) else ""
        row.digest = wanted == "daily"
        quiet_until = moment if row.digest else reader.after_quiet(moment)
        if not reader.confirmed or wanted in ("", "never") or (row.digest and not reader.digest):
            continue
        if quiet_until > moment:
            row.mail_at, row.mailed_at = quiet_until, None
            continue
        kept.append(row)
    shown = await views_of(session, actor, kept)
    # What is gone by now leads nowhere, and is not worth a mail.
    pairs = [(row, view) for row, view in zip(kept, shown, strict=True) if view.path]
    letters = [Letter((row.id,), (view,), row.kind) for row, view in pairs if not row.digest]
    daily = [(row, view) for row, view in pairs if row.digest]
    if daily:
        ids, views = zip(*((row.id, view) for row, view in daily), strict=True)
        letters.append(Letter(tuple(ids), tuple(views), DIGEST))
    return letters


async def _send(actor: Actor, reader: Reader, slug: str, letter: Letter) -> None:
    try:
        await mailer().send(compose_letter(reader, slug, letter))
    except MailRefused as refused:
        _LOG.warning("mail refused", user=str(reader.user_id), reason=refused.params["reason"])
    except MailTrouble as trouble:
        _LOG.warning("mail waits", user=str(reader.user_id), reason=trouble.params["reason"])
        later = datetime.now(UTC) + timedelta(seconds=int(trouble.params["after"]))
        async with unit_of_work(actor) as session:
            await session.execute(
                update(Notification)
                .where(Notification.agency_id == actor.agency_id)
                .where(Notification.id.in_(letter.ids), Notification.read_at.is_(None))
                .values(mail_at=later, mailed_at=None)
            )


def compose_letter(reader: Reader, slug: str, letter: Letter) -> Mail:
    """Return the mail; what it tells of leads to the host's own address."""
    base, language = settings().base_url, reader.language
    end = f"{base}/notices/unsubscribe/{unsubscribe_token(reader.user_id, letter.preference)}"
    items = [_item(base, slug, view, language) for view in letter.notices]
    digest = letter.preference == DIGEST
    subject = (
        words("mail.digest.subject", language, n=len(items)) if digest else items[0]["sentence"]
    )
    values = {
        "name": reader.name,
        "items": items,
        "digest": digest,
        "subject": subject,
        "kind": letter.preference,
        "unsubscribe": end,
        "settings": f"{base}/me/notifications/",
    }
    return Mail(
        to=reader.email,
        name=reader.name,
        subject=subject,
        text=render("mail/notice.txt", language, **values),
        html=render("mail/notice.html", language, **values),
        language=language,
        unsubscribe=end,
    )


def _item(base: str, slug: str, view: NoticeView, language: str) -> dict[str, str]:
    place = f"/w/{slug}/{view.workspace_slug}/" if view.workspace_slug else f"/a/{slug}/"
    who = view.who or words("notices.nobody", language)
    sentence = words(f"notices.is.{view.kind}", language, who=who, **view.params)
    return {
        "sentence": sentence,
        "words": view.words,
        "workspace": view.workspace,
        "link": base + place + view.path,
    }
