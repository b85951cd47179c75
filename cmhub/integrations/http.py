"""The one client for outgoing requests.

Every request has a deadline, a limit of size and a count of redirects; the address is checked after
the name is resolved, and pinned. Neither proxies nor credentials are taken from the environment.
Only method, host, status and duration are logged: paths, headers and bodies may hold secrets.
"""

import asyncio
import json as jsonlib
import logging
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http.cookiejar import CookieJar, DefaultCookiePolicy
from weakref import WeakKeyDictionary

import httpcore
import httpx

from cmhub.config import settings
from cmhub.integrations.addresses import (
    AddressRefused,
    NameUnknown,
    PinnedBackend,
    Resolve,
    is_named,
    resolve,
)
from cmhub.telemetry import note_outgoing, span

USER_AGENT = "CMHub/1"
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
BODY_BYTES = 8 * 1024 * 1024
REDIRECTS = 3

_log = logging.getLogger(__name__)
# Both write whole addresses and headers into the log, and with them what is secret there.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)
_HTTP_ERRORS = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)
_NOT_SENT = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout)


class Trouble(StrEnum):
    """Why there is no answer."""

    ADDRESS_REFUSED = "address_refused"
    NAME_UNKNOWN = "name_unknown"
    WRONG_URL = "wrong_url"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    BROKEN = "broken"
    TOO_LARGE = "too_large"
    REDIRECTS = "redirects"


class RequestFailed(Exception):
    """A request got no usable answer.

    ``sent`` tells whether the other side may have received it, so that a request that changes
    something is not repeated blindly.
    """

    def __init__(self, trouble: Trouble, host: str, *, sent: bool) -> None:
        super().__init__(f"{trouble}: {host}")
        self.trouble = trouble
        self.host = host
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; ``url`` is where it came from after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def json(self) -> object:
        """Return the body as JSON.

        Raises:
            ValueError: it is not JSON.
        """
        try:
            return jsonlib.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, backend: httpcore.AsyncNetworkBackend, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=None,  # a long poll holds one for as long as it waits
            max_keepalive_connections=20,
            keepalive_expiry=30,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=response.status, headers=response.headers, stream=_Body(response)
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class Client:
    """Sends requests to the outside; one per event loop, see :func:`client`."""

    def __init__(self, *, allowed: Collection[str] = (), resolve: Resolve = resolve) -> None:
        """Make a client.

        Args:
            allowed: ``host`` or ``host:port`` of private addresses that may be reached, also
                without TLS.
            resolve: finds the addresses of a name.
        """
        self._allowed = frozenset(allowed)
        tls = httpx.create_ssl_context(trust_env=False)
        tls.load_default_certs()
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._http = httpx.AsyncClient(
            transport=_Transport(PinnedBackend(self._allowed, resolve), tls),
            headers={"user-agent": USER_AGENT, "accept-encoding": "gzip"},
            cookies=no_cookies,
            trust_env=False,
            follow_redirects=False,
        )

    def may_be_plain(self, url: str) -> bool:
        """Tell whether the settings name the address, so that it needs no TLS."""
        parsed = httpx.URL(url)
        return is_named(self._allowed, (parsed.host,), parsed.port or 80)

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        seconds: float = TOTAL_SECONDS,
        limit: int = BODY_BYTES,
    ) -> Answer:
        """Send a request and return the whole answer, whatever its status.

        Args:
            method: HTTP method; only GET and HEAD follow redirects, at most ``REDIRECTS``.
            url: where to, ``https`` or ``http``.
            params: the query.
            headers: left out when a redirect leads to another origin, as far as they are secret.
            json: the body.
            seconds: until the last byte, redirects included.
            limit: bytes of the body after decompression.

        Raises:
            RequestFailed: there is no usable answer.
        """
        request = self._build(method, url, params, headers, json, seconds)
        began = time.monotonic()
        outcome: str = "cancelled"
        try:
            with span("outgoing", method=method):
                async with asyncio.timeout(seconds):
                    answer = await self._follow(request, limit)
            outcome = str(answer.status)
            return answer
        except TimeoutError as error:
            outcome = Trouble.TIMEOUT
            raise RequestFailed(Trouble.TIMEOUT, request.url.host, sent=True) from error
        except RequestFailed as error:
            outcome = error.trouble
            raise
        finally:
            note_outgoing(outcome)
            _log.debug(
                "%s %s %s %d ms",
                method,
                request.url.host,
                outcome,
                round((time.monotonic() - began) * 1000),
            )

    def _build(
        self,
        method: str,
        url: str,
        params: Mapping[str, str | int] | None,
        headers: Mapping[str, str] | None,
        json: object,
        seconds: float,
    ) -> httpx.Request:
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise RequestFailed(Trouble.WRONG_URL, "", sent=False) from error
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise RequestFailed(Trouble.WRONG_URL, parsed.host, sent=False)
        timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        return self._http.build_request(
            method, parsed, params=params, headers=headers, json=json, timeout=timeout
        )

    async def _follow(self, request: httpx.Request, limit: int) -> Answer:
        for _ in range(REDIRECTS + 1):
            answer, following = await self._send(request, limit)
            if following is None or request.method not in {"GET", "HEAD"}:
                return answer
            secure = request.url.scheme == "https"
            if following.url.scheme not in ({"https"} if secure else {"http", "https"}):
                break
            request = following
        raise RequestFailed(Trouble.REDIRECTS, request.url.host, sent=True)

    async def _send(
        self, request: httpx.Request, limit: int
    ) -> tuple[Answer, httpx.Request | None]:
        host = request.url.host
        try:
            response = await self._http.send(request, stream=True)
            try:
                body = await _read(response, limit)
            finally:
                await response.aclose()
        except AddressRefused as error:
            raise RequestFailed(Trouble.ADDRESS_REFUSED, host, sent=False) from error
        except NameUnknown as error:
            raise RequestFailed(Trouble.NAME_UNKNOWN, host, sent=False) from error
        except httpx.RemoteProtocolError as error:
            raise RequestFailed(Trouble.REDIRECTS, host, sent=True) from error
        except (*_HTTP_ERRORS, zlib.error) as error:
            sent = not isinstance(error, _NOT_SENT)
            raise RequestFailed(_trouble(error), host, sent=sent) from error
        answer = Answer(response.status_code, response.headers, body, str(response.url))
        return answer, response.next_request

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _trouble(error: Exception) -> Trouble:
    if isinstance(error, httpcore.TimeoutException):
        return Trouble.TIMEOUT
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Trouble.TLS
        cause = cause.__cause__ or cause.__context__
    return Trouble.UNREACHABLE if isinstance(error, _NOT_SENT) else Trouble.BROKEN


async def _read(response: httpx.Response, limit: int) -> bytes:
    """Read and decompress at most ``limit`` bytes, so that a small answer cannot fill memory."""
    host = response.request.url.host
    coding = response.headers.get("content-encoding", "identity").lower()
    if coding not in {"identity", "gzip", "deflate"}:
        raise RequestFailed(Trouble.BROKEN, host, sent=True)
    unpack = None if coding == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 32)
    body = bytearray()
    async for raw in response.aiter_raw():
        body += raw if unpack is None else unpack.decompress(raw, limit + 1 - len(body))
        if len(body) > limit:
            raise RequestFailed(Trouble.TOO_LARGE, host, sent=True)
    return bytes(body)


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Client] = WeakKeyDictionary()


def client() -> Client:
    """Return the client of the running event loop, made from the settings on first use."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = Client(allowed=settings().reachable)
    return _clients[loop]


async def close_client() -> None:
    """Close the client of the running event loop, if there is one."""
    found = _clients.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.aclose()


def host_of(url: str) -> str:
    """Return the host of an address that was already used."""
    return httpx.URL(url).host
