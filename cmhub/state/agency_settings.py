"""The agency's settings: its name and logo, and what new workspaces begin with."""

from typing import Any

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import Invalid
from cmhub.services import settings
from cmhub.services.checks import InvalidForm
from cmhub.state.asked import asked, entered
from cmhub.state.base import SessionState, tell, told
from cmhub.state.marks import requires
from cmhub.state.settings import Fault, ZoneGroup, faults_of, logo_fault, zone_groups
from cmhub.state.visit import current_actor, current_visit

_FIELDS = ("name", "language", "time_zone")


class AgencySettingsState(rx.State):
    """What the agency's settings show; typed values stay in their fields until they are saved."""

    name: rx.Field[str] = rx.field("")
    language: rx.Field[str] = rx.field("")
    time_zone: rx.Field[str] = rx.field("")
    zones: rx.Field[list[ZoneGroup]] = rx.field(default_factory=list[ZoneGroup])
    faults: rx.Field[dict[str, Fault]] = rx.field(default_factory=dict[str, Fault])
    logo_fault: rx.Field[Fault] = rx.field(default_factory=Fault)
    loaded: rx.Field[bool] = rx.field(False)
    version: rx.Field[int] = rx.field(0)

    _logo: str = ""

    @rx.event
    @requires(Permission.AGENCY_SETTINGS)
    @told
    async def load(self) -> None:
        """Load the settings, and say how the logo's form went that led here."""
        outcome = asked(self).get("logo", "")
        self.logo_fault = logo_fault(outcome)
        await self._read()
        if outcome == "saved":
            await tell(self, "settings.logo.saved")

    async def _read(self) -> None:
        actor = current_actor()
        async with unit_of_work(actor) as session:
            found = await settings.read_agency(session, actor)
        self.name, self.language, self.time_zone = found.name, found.language, found.time_zone
        self.zones = zone_groups(current_visit().info.language, found.time_zone)
        self.faults = {name: Fault() for name in _FIELDS}
        self.loaded, self.version = True, self.version + 1

    @rx.event
    @requires(Permission.AGENCY_SETTINGS)
    @told
    async def save(self, form: dict[str, Any]) -> Any:
        """Save the form; what cannot be used is told beside its field."""
        self.faults = {name: Fault() for name in _FIELDS}
        actor = current_actor()
        given = {name: entered(form, name) for name in _FIELDS}
        try:
            async with unit_of_work(actor) as session:
                await settings.save_agency(session, actor, **given)
        except InvalidForm as error:
            self.faults = {**self.faults, **faults_of(error)}
            return None
        await self._read()
        await tell(self, "settings.saved")
        return SessionState.refresh

    @rx.event
    @requires(Permission.AGENCY_SETTINGS)
    @told
    async def remove_logo(self) -> Any:
        """Show the initial again, and offer to take that back."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            self._logo = await settings.remove_logo(session, actor, None)
        await tell(self, "settings.logo.removed", undo=True)
        return SessionState.refresh

    @rx.event
    @requires(Permission.AGENCY_SETTINGS)
    @told
    async def undo(self) -> Any:
        """Put the logo back."""
        if not self._logo:
            raise Invalid("filter")
        actor = current_actor()
        async with unit_of_work(actor) as session:
            await settings.restore_logo(session, actor, None, self._logo)
        self._logo = ""
        await tell(self, "settings.logo.restored")
        return SessionState.refresh
