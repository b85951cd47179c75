"""The State of one's security: second factor, sessions, password."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from cmhub.errors import Invalid
from cmhub.services import factors, passwords, sessions
from cmhub.services.checks import InvalidForm
from cmhub.state.asked import asked_id, entered
from cmhub.state.base import tell, told
from cmhub.state.marks import signed_in
from cmhub.state.settings import Fault, faults_of
from cmhub.state.visit import current_visit

_FIELDS = ("password", "new")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A signed-in browser; ``browser`` and ``system`` are empty when it does not tell."""

    id: str
    browser: str
    system: str
    address: str
    seen_at: str
    since: str
    here: bool


class SecurityState(rx.State):
    """What the security page shows of whoever is signed in; no secret is ever in it."""

    factor_since: rx.Field[str] = rx.field("")
    codes: rx.Field[int] = rx.field(0)
    sessions: rx.Field[list[SessionRow]] = rx.field(default_factory=list[SessionRow])
    faults: rx.Field[dict[str, Fault]] = rx.field(
        default_factory=lambda: {name: Fault() for name in _FIELDS}
    )
    loaded: rx.Field[bool] = rx.field(False)
    version: rx.Field[int] = rx.field(0)

    @rx.event
    @signed_in
    @told
    async def load(self) -> None:
        """Load second factor and sessions."""
        await self._read()

    async def _read(self) -> None:
        info = current_visit().info
        factor = await factors.read_factor(info.user_id)
        self.factor_since = factor.since.isoformat() if factor.since else ""
        self.codes = factor.codes
        self.sessions = [
            SessionRow(
                str(one.id), one.browser, one.system, one.address,
                one.last_seen_at.isoformat(), one.created_at.isoformat(), one.here,
            )
            for one in await sessions.list_sessions(info)
        ]  # fmt: skip
        self.faults = {name: Fault() for name in _FIELDS}
        self.loaded = True

    @rx.event
    @signed_in
    @told
    async def end(self, session_id: str) -> None:
        """End one session."""
        ended = asked_id({"id": session_id}, "id")
        if ended is None:
            raise Invalid("filter")
        await sessions.end_session(current_visit().info, ended)
        await tell(self, "security.ended.told")
        await self._read()

    @rx.event
    @signed_in
    @told
    async def end_others(self) -> None:
        """End every session but this one."""
        ended = await sessions.end_other_sessions(current_visit().info)
        await tell(self, "security.others.told", n=ended)
        await self._read()

    @rx.event
    @signed_in
    @told
    async def change_password(self, form: dict[str, Any]) -> None:
        """Set a new password; the other sessions end."""
        info = current_visit().info
        address = str(self.router.session.client_ip)
        try:
            await passwords.change_password(
                info, entered(form, "password"), entered(form, "new"), address
            )
        except InvalidForm as error:
            self.faults = {name: faults_of(error).get(name, Fault()) for name in _FIELDS}
            return
        await tell(self, "security.password.told")
        self.version += 1
        await self._read()
