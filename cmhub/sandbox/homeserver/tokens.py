"""Signed-in devices, and tokens that are renewed without being lost on the way."""

from dataclasses import dataclass
from secrets import token_urlsafe
from time import time

from cmhub.sandbox.homeserver.rooms import Refused

LIFETIME = 3600.0
"""Seconds that an access token lasts which came with one to refresh it."""


@dataclass(slots=True)
class Pair:
    """An access token and what renews it; ``until`` is None for one that stays good."""

    user: str
    device: str
    access: str
    refresh: str = ""
    until: float | None = None
    used: bool = False


def new_pair(user: str, device: str, *, renewable: bool) -> Pair:
    """Return tokens that nobody can guess."""
    pair = Pair(user, device, f"sbx_{token_urlsafe(24)}")
    if renewable:
        pair.refresh, pair.until = f"sbr_{token_urlsafe(24)}", time() + LIFETIME
    return pair


class Tokens:
    """Every pair that is good now.

    An old pair stays good until the one that follows it is first used, so that an answer which
    never arrived locks nobody out.
    """

    def __init__(self) -> None:
        self._pairs: dict[str, Pair] = {}

    def add(self, pair: Pair) -> None:
        """Let a pair be good."""
        self._pairs[pair.access] = pair

    def by_access(self, access: str) -> Pair:
        """Return the pair of an access token.

        Raises:
            Refused: there is none, or it has expired.
        """
        pair = self._pairs.get(access)
        if pair is None or (pair.until is not None and pair.until < time()):
            raise Refused(401, "M_UNKNOWN_TOKEN", "Unrecognised access token")
        return pair

    def by_refresh(self, refresh: str) -> Pair:
        """Return the pair of a refresh token.

        Raises:
            Refused: there is none.
        """
        for pair in self._pairs.values():
            if refresh and pair.refresh == refresh:
                return pair
        raise Refused(401, "M_UNKNOWN_TOKEN", "Invalid refresh token")

    def use(self, access: str) -> None:
        """Note the first use: older pairs of the device are good no more."""
        pair = self._pairs[access]
        pair.used = True
        for other in [one for one in self._pairs.values() if one.device == pair.device]:
            if other is not pair:
                del self._pairs[other.access]

    def end(self, device: str) -> None:
        """Sign a device out."""
        self._pairs = {name: one for name, one in self._pairs.items() if one.device != device}

    def all(self) -> list[Pair]:
        """Return what is good now."""
        return list(self._pairs.values())
