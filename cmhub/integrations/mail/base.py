"""A mail, whoever carries it, and what can go wrong with it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Protocol

from cmhub.errors import CMHubError


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person, as text and as HTML.

    ``unsubscribe`` is the address that ends such mails by one POST, for mails that one may end.
    """

    to: str
    name: str
    subject: str
    text: str
    html: str
    language: str
    unsubscribe: str = ""


class MailTrouble(CMHubError):
    """The mail did not go out this time; ``after`` is when to try again, in seconds."""

    code = "mail_trouble"

    def __init__(self, reason: str, after: int = 60) -> None:
        super().__init__(reason=reason, after=after)


class MailRefused(CMHubError):
    """The mail will never be taken: the address or the mail itself is not accepted."""

    code = "mail_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


class Mailer(Protocol):
    """Whatever carries mails."""

    async def send(self, mail: Mail) -> None:
        """Hand the mail over.

        Raises:
            MailTrouble: not now; trying again may help.
            MailRefused: never.
        """
        ...


def compose(mail: Mail, sender: str) -> EmailMessage:
    """Return the mail as RFC 5322 wants it; ``sender`` is ``Name <address>``.

    Raises:
        MailRefused: the address cannot stand in a header.
    """
    message = EmailMessage(policy=SMTP)
    own_name, own_address = parseaddr(sender)
    try:
        message["From"] = Address(own_name, addr_spec=own_address)
        message["To"] = Address(mail.name, addr_spec=mail.to)
        message["Subject"] = mail.subject
    except (ValueError, IndexError) as error:
        raise MailRefused(str(error)) from None
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=own_address.rpartition("@")[2] or "localhost")
    message["Content-Language"] = mail.language
    # Out-of-office answers to such mails help nobody (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message
