"""Power levels: who may do what in a room."""

from collections.abc import Mapping
from dataclasses import dataclass

from cmhub.integrations.networks.base import Credentials, Gone, NotAllowed
from cmhub.integrations.networks.matrix.api import Api, route
from cmhub.integrations.networks.matrix.shape import as_list, as_number, as_object, as_text

MUTED_FIELD = "cmhub.muted"
"""Where the room's power levels keep what a muted member's own level was."""

CREATOR = 2**53
"""More than any level: from version 12 on, who made the room may always do everything."""

_VERSIONS_WITHOUT_CREATORS = {"", *map(str, range(1, 12))}
_NEEDED = {"ban": 50, "kick": 50, "redact": 50}


@dataclass(frozen=True, slots=True)
class Levels:
    """The power levels of a room, with the defaults of the specification."""

    content: Mapping[str, object]
    creators: frozenset[str]

    @classmethod
    def of_room(cls, create: Mapping[str, object], content: Mapping[str, object]) -> "Levels":
        """Read the event that made the room, whole, and the content of its power levels."""
        made = as_object(create.get("content"))
        sender = as_text(create.get("sender")) or as_text(made.get("creator"))
        if as_text(made.get("room_version")) in _VERSIONS_WITHOUT_CREATORS:
            alone: dict[str, object] = {"users": {sender: 100}, "state_default": 0}
            return cls(content or alone, frozenset())
        others = {as_text(user) for user in as_list(made.get("additional_creators"))}
        return cls(content, frozenset({sender, *others}))

    @property
    def _users(self) -> dict[str, object]:
        return as_object(self.content.get("users"))

    @property
    def default(self) -> int:
        """The level of who has none of their own."""
        return as_number(self.content.get("users_default"), 0)

    def of(self, user: str) -> int:
        """Return the level of a user."""
        if user in self.creators:
            return CREATOR
        return as_number(self._users.get(user), self.default)

    def to(self, action: str) -> int:
        """Return the level that an action (``ban``, ``kick``, ``redact``) needs."""
        return as_number(self.content.get(action), _NEEDED[action])

    def to_send(self, kind: str, *, state: bool = False) -> int:
        """Return the level that sending an event needs."""
        name, default = ("state_default", 50) if state else ("events_default", 0)
        other = as_number(self.content.get(name), default)
        return as_number(as_object(self.content.get("events")).get(kind), other)

    def is_muted(self, user: str) -> bool:
        """Tell whether the user, and not everybody, may not write."""
        return self.of(user) < min(self.default, self.to_send("m.room.message"))

    def muting(self, user: str) -> dict[str, object]:
        """Return the content that takes the right to write and remembers the level before."""
        kinds = ("m.room.message", "m.reaction", "m.sticker")
        lowest = min(self.default, *(self.to_send(kind) for kind in kinds))
        users, muted = self._users, as_object(self.content.get(MUTED_FIELD))
        before = {user: as_number(users[user], self.default)} if user in users else {}
        return {
            **self.content,
            "users": {**users, user: min(lowest - 1, -1)},
            MUTED_FIELD: {**muted, **before},
        }

    def unmuting(self, user: str) -> dict[str, object]:
        """Return the content that gives the user the level from before."""
        muted = dict(as_object(self.content.get(MUTED_FIELD)))
        users = {name: level for name, level in self._users.items() if name != user}
        before = muted.pop(user, None)
        if before is not None:
            users[user] = as_number(before, self.default)
        return {**self.content, "users": users, MUTED_FIELD: muted}


class Power(Api):
    """Reads power levels, and says which one is missing when the server refuses."""

    async def levels(self, credentials: Credentials, channel: str) -> Levels:
        """Return the levels of a room.

        Raises:
            NotAllowed: the account is not in the room.
        """
        try:
            create = await self._state(credentials, channel, "m.room.create", whole=True)
            content = await self._state(credentials, channel, "m.room.power_levels")
        except NotAllowed as error:
            raise NotAllowed("read", "not_in_room") from error
        return Levels.of_room(create, content)

    async def membership(self, credentials: Credentials, channel: str, person: str) -> str:
        """Return the membership as the room has it, empty for somebody who was never there.

        Raises:
            NotAllowed: the account was never in the room itself.
        """
        path = route("rooms", channel, "state", "m.room.member", person)
        try:
            return as_text((await self.call(credentials, "GET", path)).get("membership"))
        except Gone:
            return ""
        except NotAllowed as error:
            raise NotAllowed("read", "not_in_room") from error

    async def _state(
        self, credentials: Credentials, channel: str, kind: str, *, whole: bool = False
    ) -> dict[str, object]:
        params = {"format": "event"} if whole else None
        path = route("rooms", channel, "state", kind, "")
        try:
            return await self.call(credentials, "GET", path, params=params)
        except Gone:
            return {}

    async def refusal(
        self,
        credentials: Credentials,
        channel: str,
        scope: str,
        needed: int | None = None,
        person: str | None = None,
    ) -> NotAllowed:
        """Return why the server refuses.

        Args:
            credentials: who asked.
            channel: the room.
            scope: ``write``, ``delete``, ``mute`` or ``ban``.
            needed: the level, when it is not the usual one for the scope.
            person: whom it was about; nobody can act on their equals.
        """
        if await self.membership(credentials, channel, credentials.account) != "join":
            return NotAllowed(scope, "not_in_room")
        levels = await self.levels(credentials, channel)
        have = levels.of(credentials.account)
        need = _needed(levels, scope) if needed is None else needed
        if have < need:
            return NotAllowed(scope, f"power_{scope}", have=have, needed=need)
        if person is not None and levels.of(person) >= have:
            return NotAllowed(scope, "power_target")
        return NotAllowed(scope)


def _needed(levels: Levels, scope: str) -> int:
    needed = {
        "write": levels.to_send("m.room.message"),
        "delete": max(levels.to("redact"), levels.to_send("m.room.redaction")),
        "mute": levels.to_send("m.room.power_levels", state=True),
        "ban": levels.to("ban"),
        "unban": max(levels.to("ban"), levels.to("kick")),
    }
    return needed[scope]
