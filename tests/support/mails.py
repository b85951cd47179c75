"""What the worker would send: the mails that wait for a user, sent to the outbox and read."""

import re
from uuid import UUID

from sqlalchemy import text

from cmhub.db import doors
from cmhub.integrations.mail import KeptMail, outbox
from cmhub.jobs.mails import HANDLERS
from cmhub.queue import Work

_WAITING = text(
    "select id, entrypoint, payload from jobs.pgqueuer where entrypoint like 'mail.%' order by id"
)


async def waiting_mails(user_id: UUID) -> list[str]:
    """Return the kinds of mail that wait for a user, oldest first."""
    async with doors() as session:
        rows = (await session.execute(_WAITING)).all()
    return [row.entrypoint for row in rows if Work.decode(row.payload).id == user_id]


async def deliver(email: str) -> list[KeptMail]:
    """Do every mail job that waits, as the worker would; return the address's mails."""
    async with doors() as session:
        rows = (await session.execute(_WAITING)).all()
        for row in rows:
            await session.execute(text("delete from jobs.pgqueuer where id = :id"), {"id": row.id})
    for row in rows:
        await HANDLERS[row.entrypoint](Work.decode(row.payload))
    return [mail for mail in await outbox().newest(200) if email in mail.to]


def link_in(mail: KeptMail) -> str:
    """Return the address in a mail, without the host."""
    found = re.search(r"https?://[^/]+(/\S+)", mail.text)
    assert found is not None
    return found.group(1)
