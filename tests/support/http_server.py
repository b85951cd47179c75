"""A small HTTP server on the loopback address that answers as a test wants, byte for byte."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[["Request"], Awaitable[bytes] | bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass(slots=True)
class StandIn:
    """The running server: what it was asked, and what it answers."""

    port: int
    answer: Answer
    asked: list[Request] = field(default_factory=list[Request])

    @property
    def authority(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address."""
        return f"http://{self.authority}"


def response(body: bytes | str = b"", status: str = "200 OK", **headers: str | int) -> bytes:
    """Return a complete response; ``content_type="text/html"`` becomes that header."""
    content = body.encode() if isinstance(body, str) else body
    named = {"content_length": len(content), "connection": "close", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in named.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + content


@asynccontextmanager
async def stand_in(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[StandIn]:
    """Run a server while the context lasts; an empty answer leaves the client waiting."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = _parse(await reader.readuntil(b"\r\n\r\n"))
            found.asked.append(request)
            answered = found.answer(request)
            writer.write(answered if isinstance(answered, bytes) else await answered)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    found = StandIn(server.sockets[0].getsockname()[1], answer)
    try:
        yield found
    finally:
        server.close()


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return a server's TLS settings with a certificate for 127.0.0.1 that nobody signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    written = certificate.public_bytes(encoding)
    written += key.private_bytes(encoding, form, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(written)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


def _parse(head: bytes) -> Request:
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.split(": ", 1) for line in lines if line)
    return Request(method, path, {name.lower(): value for name, value in pairs})
