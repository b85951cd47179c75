"""Live reading of connections: each under a lease, none in the way of another."""

import asyncio
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.contextvars import bind_contextvars

from cmhub.actor import Actor, system_actor
from cmhub.db import DatabaseAway, doors
from cmhub.models import new_id
from cmhub.queue import Work
from cmhub.services import syncing

WAIT_SECONDS = 10.0
"""How long a network may keep us waiting for news; well under the lease."""
LOOK_SECONDS = 2.0
MOST = 200

_LOG = structlog.get_logger()
_DUE = text("select * from open_work('connection', :most)")


class Streams:
    """The connections that this worker reads."""

    def __init__(self) -> None:
        self._owner = new_id()
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stale: set[UUID] = set()

    def wake(self, connection_id: UUID) -> None:
        """Begin this connection's reading anew, at once: its channels or state have changed."""
        self._stale.add(connection_id)
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Read whatever is due until told to stop; then give the leases back."""
        try:
            while not stop.is_set():
                await self._look()
                await self._pause(stop)
        finally:
            await self._end(set(self._running))

    async def _pause(self, stop: asyncio.Event) -> None:
        waits = [asyncio.create_task(self._wake.wait()), asyncio.create_task(stop.wait())]
        await asyncio.wait(waits, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()
        if self._wake.is_set():
            self._wake.clear()
            stale, self._stale = self._stale, set()
            await self._end(stale)

    async def _look(self) -> None:
        try:
            async with doors() as session:
                rows = (await session.execute(_DUE, {"most": MOST})).all()
        except DatabaseAway:
            _LOG.warning("streams cannot see what is due: the database is away")
            return
        for row in rows:
            work = Work(row.id, row.agency_id, row.workspace_id)
            if work.id not in self._running:
                task = asyncio.create_task(self._read(work), name=f"stream {work.id}")
                self._running[work.id] = task
                task.add_done_callback(lambda _, key=work.id: self._running.pop(key, None))

    async def _read(self, work: Work) -> None:
        assert work.agency_id is not None
        assert work.workspace_id is not None
        actor = system_actor(work.agency_id, work.workspace_id)
        bind_contextvars(connection=str(work.id))
        try:
            await self._read_on(actor, work)
        except asyncio.CancelledError:
            await self._give_back(actor, work)
            raise

    async def _read_on(self, actor: Actor, work: Work) -> None:
        """Read for as long as there is something to read, also after the database was away.

        The lease is ours still when it comes back, and hides the connection from who looks.
        """
        while True:
            try:
                if await syncing.take_lease(actor, work, self._owner):
                    while await syncing.read_live(actor, work, self._owner, WAIT_SECONDS):
                        pass
            except DatabaseAway:
                _LOG.warning("stream interrupted: the database is away")
                await asyncio.sleep(LOOK_SECONDS)
            except DBAPIError as error:
                # A deadlock or a statement that was ended: nothing was written, so read it again.
                _LOG.warning("stream interrupted", error=type(error.orig).__name__)
                await asyncio.sleep(LOOK_SECONDS)
            else:
                return

    async def _give_back(self, actor: Actor, work: Work) -> None:
        try:
            await syncing.give_lease_back(actor, work, self._owner)
        except DatabaseAway:
            _LOG.warning("lease not given back: the database is away")

    async def _end(self, connections: set[UUID]) -> None:
        tasks = [task for key, task in self._running.items() if key in connections]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
