"""The general settings of a workspace: its names, languages, zone, logo and colour."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import Invalid
from cmhub.services import settings, zones
from cmhub.services.checks import InvalidForm
from cmhub.services.contrast import Brand, judge, parse_colour
from cmhub.services.settings import WorkspaceSettings
from cmhub.services.zones import Zone
from cmhub.state.asked import asked, entered
from cmhub.state.base import SessionState, tell, told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, current_visit, place

CMHUB = "#0b6176"
"""The colour of a workspace that has none of its own."""
_OWN = Brand(CMHUB, "#ffffff", "#6cc0d5", "#06242c")
LOGO_FAULTS = ("no_picture", "picture_too_large", "picture_too_many_pixels")
_FIELDS = ("name", "client", "time_zone", "languages", "brand")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field: the key of its sentence and what fills it; empty when nothing."""

    key: str = ""
    params: dict[str, str | int] | None = None


@dataclass(frozen=True, slots=True)
class ZoneGroup:
    """The time zones of a part of the world."""

    name: str
    zones: tuple[Zone, ...]


def zone_groups(language: str, chosen: str) -> list[ZoneGroup]:
    """Time zones to choose from, as the reader's language names them."""
    found = zones.zones(language, chosen)
    return [ZoneGroup(name, tuple(one)) for name, one in found.items()]


def faults_of(error: InvalidForm) -> dict[str, Fault]:
    """The faults of a form by the names of its fields."""
    return {name: Fault(one.key, dict(one.params)) for name, one in error.faults.items()}


def logo_fault(outcome: str) -> Fault:
    """What to say of a picture that was not taken, by what its form came back with."""
    if outcome not in LOGO_FAULTS:
        return Fault()
    most = 10 if outcome == "picture_too_large" else 40
    return Fault(f"error.invalid.{outcome}", {"most": most})


class SettingsState(rx.State):
    """What the general settings show; typed values stay in their fields until they are saved."""

    name: rx.Field[str] = rx.field("")
    client: rx.Field[str] = rx.field("")
    time_zone: rx.Field[str] = rx.field("")
    english: rx.Field[bool] = rx.field(False)
    french: rx.Field[bool] = rx.field(False)
    brand: rx.Field[str] = rx.field("")
    picker: rx.Field[str] = rx.field(CMHUB)
    zones: rx.Field[list[ZoneGroup]] = rx.field(default_factory=list[ZoneGroup])
    faults: rx.Field[dict[str, Fault]] = rx.field(default_factory=dict[str, Fault])
    logo_fault: rx.Field[Fault] = rx.field(default_factory=Fault)
    preview: rx.Field[Brand] = rx.field(default=_OWN)
    poor: rx.Field[bool] = rx.field(False)
    ratio: rx.Field[str] = rx.field("")
    shade: rx.Field[str] = rx.field("")
    loaded: rx.Field[bool] = rx.field(False)
    # Grows when fields must show other values than were typed into them.
    version: rx.Field[int] = rx.field(0)
    written: rx.Field[int] = rx.field(0)
    picked: rx.Field[int] = rx.field(0)

    _logo: str = ""

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def load(self) -> None:
        """Load the settings, and say how the logo's form went that led here."""
        outcome = asked(self).get("logo", "")
        self.logo_fault = logo_fault(outcome)
        await self._read()
        if outcome == "saved":
            await tell(self, "settings.logo.saved")

    async def _read(self) -> None:
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            found = await settings.read_settings(session, actor, place())
        self._show(found)

    def _show(self, found: WorkspaceSettings) -> None:
        self.name, self.client, self.time_zone = found.name, found.client, found.time_zone
        self.english, self.french = "en" in found.languages, "fr" in found.languages
        self.zones = zone_groups(current_visit().info.language, found.time_zone)
        self.faults = {name: Fault() for name in _FIELDS}
        self._try(found.brand)
        self.loaded, self.version = True, self.version + 1

    def _try(self, value: str) -> None:
        """Show a colour in both themes, or the nearest shade of it that can be read."""
        self.faults = {**self.faults, "brand": Fault()}
        self.brand = value.strip()[:9]
        self.picker = parse_colour(value) or CMHUB
        verdict = judge(self.picker)
        self.preview = verdict.brand if self.brand else _OWN
        self.poor = not verdict.good
        self.ratio, self.shade = f"{verdict.ratio:.1f}", verdict.shade

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    async def write_colour(self, value: str) -> None:
        """Show what a colour that is being written would look like; the picker follows."""
        self._try(value)
        self.picked += 1

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    async def pick_colour(self, value: str) -> None:
        """Show what a colour of the picker would look like; the written one follows."""
        self._try(value)
        self.written += 1

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    async def use_colour(self, value: str) -> None:
        """Put a colour into both fields."""
        self._try(value)
        self.written, self.picked = self.written + 1, self.picked + 1

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def save(self, form: dict[str, Any]) -> Any:
        """Save the form; what cannot be used is told beside its field."""
        self.faults = {name: Fault() for name in _FIELDS}
        actor = current_actor().within(place())
        try:
            async with unit_of_work(actor) as session:
                await settings.save_settings(
                    session, actor, place(),
                    name=entered(form, "name"), client=entered(form, "client"),
                    time_zone=entered(form, "time_zone"),
                    languages=[one for one in ("en", "fr") if form.get(f"language-{one}")],
                    brand=entered(form, "brand"),
                )  # fmt: skip
        except InvalidForm as error:
            self.faults = {**self.faults, **faults_of(error)}
            return None
        await self._read()
        await tell(self, "settings.saved")
        return SessionState.refresh

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def remove_logo(self) -> Any:
        """Show the initial again, and offer to take that back."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            self._logo = await settings.remove_logo(session, actor, place())
        await tell(self, "settings.logo.removed", undo=True)
        return SessionState.refresh

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def undo(self) -> Any:
        """Put the logo back."""
        if not self._logo:
            raise Invalid("filter")
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await settings.restore_logo(session, actor, place(), self._logo)
        self._logo = ""
        await tell(self, "settings.logo.restored")
        return SessionState.refresh
