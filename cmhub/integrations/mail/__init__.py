"""Mails to users, by the host's SMTP server or into a folder."""

from cmhub.config import settings
from cmhub.integrations.mail.base import Mail as Mail
from cmhub.integrations.mail.base import Mailer as Mailer
from cmhub.integrations.mail.base import MailRefused as MailRefused
from cmhub.integrations.mail.base import MailTrouble as MailTrouble
from cmhub.integrations.mail.outbox import KeptMail as KeptMail
from cmhub.integrations.mail.outbox import Outbox as Outbox
from cmhub.integrations.mail.outbox import is_shown
from cmhub.integrations.mail.smtp import SmtpMailer as SmtpMailer
from cmhub.integrations.mail.smtp import smtp_server


def outbox() -> Outbox:
    """The folder that stands for an SMTP server."""
    configured = settings()
    return Outbox(configured.data_dir / "outbox", configured.mail_from)


def mailer() -> Mailer:
    """Whatever carries mails on this host.

    Raises:
        WrongSetting: the SMTP address cannot be used.
    """
    configured = settings()
    if configured.smtp_url is None:
        return outbox()
    return SmtpMailer(smtp_server(configured.smtp_url), configured.mail_from)


def outbox_is_shown(client: str, host: str) -> bool:
    """Whether the folder may be shown on a page to who asks; see ``outbox.is_shown``."""
    return is_shown(settings(), client, host)
