"""Which addresses outgoing requests may reach, decided on the address and not on the name."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import cast

import httpcore

IPAddress = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

_PUBLIC_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """The name leads to an address of a private or otherwise special network."""


class NameUnknown(Exception):
    """The name has no address."""


def is_public(address: IPAddress) -> bool:
    """Tell whether the address belongs to the public internet.

    Private, loopback, link-local, shared (carrier-grade NAT), multicast and reserved ranges do not,
    nor does an IPv6 address that only wraps such an IPv4 one.
    """
    if isinstance(address, IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return is_public(inner)
        tunnelled = address.sixtofour is not None or address.teredo is not None
        if tunnelled or address not in _PUBLIC_V6:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def is_named(allowed: Collection[str], hosts: Iterable[str], port: int) -> bool:
    """Tell whether the settings allow one of the names or addresses, with or without port."""
    for host in hosts:
        bracketed = f"[{host}]" if ":" in host else host
        if not {host, f"{bracketed}:{port}"}.isdisjoint(allowed):
            return True
    return False


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name, in the order the system prefers.

    Raises:
        NameUnknown: there are none.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise NameUnknown(host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _ClosingStream(httpcore.AsyncNetworkStream):
    """A connection that is closed when the TLS handshake is interrupted.

    httpcore closes it after a failed handshake, but not after one that took too long.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        encrypted = False
        try:
            stream = await self._inner.start_tls(ssl_context, server_hostname, timeout)
            encrypted = True
            return stream
        finally:
            if not encrypted:
                await self._inner.aclose()

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks what came, and connects to exactly that.

    The address that was checked is the address that is used, so a name server that answers
    differently the second time gains nothing. Host header and TLS name stay those of the URL.
    """

    def __init__(self, allowed: Collection[str], resolve: Resolve = resolve) -> None:
        self._allowed = frozenset(allowed)
        self._resolve = resolve
        # httpcore hides the type behind a stand-in for installations without anyio.
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers.

        Raises:
            AddressRefused: one of the addresses may not be reached.
            NameUnknown: the name has no address.
        """
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from error
        self._check(host, port, found)
        return _ClosingStream(await self._first(found, port, timeout, socket_options))

    def _check(self, host: str, port: int, found: list[str]) -> None:
        for address in found:
            if is_public(ip_address(address.partition("%")[0])):
                continue
            if not is_named(self._allowed, (host, address), port):
                raise AddressRefused(host)

    async def _first(
        self,
        addresses: list[str],
        port: int,
        timeout: float | None,
        options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, share, None, options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(addresses[-1], port, share, None, options)
