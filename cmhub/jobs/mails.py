"""Jobs that send mails. One that is run twice sends two mails with a link each; both work."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from cmhub.integrations.mail import MailRefused
from cmhub.queue import Work
from cmhub.services import mailing

_LOG = structlog.get_logger()


async def send_confirm(work: Work) -> None:
    """Send the link that proves a user's address."""
    await _send(mailing.mail_confirmation, work)


async def send_reset(work: Work) -> None:
    """Send the link that sets a new password."""
    await _send(mailing.mail_reset, work)


async def send_already(work: Work) -> None:
    """Tell a user who signed up again that they have an account."""
    await _send(mailing.mail_already, work)


async def send_changed(work: Work) -> None:
    """Tell a user that their password was changed."""
    await _send(mailing.mail_changed, work)


async def send_factor_on(work: Work) -> None:
    """Tell a user that their second factor was turned on."""
    await _send(mailing.mail_factor_on, work)


async def send_factor_off(work: Work) -> None:
    """Tell a user that their second factor was turned off."""
    await _send(mailing.mail_factor_off, work)


async def send_factor_recovery(work: Work) -> None:
    """Tell a user that one of their recovery codes was used."""
    await _send(mailing.mail_factor_recovery, work)


async def send_email(work: Work) -> None:
    """Send the link that proves a new address."""
    await _send(mailing.mail_email, work)


async def send_moved(work: Work) -> None:
    """Tell the old address of a user about the new one."""
    await _send(mailing.mail_moved, work)


async def send_invitation(work: Work) -> None:
    """Send the link of an invitation."""
    await _send(lambda _: mailing.mail_invitation(work), work)


async def _send(send: Callable[[UUID], Awaitable[None]], work: Work) -> None:
    """Send; what is refused for good is not tried again, all other trouble is the worker's."""
    try:
        await send(work.id)
    except MailRefused as refused:
        _LOG.warning("mail refused", about=str(work.id), reason=refused.params["reason"])


HANDLERS: dict[str, Callable[[Work], Awaitable[None]]] = {
    "mail.confirm": send_confirm,
    "mail.reset": send_reset,
    "mail.already": send_already,
    "mail.changed": send_changed,
    "mail.factor_on": send_factor_on,
    "mail.factor_off": send_factor_off,
    "mail.factor_recovery": send_factor_recovery,
    "mail.email": send_email,
    "mail.moved": send_moved,
    "mail.invitation": send_invitation,
}
