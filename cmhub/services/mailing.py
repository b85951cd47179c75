"""The mails of the way in: each made and sent by a job, in the language of its reader."""

from uuid import UUID

from cmhub.config import settings
from cmhub.db import doors
from cmhub.integrations.mail import Mail, mailer
from cmhub.locales import text
from cmhub.services.accounts import Purpose, UserView, find_contact, issue_token
from cmhub.templating import render


async def mail_confirmation(user_id: UUID) -> None:
    """Mail the link that proves the address."""
    await _mail_link(user_id, "confirm", "/auth/confirm/")


async def mail_reset(user_id: UUID) -> None:
    """Mail the link that sets a new password."""
    await _mail_link(user_id, "reset", "/auth/reset/")


async def mail_already(user_id: UUID) -> None:
    """Tell who signed up again that they have an account, and how to get into it."""
    async with doors() as session:
        user = await find_contact(session, user_id)
    if user is not None:
        await mailer().send(letter(user, "already", "/auth/sign-in/"))


async def mail_changed(user_id: UUID) -> None:
    """Tell that the password was changed, in case it was somebody else."""
    async with doors() as session:
        user = await find_contact(session, user_id)
    if user is not None:
        await mailer().send(letter(user, "changed", "/auth/forgot/"))


async def _mail_link(user_id: UUID, purpose: Purpose, path: str) -> None:
    async with doors() as session:
        user = await find_contact(session, user_id)
        if user is None:
            return
        token = await issue_token(session, user_id, purpose)
    # Sent after the commit, or the link could arrive before it is good.
    await mailer().send(letter(user, purpose, path + token))


def letter(user: UserView, kind: str, path: str) -> Mail:
    """Return the mail; links lead to the host's own address, whatever a request said."""
    values = {"user": user, "kind": kind, "link": settings().base_url + path}
    return Mail(
        to=user.email,
        name=user.name,
        subject=text(f"mail.{kind}.subject", user.language),
        text=render("mail/letter.txt", user.language, **values),
        html=render("mail/letter.html", user.language, **values),
        language=user.language,
    )
