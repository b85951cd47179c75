"""Mails by SMTP."""

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib

from cmhub.errors import WrongSetting
from cmhub.integrations.mail.base import Mail, MailRefused, MailTrouble, compose

_SETTING = "CMHUB_SMTP_URL"
_IMPLICIT_PORT = 465
_PATIENCE = 20
_PERMANENT = range(500, 600)

Encryption = Literal["starttls", "implicit", "none"]


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where to hand mails over, and how."""

    host: str
    port: int
    user: str | None
    password: str | None
    encryption: Encryption


def smtp_server(url: str) -> SmtpServer:
    """Read ``smtp://user:password@host:port?tls=starttls|implicit|none``.

    Without ``tls``, port 465 is encrypted from the start and any other by STARTTLS: a password
    never goes out in the clear unless the host says so.

    Raises:
        WrongSetting: the address cannot be used.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise WrongSetting(setting=_SETTING, reason="the port is not a number") from None
    if parts.scheme != "smtp" or not parts.hostname:
        raise WrongSetting(setting=_SETTING, reason="it must look like smtp://host:port")
    encryption = dict(parse_qsl(parts.query)).get("tls") or (
        "implicit" if port == _IMPLICIT_PORT else "starttls"
    )
    if encryption not in ("starttls", "implicit", "none"):
        raise WrongSetting(setting=_SETTING, reason="tls must be starttls, implicit or none")
    usual = _IMPLICIT_PORT if encryption == "implicit" else 587
    return SmtpServer(
        host=parts.hostname,
        port=port or usual,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        encryption=encryption,
    )


class SmtpMailer:
    """Hands mails to the host's SMTP server, a connection for each."""

    def __init__(
        self, server: SmtpServer, sender: str, trust: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._trust = trust

    async def send(self, mail: Mail) -> None:
        """Hand the mail over; see ``Mailer.send``."""
        message = compose(mail, self._sender)
        try:
            await self._deliver(message)
        except aiosmtplib.SMTPAuthenticationError as error:
            # The host's password is wrong, not the mail: it goes out when that is put right.
            raise MailTrouble(f"sign-in refused ({error.code})", after=600) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _judged(error.recipients[0].code, error) from error
        except aiosmtplib.SMTPDataError as error:
            raise _judged(error.code, error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailTrouble(type(error).__name__) from error

    async def _deliver(self, message: EmailMessage) -> None:
        server = self._server
        await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.encryption == "implicit",
            start_tls=server.encryption == "starttls",
            tls_context=self._trust,
            timeout=_PATIENCE,
        )


def _judged(code: int, error: Exception) -> MailTrouble | MailRefused:
    """Tell for good from for now; what is refused before the recipient is the host's matter."""
    if code in _PERMANENT:
        return MailRefused(f"{code}")
    return MailTrouble(f"{type(error).__name__} ({code})")
