"""Mute, ban and lift both."""

from cmhub.integrations.networks.base import (
    Credentials,
    NotAllowed,
    Retry,
    Standing,
)
from cmhub.integrations.networks.matrix.api import route
from cmhub.integrations.networks.matrix.power import Levels, Power

_ATTEMPTS = 3
_REASON_CHARACTERS = 500


class Moderating(Power):
    """Verbs about members. Each looks first and does nothing when it is already so."""

    async def mute(self, credentials: Credentials, channel: str, person: str, key: str) -> None:
        """Give the person a level below what writing needs."""
        await self._set_muted(credentials, channel, person, wanted=True)

    async def unmute(self, credentials: Credentials, channel: str, person: str, key: str) -> None:
        """Give the person the level from before the mute."""
        await self._set_muted(credentials, channel, person, wanted=False)

    async def _set_muted(
        self, credentials: Credentials, channel: str, person: str, *, wanted: bool
    ) -> None:
        """Write the room's power levels and read them back.

        They are one value for the whole room, and the server cannot write it *if unchanged*: when
        somebody else writes at the same moment one of the two is lost, so we look and try again.
        """
        path = route("rooms", channel, "state", "m.room.power_levels", "")
        for _ in range(_ATTEMPTS):
            levels = await self.levels(credentials, channel)
            if levels.is_muted(person) == wanted:
                return
            self._require_above(levels, credentials.account, person)
            changed = levels.muting(person) if wanted else levels.unmuting(person)
            try:
                await self.call(credentials, "PUT", path, json=changed)
            except NotAllowed as error:
                raise await self.refusal(credentials, channel, "mute", person=person) from error
        raise Retry(5)

    def _require_above(self, levels: Levels, account: str, person: str) -> None:
        have, needed = levels.of(account), levels.to_send("m.room.power_levels", state=True)
        if have < needed:
            raise NotAllowed("mute", "power_mute", have=have, needed=needed)
        if levels.of(person) >= have:
            raise NotAllowed("mute", "power_target")

    async def ban(
        self, credentials: Credentials, channel: str, person: str, reason: str, key: str
    ) -> None:
        """Remove the person and refuse them until the ban is lifted."""
        if await self.membership(credentials, channel, person) == "ban":
            return
        body = {"user_id": person} | ({"reason": reason[:_REASON_CHARACTERS]} if reason else {})
        try:
            await self.call(credentials, "POST", route("rooms", channel, "ban"), json=body)
        except NotAllowed as error:
            raise await self.refusal(credentials, channel, "ban", person=person) from error

    async def unban(self, credentials: Credentials, channel: str, person: str, key: str) -> None:
        """Lift a ban; the person has to come back themselves."""
        if await self.membership(credentials, channel, person) != "ban":
            return
        body = {"user_id": person}
        try:
            await self.call(credentials, "POST", route("rooms", channel, "unban"), json=body)
        except NotAllowed as error:
            raise await self.refusal(credentials, channel, "unban", person=person) from error

    async def standing(self, credentials: Credentials, channel: str, person: str) -> Standing:
        """Read back where the person stands; somebody invited has not come yet."""
        membership = await self.membership(credentials, channel, person)
        if membership == "ban":
            return "banned"
        if membership != "join":
            return "left"
        levels = await self.levels(credentials, channel)
        return "muted" if levels.is_muted(person) else "joined"
