"""How often a stranger may knock: token buckets by account and by network address."""

import hashlib
import math
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from sqlalchemy import text

from cmhub.db import doors
from cmhub.errors import TooMany

_NETWORK_OF_ONE = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket: how many attempts at once, and how many seconds bring another one."""

    at_once: int
    seconds: float


async def take_attempt(what: str, limits: dict[str, Limit]) -> None:
    """Take an attempt from the bucket of each key; it is taken even if what follows fails.

    Keys are stored as digests: the table of buckets must not become a list of addresses.

    Raises:
        TooMany: one of them is empty; ``seconds`` is until the next attempt is heard.
    """
    for key, limit in limits.items():
        digest = hashlib.sha256(f"{what}\0{key}".encode()).hexdigest()
        async with doors() as session:
            wait = await session.scalar(
                text("select take_token(:key, :capacity, :rate)"),
                {
                    "key": f"{what}:{digest}",
                    "capacity": float(limit.at_once),
                    "rate": 1 / limit.seconds,
                },
            )
        if wait:
            raise TooMany(seconds=math.ceil(wait))


def network_of(address: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 that one IPv6 line has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(int(parsed) >> (128 - _NETWORK_OF_ONE))
    return str(parsed)
