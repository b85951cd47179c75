"""Live pages: a change committed anywhere reaches the open tabs of its workspace or its user.

One task per web process listens to PostgreSQL. A tab that shows a workspace is told only *that*
something changed, by topic; it then loads its rows itself, through the gate and its service, so
nothing is ever pushed that the tab's user may not see.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import reflex as rx
from reflex.app import App
from reflex.istate.manager.token import BaseStateToken

from cmhub.db import LIVE, app_url
from cmhub.state.ending import SIGNED_IN
from cmhub.state.presence import PRESENCE
from cmhub.state.visit import Visit
from cmhub.telemetry import TABS as SHOWN

logger = logging.getLogger(__name__)
# At most five pushes a second for one tab: what arrives meanwhile goes out together.
_PAUSE = 0.2
_RECONNECT = 1.0
_ALIVE = 15.0


class LiveState(rx.State):
    """How often each topic has changed since the tab came; the browser acts on every change."""

    changes: rx.Field[dict[str, int]] = rx.field(default_factory=dict[str, int])

    def _count(self, topics: Iterable[str]) -> None:
        self.changes = {**self.changes, **{each: self.changes.get(each, 0) + 1 for each in topics}}


Room = tuple[UUID, UUID] | UUID
"""What a change is told to: a workspace by its agency and id, or a user by theirs."""


@dataclass(slots=True)
class _Tab:
    rooms: frozenset[Room]
    waiting: set[str] = field(default_factory=set[str])
    task: asyncio.Task[None] | None = None


class Tabs:
    """The open tabs of this process, their users, and the workspaces that each shows."""

    def __init__(self) -> None:
        self._tabs: dict[str, _Tab] = {}
        self._rooms: dict[Room, set[str]] = {}

    def place(self, token: str, visit: Visit | None) -> None:
        """Put a tab where its user was just found to be; the gate calls this for every event."""
        rooms = rooms_of(visit)
        known = self._tabs.get(token)
        if known is not None and known.rooms == rooms:
            return
        self.forget(token)
        if rooms:
            self._tabs[token] = _Tab(rooms)
            for room in rooms:
                self._rooms.setdefault(room, set()).add(token)
            SHOWN.set(len(self._tabs))

    def forget(self, token: str) -> None:
        """Drop a tab that was closed or has left."""
        tab = self._tabs.pop(token, None)
        if tab is None:
            return
        if tab.task is not None:
            tab.task.cancel()
        for room in tab.rooms:
            others = self._rooms[room]
            others.discard(token)
            if not others:
                del self._rooms[room]
        SHOWN.set(len(self._tabs))

    def tell(self, app: App, room: Room | None, topics: Iterable[str]) -> None:
        """Note the topics for every tab of a room (of all rooms: None) and wake them."""
        tokens = list(self._tabs) if room is None else list(self._rooms.get(room, ()))
        for token in tokens:
            tab = self._tabs[token]
            tab.waiting.update(topics)
            if tab.task is None or tab.task.done():
                tab.task = asyncio.create_task(self._push(app, token, tab), name="live tab")

    async def _push(self, app: App, token: str, tab: _Tab) -> None:
        while tab.waiting:
            if not _connected(app, token):
                tab.task = None
                self.forget(token)
                return
            topics, tab.waiting = tab.waiting, set()
            async with app.modify_state(BaseStateToken(ident=token, cls=LiveState)) as root:
                (await root.get_state(LiveState))._count(sorted(topics))
            await asyncio.sleep(_PAUSE)


TABS = Tabs()


async def listen(app: App) -> None:
    """Hear what commits, for as long as the process runs; reconnect when the database goes."""
    while True:
        try:
            await _hear(app)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as lost:
            logger.warning("live updates: connection lost (%s), trying again", type(lost).__name__)
        await asyncio.sleep(_RECONNECT)


async def _hear(app: App) -> None:
    connection = await asyncpg.connect(app_url())
    gone = asyncio.Event()
    try:
        connection.add_termination_listener(lambda _: gone.set())
        await connection.add_listener(LIVE, lambda *heard: _heard(app, str(heard[3])))
        # Whatever was committed while nobody listened is not known: every tab looks again.
        TABS.tell(app, None, ["inbox", "activity", "connections", "tasks", "notices"])
        while not gone.is_set():
            await asyncio.wait_for(connection.execute("select 1"), _ALIVE)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(gone.wait(), _ALIVE)
    finally:
        await connection.close(timeout=1)


def _heard(app: App, payload: str) -> None:
    try:
        told = json.loads(payload)
        if "session" in told:
            SIGNED_IN.end(app, UUID(told["session"]))
            return
        room = _told_to(told)
        topics = [str(each) for each in told["topics"]]
        if isinstance(room, tuple) and "presence" in told:
            topics += ["presence"] if PRESENCE.hear(room, told["presence"]) else []
    except (ValueError, KeyError, TypeError):
        logger.warning("live updates: a notification could not be read")
        return
    if topics:
        TABS.tell(app, room, topics)


def _told_to(told: dict[str, str]) -> Room:
    if "user" in told:
        return UUID(told["user"])
    return UUID(told["agency"]), UUID(told["workspace"])


def rooms_of(visit: Visit | None) -> frozenset[Room]:
    """What a tab hears of: its user, and the workspace of its page, or all of an agency's page."""
    if visit is None:
        return frozenset()
    rooms: set[Room] = {visit.info.user_id}
    if visit.place is not None and visit.place.workspace_id is not None:
        rooms.add((visit.place.agency_id, visit.place.workspace_id))
    elif visit.actor is not None:
        rooms |= {(visit.actor.agency_id, each) for each in visit.actor.workspaces}
    return frozenset(rooms)


def _connected(app: App, token: str) -> bool:
    namespace = app.event_namespace
    return namespace is not None and token in namespace._token_manager.token_to_socket
