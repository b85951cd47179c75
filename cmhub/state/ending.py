"""Open tabs of a session that was ended elsewhere: out at once, not at their next step."""

import asyncio
from uuid import UUID

from reflex.app import App
from reflex.istate.manager.token import BaseStateToken

from cmhub.state.base import SessionState
from cmhub.state.visit import Visit

DOOR = "/auth/sign-in/?done=ended"
_MOST = 10_000
"""So many tabs are remembered; the oldest are forgotten first, and are out at their next step."""


class SignedIn:
    """The tabs of this process and the session that each belongs to."""

    def __init__(self) -> None:
        self._sessions: dict[str, UUID] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def place(self, token: str, visit: Visit | None) -> None:
        """Remember whose a tab is; the gate calls this for every event."""
        self._sessions.pop(token, None)
        if visit is not None:
            self._sessions[token] = visit.info.session_id
        while len(self._sessions) > _MOST:
            del self._sessions[next(iter(self._sessions))]

    def end(self, app: App, session_id: UUID) -> None:
        """Send every tab of a session to the door."""
        for token in [token for token, one in self._sessions.items() if one == session_id]:
            del self._sessions[token]
            task = asyncio.create_task(_put_out(app, token), name="tab put out")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _put_out(app: App, token: str) -> None:
    async with app.modify_state(BaseStateToken(ident=token, cls=SessionState)) as root:
        shell = await root.get_state(SessionState)
        shell._show(None)
        shell.door = DOOR


SIGNED_IN = SignedIn()
