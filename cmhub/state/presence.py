"""Who looks at which thread, as every web process hears it; forgotten when it is not said again."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

LOOKS = 45.0
"""Seconds that somebody is taken to look after they said so; tabs say it every 20."""
WRITES = 8.0
"""Seconds that somebody is taken to write after they said so; tabs say it every 3."""

Room = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Other:
    """A colleague at the same thread."""

    name: str
    writes: bool


@dataclass(slots=True)
class _Seat:
    room: Room
    thread_id: UUID
    user_id: UUID
    name: str
    looks_until: float
    writes_until: float


class Presence:
    """The seats of all tabs that look at a thread; times are of the process's own clock."""

    def __init__(self) -> None:
        self._seats: dict[UUID, _Seat] = {}

    def hear(self, room: Room, told: Mapping[str, object], now: float | None = None) -> bool:
        """Note where somebody is; say whether that is news to others.

        Raises:
            ValueError, KeyError: it is no such message.
        """
        moment = time.monotonic() if now is None else now
        self._forget(moment)
        key = UUID(str(told["seat"]))
        writes = bool(told["writes"])
        fresh = _Seat(
            room, UUID(str(told["thread"])), UUID(str(told["user"])), str(told["name"]),
            moment + LOOKS, moment + WRITES if writes else moment,
        )  # fmt: skip
        known = self._seats.get(key)
        self._seats[key] = fresh
        if known is None or (known.room, known.thread_id) != (room, fresh.thread_id):
            return True
        return writes != (known.writes_until > moment)

    def others(
        self, room: Room, thread_id: UUID, user_id: UUID | None, now: float | None = None
    ) -> list[Other]:
        """Who else is at a thread, each once, whoever writes first."""
        moment = time.monotonic() if now is None else now
        self._forget(moment)
        found: dict[UUID, Other] = {}
        for seat in self._seats.values():
            if (seat.room, seat.thread_id) != (room, thread_id) or seat.user_id == user_id:
                continue
            writes = seat.writes_until > moment
            before = found.get(seat.user_id)
            found[seat.user_id] = Other(seat.name, writes or (before is not None and before.writes))
        return sorted(found.values(), key=lambda one: (not one.writes, one.name))

    def _forget(self, moment: float) -> None:
        for key in [key for key, seat in self._seats.items() if seat.looks_until <= moment]:
            del self._seats[key]


PRESENCE = Presence()
