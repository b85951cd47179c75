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


async def _send(send: Callable[[UUID], Awaitable[None]], work: Work) -> None:
    """Send; what is refused for good is not tried again, all other trouble is the worker's."""
    try:
        await send(work.id)
    except MailRefused as refused:
        _LOG.warning("mail refused", user=str(work.id), reason=refused.params["reason"])


HANDLERS: dict[str, Callable[[Work], Awaitable[None]]] = {
    "mail.confirm": send_confirm,
    "mail.reset": send_reset,
    "mail.already": send_already,
    "mail.changed": send_changed,
}
