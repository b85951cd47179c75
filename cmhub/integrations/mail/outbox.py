"""Mails in a folder, for a host who has no SMTP server: nothing leaves the machine."""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import structlog

from cmhub.config import Settings
from cmhub.cpu import cpu
from cmhub.integrations.mail.base import Mail, compose

_LOG = structlog.get_logger()
_NAME = re.compile(r"\d+-[0-9a-f]+\.eml")
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail of the folder, as far as the page shows it."""

    to: str
    subject: str
    sent_at: datetime
    text: str


class Outbox:
    """Keeps mails as `.eml` files that only the host's own user may read."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Keep the mail; see ``Mailer.send``."""
        path = await cpu(self._keep, compose(mail, self._sender).as_bytes())
        # The link in it opens an account, so the log gets the place and not the words.
        _LOG.info("mail kept", subject=mail.subject, file=str(path))

    def _keep(self, content: bytes) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{time.time_ns():020d}-{token_hex(4)}.eml"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        return path

    async def newest(self, most: int) -> list[KeptMail]:
        """Return the mails that were kept last, newest first."""
        return await cpu(lambda: list(self._read(most)))

    def _read(self, most: int) -> Iterator[KeptMail]:
        found = sorted(self._folder.glob("*.eml"), reverse=True) if self._folder.is_dir() else []
        for path in [path for path in found if _NAME.fullmatch(path.name)][:most]:
            yield _shown(message_from_bytes(path.read_bytes(), policy=default))


def _shown(message: EmailMessage) -> KeptMail:
    body = message.get_body(("plain",))
    return KeptMail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent_at=parsedate_to_datetime(str(message["Date"])),
        text=str(body.get_content()).replace("\r\n", "\n") if body else "",
    )


def is_shown(settings: Settings, client: str, host: str) -> bool:
    """Whether a page may show the folder to who asks: ``client`` is their IP, ``host`` as asked.

    The mails hold links that reset passwords, which a stranger must never see. So only somebody
    at this very machine sees them, on an installation that nobody else uses: without SMTP, on
    the embedded database, under a loopback address – in the settings, of the client, and in the
    browser, since another site's name may be made to point at this machine.
    """
    alone = settings.smtp_url is None and settings.embedded
    names = (_name(settings.base_url), _name(f"//{host}"), client)
    return alone and all(_LOOPBACK.fullmatch(name) for name in names)


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
