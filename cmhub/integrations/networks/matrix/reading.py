"""Read a room: what happens now, and what was before."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import sha256

from cmhub.integrations import http
from cmhub.integrations.http import Client
from cmhub.integrations.networks.base import (
    Batch,
    Credentials,
    Event,
    Gone,
    Invalid,
    NotAllowed,
)
from cmhub.integrations.networks.matrix.api import Api, route
from cmhub.integrations.networks.matrix.events import EVENT_TYPES, read_events
from cmhub.integrations.networks.matrix.shape import as_list, as_object, as_objects, as_text

_BYTES = 64 * 1024 * 1024
_GAP_PAGE = 250
_KNOWN_FILTERS = 1000
_NONE: dict[str, object] = {"types": []}
_PAGE_FILTER = json.dumps(
    {"types": EVENT_TYPES, "lazy_load_members": True, "include_redundant_members": True}
)


@dataclass(frozen=True, slots=True)
class Gap:
    """What a sync left out of a room: everything between two tokens, read backwards."""

    channel: str
    newest: str
    oldest: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far we have read: the server's token, and the gaps still to be filled."""

    since: str
    gaps: tuple[Gap, ...] = ()

    def dump(self) -> str:
        """Return it as a cursor."""
        gaps = [[gap.channel, gap.newest, gap.oldest] for gap in self.gaps]
        return json.dumps({"since": self.since, "gaps": gaps}, separators=(",", ":"))

    @classmethod
    def load(cls, cursor: str) -> "Position":
        """Read a cursor of ours.

        Raises:
            Gone: it is none.
        """
        try:
            content = as_object(json.loads(cursor))
        except ValueError as error:
            raise Gone("cursor_lost") from error
        gaps = [[as_text(part) for part in as_list(gap)] for gap in as_list(content.get("gaps"))]
        return cls(as_text(content.get("since")), tuple(Gap(*g) for g in gaps if len(g) == 3))


class Reading(Api):
    """Verbs of reading."""

    def __init__(
        self, client: Callable[[], Client] = http.client, *, timeline_limit: int = 100
    ) -> None:
        """Make the verbs.

        Args:
            client: returns the client to use.
            timeline_limit: most events of a room in one answer; more make a gap to be filled.
        """
        super().__init__(client)
        self._timeline_limit = timeline_limit
        self._filters: dict[str, str] = {}

    async def live(
        self,
        credentials: Credentials,
        cursor: str | None,
        channels: Collection[str],
        wait_seconds: float,
    ) -> Batch:
        """Return what happened in the channels after the cursor.

        A server that left something out says so; the cursor then remembers the gap, and each
        following call fills a page of it before it asks for news. So nothing is lost, even if the
        process ends in between.

        Raises:
            Gone: the server does not know the cursor (any more): begin again without one.
        """
        if cursor is None:
            return Batch((), Position(await self._now(credentials)).dump(), more=False)
        position = Position.load(cursor)
        if position.gaps:
            return await self._fill(credentials, position)
        answer = await self._sync(credentials, position.since, channels, wait_seconds)
        return _live_batch(credentials.account, position.since, answer)

    async def _now(self, credentials: Credentials) -> str:
        nothing: dict[str, object] = {
            "presence": _NONE,
            "account_data": _NONE,
            "room": {"rooms": []},
        }
        params = {"filter": json.dumps(nothing), "timeout": 0, "set_presence": "offline"}
        answer = await self.call(credentials, "GET", route("sync"), params=params, seconds=60)
        return as_text(answer.get("next_batch"))

    async def _sync(
        self, credentials: Credentials, since: str, channels: Collection[str], wait: float
    ) -> dict[str, object]:
        """Ask for news; a refusal may be about the filter, which the server may have forgotten."""
        digest = sha256(json.dumps(sorted(channels)).encode()).hexdigest()
        known = f"{credentials.address} {credentials.account} {digest}"
        if known in self._filters:
            try:
                return await self._sync_with(credentials, since, self._filters[known], wait)
            except (Gone, Invalid):
                self._filters.pop(known, None)
        chosen = await self._filter(credentials, known, channels)
        try:
            return await self._sync_with(credentials, since, chosen, wait)
        except Invalid as error:
            if error.params.get("detail") in {"M_INVALID_PARAM", "M_UNKNOWN", "M_BAD_JSON"}:
                raise Gone("cursor_lost") from error
            raise

    async def _sync_with(
        self, credentials: Credentials, since: str, chosen: str, wait: float
    ) -> dict[str, object]:
        params: dict[str, str | int] = {
            "since": since,
            "timeout": round(wait * 1000),
            "set_presence": "offline",
            "filter": chosen,
        }
        return await self.call(
            credentials, "GET", route("sync"), params=params, seconds=wait + 60, limit=_BYTES
        )

    async def _filter(self, credentials: Credentials, known: str, channels: Collection[str]) -> str:
        """Store a filter at the server and return its id: written out it may not fit a URL."""
        if len(self._filters) >= _KNOWN_FILTERS:
            self._filters.clear()
        path = route("user", credentials.account, "filter")
        answer = await self.call(credentials, "POST", path, json=self._wanted(channels))
        self._filters[known] = as_text(answer.get("filter_id"))
        return self._filters[known]

    def _wanted(self, channels: Collection[str]) -> dict[str, object]:
        members = {"lazy_load_members": True, "include_redundant_members": True}
        return {
            "presence": _NONE,
            "account_data": _NONE,
            "room": {
                "rooms": sorted(channels),
                "ephemeral": _NONE,
                "account_data": _NONE,
                "state": {"types": ["m.room.member"], **members},
                "timeline": {"types": EVENT_TYPES, "limit": self._timeline_limit, **members},
            },
        }

    async def _fill(self, credentials: Credentials, position: Position) -> Batch:
        gap, *others = position.gaps
        try:
            page = await self._page(
                credentials, gap.channel, gap.newest, _GAP_PAGE, until=gap.oldest
            )
        except (NotAllowed, Gone):
            # We were removed from the room meanwhile, and may no longer read what was said there.
            page = Batch((), "", more=False)
        rest = (Gap(gap.channel, page.cursor, gap.oldest),) if page.more else ()
        following = Position(position.since, (*rest, *others))
        return Batch(page.events, following.dump(), more=True)

    async def history(
        self, credentials: Credentials, channel: str, cursor: str | None, limit: int
    ) -> Batch:
        """Return a page of the past of a room, back to its beginning or to where we may see."""
        try:
            return await self._page(credentials, channel, cursor, limit)
        except NotAllowed as error:
            raise NotAllowed("read", "not_in_room") from error

    async def _page(
        self,
        credentials: Credentials,
        channel: str,
        cursor: str | None,
        limit: int,
        until: str | None = None,
    ) -> Batch:
        params: dict[str, str | int] = {"dir": "b", "limit": limit, "filter": _PAGE_FILTER}
        params |= {"from": cursor} if cursor else {}
        params |= {"to": until} if until else {}
        path = route("rooms", channel, "messages")
        answer = await self.call(credentials, "GET", path, params=params, seconds=60, limit=_BYTES)
        events = as_objects(answer.get("chunk"))[::-1]
        state = as_objects(answer.get("state"))
        end = as_text(answer.get("end"))
        return Batch(
            read_events(channel, credentials.account, events, state),
            end,
            more=bool(end) and end != cursor,
        )


def _live_batch(account: str, since: str, answer: dict[str, object]) -> Batch:
    rooms = as_object(answer.get("rooms"))
    events: list[Event] = []
    gaps: list[Gap] = []
    for state in ("join", "leave"):
        for channel, value in as_object(rooms.get(state)).items():
            room = as_object(value)
            timeline = as_object(room.get("timeline"))
            members = as_objects(as_object(room.get("state")).get("events"))
            events += read_events(channel, account, as_objects(timeline.get("events")), members)
            newest = as_text(timeline.get("prev_batch"))
            if timeline.get("limited") is True and newest:
                gaps.append(Gap(channel, newest, since))
    position = Position(as_text(answer.get("next_batch")), tuple(gaps))
    return Batch(tuple(events), position.dump(), more=bool(gaps))
