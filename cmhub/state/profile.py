"""The State of one's profile: what the account says, its address, its agencies, its end."""

from typing import Any

import reflex as rx

from cmhub.errors import CMHubError
from cmhub.services import profile
from cmhub.services.checks import InvalidForm
from cmhub.services.profile import Belonging
from cmhub.state.asked import entered
from cmhub.state.base import SessionState, tell, told
from cmhub.state.marks import signed_in
from cmhub.state.settings import Fault, ZoneGroup, faults_of, zone_groups
from cmhub.state.visit import current_visit

_FIELDS = ("name", "time_zone", "email", "email_password", "end")


class ProfileState(rx.State):
    """What the profile shows of whoever is signed in."""

    name: rx.Field[str] = rx.field("")
    email: rx.Field[str] = rx.field("")
    asked_email: rx.Field[str] = rx.field("")
    time_zone: rx.Field[str] = rx.field("")
    zones: rx.Field[list[ZoneGroup]] = rx.field(default_factory=list[ZoneGroup])
    belongs: rx.Field[list[Belonging]] = rx.field(default_factory=list[Belonging])
    faults: rx.Field[dict[str, Fault]] = rx.field(
        default_factory=lambda: {name: Fault() for name in _FIELDS}
    )
    leaving: rx.Field[str] = rx.field("")
    leaving_name: rx.Field[str] = rx.field("")
    loaded: rx.Field[bool] = rx.field(False)
    # Grows when fields must show other values than were typed into them.
    version: rx.Field[int] = rx.field(0)

    @rx.event
    @signed_in
    @told
    async def load(self) -> None:
        """Load the account."""
        await self._read()

    async def _read(self) -> None:
        info = current_visit().info
        found = await profile.read_profile(info)
        self.name, self.email, self.asked_email = found.name, found.email, found.asked_email
        self.time_zone, self.belongs = found.time_zone, list(found.belongs)
        self.zones = zone_groups(info.language, found.time_zone)
        self.faults = {name: Fault() for name in _FIELDS}
        self.loaded, self.version = True, self.version + 1

    def _wrong(self, error: InvalidForm, asked: str = "") -> None:
        """Tell each fault beside its field; ``asked`` is the one that took the password here."""
        found = faults_of(error)
        found[asked] = found.pop("password", Fault())
        self.faults = {name: found.get(name, Fault()) for name in _FIELDS}

    @rx.event
    @signed_in
    @told
    async def save(self, form: dict[str, Any]) -> Any:
        """Save name and time zone."""
        info = current_visit().info
        name, zone = entered(form, "name"), entered(form, "time_zone")
        try:
            await profile.save_profile(info, name, info.language, zone)
        except InvalidForm as error:
            self._wrong(error)
            return None
        await tell(self, "profile.saved")
        return [SessionState.refresh, ProfileState.load]

    @rx.event
    @signed_in
    @told
    async def ask_email(self, form: dict[str, Any]) -> None:
        """Have a new address proven by a mail to it."""
        info = current_visit().info
        try:
            new = await profile.ask_email(
                info,
                entered(form, "email"),
                entered(form, "email_password"),
                address=self._address(),
            )
        except InvalidForm as error:
            self._wrong(error, "email_password")
            return
        await tell(self, "profile.email.told", email=new)
        await self._read()

    @rx.event
    @signed_in
    @told
    async def forget_email(self) -> None:
        """Keep the address that there is."""
        await profile.forget_asked_email(current_visit().info)
        await tell(self, "profile.email.kept")
        await self._read()

    @rx.event
    @signed_in
    async def ask_leave(self, slug: str, name: str) -> None:
        """Remember which agency the question is about."""
        self.leaving, self.leaving_name = slug, name

    @rx.event
    @signed_in
    @told
    async def leave(self) -> Any:
        """Leave that agency."""
        name = await profile.leave(current_visit().info, self.leaving, address=self._address())
        await tell(self, "profile.left.told", agency=name)
        return [SessionState.refresh, ProfileState.load]

    @rx.event
    @signed_in
    @told
    async def delete(self, form: dict[str, Any]) -> None:
        """End the account and go to the door."""
        info = current_visit().info
        try:
            await profile.delete_account(info, entered(form, "end"), address=self._address())
        except InvalidForm as error:
            self._wrong(error, "end")
            return
        except CMHubError as error:
            self.faults = {**self.faults, "end": Fault(error.key, dict(error.params))}
            return
        (await self.get_state(SessionState)).door = "/auth/sign-in/?done=gone"

    def _address(self) -> str:
        return str(self.router.session.client_ip)
