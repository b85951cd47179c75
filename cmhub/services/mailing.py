"""The mails of the way in: each made and sent by a job, in the language of its reader."""

from uuid import UUID

from cmhub.config import settings
from cmhub.db import doors
from cmhub.integrations.mail import Mail, mailer
from cmhub.locales import text
from cmhub.queue import Work
from cmhub.services import invitations, profile
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
    await _mail_news(user_id, "changed", "/auth/forgot/")


async def mail_factor_on(user_id: UUID) -> None:
    """Tell that a second factor was turned on."""
    await _mail_news(user_id, "factor_on", "/me/security/")


async def mail_factor_off(user_id: UUID) -> None:
    """Tell that the second factor was turned off."""
    await _mail_news(user_id, "factor_off", "/me/security/")


async def mail_factor_recovery(user_id: UUID) -> None:
    """Tell that somebody signed in with a recovery code."""
    await _mail_news(user_id, "factor_recovery", "/me/security/")


async def mail_email(token_id: UUID) -> None:
    """Mail the link that proves a new address; or tell who has it that they have an account."""
    armed = await profile.arm_email(token_id)
    if armed is None:
        return
    user, token, taken = armed
    if taken:
        await mailer().send(letter(user, "email_taken", "/auth/sign-in/"))
    else:
        await mailer().send(letter(user, "email", f"/auth/email/{token}"))


async def mail_moved(token_id: UUID) -> None:
    """Tell the old address that the account has another one now."""
    found = await profile.former_contact(token_id)
    if found is not None:
        user, address = found
        await mailer().send(letter(user, "moved", "/help/", email=address))


async def mail_invitation(work: Work) -> None:
    """Mail an invitation's link; the link of a mail before works no more."""
    armed = await invitations.arm(work)
    if armed is None:
        return
    offer, token, language = armed
    user = UserView(offer.id, offer.email, "", language)
    told = {"agency": offer.agency, "inviter": offer.inviter}
    await mailer().send(letter(user, "invitation", f"/join/{token}", **told))


async def _mail_news(user_id: UUID, kind: str, path: str) -> None:
    async with doors() as session:
        user = await find_contact(session, user_id)
    if user is not None:
        await mailer().send(letter(user, kind, path))


async def _mail_link(user_id: UUID, purpose: Purpose, path: str) -> None:
    async with doors() as session:
        user = await find_contact(session, user_id)
        if user is None:
            return
        token = await issue_token(session, user_id, purpose)
    # Sent after the commit, or the link could arrive before it is good.
    await mailer().send(letter(user, purpose, path + token))


def letter(user: UserView, kind: str, path: str, **told: str) -> Mail:
    """Return the mail; links lead to the host's own address, whatever a request said.

    ``told`` fills the sentences of its kind; a user without a name is greeted without one.
    """
    link = settings().base_url + path
    values = {"user": user, "kind": kind, "link": link, "told": told}
    return Mail(
        to=user.email,
        name=user.name,
        subject=text(f"mail.{kind}.subject", user.language, **told),
        text=render("mail/letter.txt", user.language, **values),
        html=render("mail/letter.html", user.language, **values),
        language=user.language,
    )
