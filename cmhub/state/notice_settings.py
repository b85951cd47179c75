"""The State of one's notification settings: what is told in the page, what by mail, and when."""

from dataclasses import dataclass

import reflex as rx

from cmhub.errors import Invalid
from cmhub.services.notices import preferences
from cmhub.services.notices.kinds import DIGEST, KINDS
from cmhub.services.notices.preferences import Reader
from cmhub.state.asked import entered
from cmhub.state.base import tell, told
from cmhub.state.marks import signed_in
from cmhub.state.visit import current_visit


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind of notification and how the user wants it."""

    kind: str
    in_page: bool
    mail: str


class NoticeSettingsState(rx.State):
    """What the page of notification settings shows; quiet hours are ``HH:MM`` or empty.

    ``number`` grows whenever all of it was loaded anew.
    """

    kinds: rx.Field[list[KindRow]] = rx.field(default_factory=list[KindRow])
    digest: rx.Field[bool] = rx.field(True)
    quiet_from: rx.Field[str] = rx.field("")
    quiet_until: rx.Field[str] = rx.field("")
    zone: rx.Field[str] = rx.field("")
    email: rx.Field[str] = rx.field("")
    fault: rx.Field[str] = rx.field("")
    loaded: rx.Field[bool] = rx.field(False)
    number: rx.Field[int] = rx.field(0)

    @rx.event
    @signed_in
    @told
    async def load(self) -> None:
        """Load what the user has chosen."""
        self._show(await preferences.read_preferences(current_visit().info.user_id))
        self.loaded = True
        self.number += 1

    def _show(self, reader: Reader) -> None:
        self.kinds = [
            KindRow(kind, reader.choices[kind].in_page, reader.choices[kind].mail) for kind in KINDS
        ]
        self.digest, self.email, self.zone = reader.digest, reader.email, reader.zone.key
        start, end = reader.quiet_from, reader.quiet_until
        self.quiet_from = start.isoformat("minutes") if start else ""
        self.quiet_until = end.isoformat("minutes") if end else ""

    @rx.event
    @signed_in
    @told
    async def show_in_page(self, kind: str, shown: bool) -> None:
        """Show a kind in the page, or not."""
        user_id = current_visit().info.user_id
        await preferences.choose_page(user_id, kind, shown=shown)
        self._show(await preferences.read_preferences(user_id))

    @rx.event
    @signed_in
    @told
    async def mail(self, kind: str, way: str) -> None:
        """Have a kind mailed at once, once a day, or never."""
        await self._mail(kind, way)

    async def _mail(self, kind: str, way: str) -> None:
        user_id = current_visit().info.user_id
        await preferences.choose_mail(user_id, kind, way)
        self._show(await preferences.read_preferences(user_id))

    @rx.event
    @signed_in
    @told
    async def send_digest(self, wanted: bool) -> None:
        """Have the daily summary, or not."""
        await self._mail(DIGEST, "daily" if wanted else "never")

    @rx.event
    @signed_in
    @told
    async def keep_quiet(self, form: dict[str, object]) -> None:
        """Keep the quiet hours of the form."""
        user_id = current_visit().info.user_id
        start, end = entered(form, "quiet_from"), entered(form, "quiet_until")
        try:
            await preferences.keep_quiet(user_id, start, end)
        except Invalid as error:
            self.fault = error.key
            return
        self.fault = ""
        self._show(await preferences.read_preferences(user_id))
        await tell(self, "notices.quiet.told")
