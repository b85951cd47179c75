"""Mails to a real SMTP server, and into the folder that stands for one."""

import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from cmhub.errors import WrongSetting
from cmhub.integrations.mail import Mail, MailRefused, MailTrouble, Outbox, SmtpMailer
from cmhub.integrations.mail.smtp import SmtpServer, smtp_server

SENDER = "CMHub <no-reply@cmhub.example>"
MAIL = Mail(
    to="zoe@exemple.example",
    name="Zoé d’Été, <chef>",
    subject="Confirmez votre adresse – c’est prêt",
    text="Bonjour,\n\nhttps://cmhub.example/auth/confirm/x\n",
    html="<p>Bonjour</p>",
    language="fr",
)


@dataclass
class _Inbox:
    """What a server takes in; each answer may be made another one."""

    at_recipient: str = "250 OK"
    at_data: str = "250 OK"
    taken: list[EmailMessage] = field(default_factory=list[EmailMessage])

    async def handle_RCPT(  # noqa: N802 - the name is the server's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return self.at_data


@dataclass(frozen=True)
class _Server:
    inbox: _Inbox
    port: int

    def mailer(self, user: str | None = None, password: str | None = None) -> SmtpMailer:
        return SmtpMailer(SmtpServer("127.0.0.1", self.port, user, password, "none"), SENDER)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object
) -> AuthResult:
    right = isinstance(given, LoginPassword) and given.password == b"open sesame"
    return AuthResult(success=right, handled=False)


@pytest.fixture
def server() -> Iterator[_Server]:
    inbox, port = _Inbox(), _free_port()
    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=port,
        authenticator=_authenticate,
        auth_require_tls=False,
    )
    controller.start()
    yield _Server(inbox, port)
    controller.stop()


async def test_it_sends_text_and_html_with_every_accent(server: _Server) -> None:
    await server.mailer("cmhub", "open sesame").send(MAIL)
    message = server.inbox.taken[0]
    assert message["Subject"] == MAIL.subject
    assert message["To"].addresses[0].display_name == MAIL.name
    assert message["To"].addresses[0].addr_spec == MAIL.to
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@cmhub.example>")
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content().split() == MAIL.text.split()
    assert page.get_content().strip() == MAIL.html


@pytest.mark.parametrize("where", ["at_recipient", "at_data"])
async def test_it_tells_never_from_not_now(where: str, server: _Server) -> None:
    setattr(server.inbox, where, "550 no such mailbox")
    with pytest.raises(MailRefused):
        await server.mailer().send(MAIL)
    setattr(server.inbox, where, "451 try later")
    with pytest.raises(MailTrouble):
        await server.mailer().send(MAIL)


async def test_a_wrong_password_of_the_host_is_tried_again(server: _Server) -> None:
    with pytest.raises(MailTrouble) as caught:
        await server.mailer("cmhub", "wrong").send(MAIL)
    assert caught.value.params["after"] == 600


async def test_a_server_that_is_down_is_tried_again() -> None:
    away = SmtpMailer(SmtpServer("127.0.0.1", _free_port(), None, None, "none"), SENDER)
    with pytest.raises(MailTrouble):
        await away.send(MAIL)


async def test_it_never_sends_in_the_clear_unless_told_to(server: _Server) -> None:
    careful = SmtpMailer(smtp_server(f"smtp://127.0.0.1:{server.port}"), SENDER)
    with pytest.raises(MailTrouble):
        await careful.send(MAIL)
    assert server.inbox.taken == []


async def test_a_header_cannot_be_smuggled_in(server: _Server) -> None:
    smuggled = Mail(
        to="zoe@exemple.example",
        name="Zoé\r\nBcc: victim@exemple.example",
        subject="x",
        text="x",
        html="x",
        language="en",
    )
    with pytest.raises(MailRefused):
        await server.mailer().send(smuggled)
    assert server.inbox.taken == []


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://mail.example", SmtpServer("mail.example", 587, None, None, "starttls")),
        ("smtp://mail.example:465", SmtpServer("mail.example", 465, None, None, "implicit")),
        (
            "smtp://mail.example?tls=implicit",
            SmtpServer("mail.example", 465, None, None, "implicit"),
        ),
        (
            "smtp://a%40b:p%2Fw@m.example:25?tls=none",
            SmtpServer("m.example", 25, "a@b", "p/w", "none"),
        ),
    ],
)
def test_it_reads_the_setting(url: str, read: SmtpServer) -> None:
    assert smtp_server(url) == read


@pytest.mark.parametrize(
    "url",
    ["mail.example", "http://mail.example", "smtp://", "smtp://m:x", "smtp://m.example?tls=maybe"],
)
def test_it_refuses_a_setting_that_cannot_be_meant(url: str) -> None:
    with pytest.raises(WrongSetting):
        smtp_server(url)


async def test_the_folder_is_for_the_host_alone(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "outbox", SENDER)
    assert await box.newest(5) == []
    await box.send(MAIL)
    (kept,) = await box.newest(5)
    assert (kept.subject, kept.text.strip()) == (MAIL.subject, MAIL.text.strip())
    files = list((tmp_path / "outbox").iterdir())
    assert [stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "outbox", *files]] == [
        0o700,
        0o600,
    ]
