"""Networks that agencies know, played by the demo's own server on one's own machine.

What travels is what travels to Matrix: the sandbox's server keeps the messages, and every verb that
the simulated network has is really carried there and back. What differs is what the network is
called, whom its channels are for, how people are addressed, and what it cannot do.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from cmhub.config import settings
from cmhub.integrations import http
from cmhub.integrations.http import Client
from cmhub.integrations.networks.base import (
    Batch,
    Capabilities,
    Capability,
    ChannelKind,
    Credentials,
    Event,
    IncomingMembership,
    IncomingMessage,
    IncomingReaction,
    Invalid,
    Person,
    RemoteChannel,
    Verb,
)
from cmhub.integrations.networks.matrix import Matrix
from cmhub.integrations.networks.matrix.capabilities import TEXT_BYTES

PREFIX = "simulated_"
_SANDBOX = re.compile(
    r"https?://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?(/sandbox/.*)?/?"
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a network that agencies know behaves where it differs from the others."""

    shows_as: str
    kind: ChannelKind
    mutes: bool


MANNERS = (
    Manner("instagram", "audience", mutes=False),
    Manner("discord", "community", mutes=True),
    Manner("forum", "community", mutes=True),
    Manner("facebook", "audience", mutes=False),
)


def _capabilities(manner: Manner) -> Capabilities:
    yes, never = Capability("yes"), Capability("no", "network.simulated.never")
    lost = {Verb.ENCRYPTED, Verb.HIDE, Verb.WARN, Verb.SUSPEND, Verb.STATISTICS}
    lost |= set() if manner.mutes else {Verb.MUTE}
    found = {verb: never if verb in lost else yes for verb in Verb}
    found[Verb.REPLY] = Capability("yes", limits={"bytes": TEXT_BYTES})
    found[Verb.DELETE] = Capability("as", "network.simulated.delete")
    found[Verb.RESTORE] = Capability("as", "network.simulated.restore")
    return found


def _client() -> Client:
    """Return the client of the running event loop, where the demo is allowed.

    Raises:
        Invalid: this installation serves others, and has no demo.
    """
    if not settings().local:
        raise Invalid("simulated_elsewhere")
    return http.client()


def _require_sandbox(address: str) -> None:
    if not _SANDBOX.fullmatch(address.strip()):
        raise Invalid("simulated_elsewhere")


class Simulated(Matrix):
    """A network that is only played; ``shows_as`` says which one."""

    def __init__(self, manner: Manner, client: Callable[[], Client] = _client) -> None:
        """Play a network in its manner."""
        super().__init__(client)
        self._manner = manner
        self.name = f"{PREFIX}{manner.shows_as}"
        self.capabilities: Capabilities = _capabilities(manner)

    async def connect_with_password(self, address: str, user: str, password: str) -> Credentials:
        """Sign in to the sandbox, and to nothing else."""
        _require_sandbox(address)
        return await super().connect_with_password(address, user, password)

    async def connect_with_token(self, address: str, token: str) -> Credentials:
        """Use a token of the sandbox, and of nothing else."""
        _require_sandbox(address)
        return await super().connect_with_token(address, token)

    async def channels(self, credentials: Credentials) -> tuple[RemoteChannel, ...]:
        """Return the channels, each for whom this network's are."""
        found = await super().channels(credentials)
        return tuple(replace(one, kind=self._manner.kind) for one in found)

    async def join(self, credentials: Credentials, channel: str) -> RemoteChannel:
        """Join a channel."""
        return replace(await super().join(credentials, channel), kind=self._manner.kind)

    async def members(self, credentials: Credentials, channel: str) -> tuple[Person, ...]:
        """Return who is in the channel now."""
        return tuple(shown(one) for one in await super().members(credentials, channel))

    async def live(
        self,
        credentials: Credentials,
        cursor: str | None,
        channels: Collection[str],
        wait_seconds: float,
    ) -> Batch:
        """Return what happened after the cursor."""
        return _told(await super().live(credentials, cursor, channels, wait_seconds))

    async def history(
        self, credentials: Credentials, channel: str, cursor: str | None, limit: int
    ) -> Batch:
        """Return a page of the past."""
        return _told(await super().history(credentials, channel, cursor, limit))

    async def mute(self, credentials: Credentials, channel: str, person: str, key: str) -> None:
        """Take from a person the right to write, where the network knows that."""
        self._require_mutes()
        await super().mute(credentials, channel, person, key)

    async def unmute(self, credentials: Credentials, channel: str, person: str, key: str) -> None:
        """Give back the right to write, where the network knows that."""
        self._require_mutes()
        await super().unmute(credentials, channel, person, key)

    def _require_mutes(self) -> None:
        if not self._manner.mutes:
            raise Invalid("not_supported", host=self.name)


def shown(person: Person) -> Person:
    """Return a person as others there write their address: without a server."""
    return replace(person, handle=person.external_id.partition(":")[0])


def tell(event: Event) -> Event:
    """Return an event with its people as this network writes them."""
    match event:
        case IncomingMessage() | IncomingReaction():
            return replace(event, author=shown(event.author))
        case IncomingMembership():
            return replace(event, person=shown(event.person))
        case _:
            return event


def _told(batch: Batch) -> Batch:
    return replace(batch, events=tuple(map(tell, batch.events)))


SIMULATED: Mapping[str, Simulated] = {one.name: one for one in map(Simulated, MANNERS)}
