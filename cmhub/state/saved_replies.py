"""The State of the saved replies' page."""

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import Invalid
from cmhub.services import saved_replies
from cmhub.services.checks import InvalidForm
from cmhub.services.saved_replies import SavedReplyView
from cmhub.state.asked import asked, entered
from cmhub.state.base import SessionState, tell, told
from cmhub.state.inbox import id_of
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place

FIELDS = ("shortcut", "body_fr", "body_en")


class SavedRepliesState(rx.State):
    """The saved replies; the address says which one is changed (``new`` for a new one)."""

    replies: rx.Field[list[SavedReplyView]] = rx.field(default_factory=list[SavedReplyView])
    loaded: rx.Field[bool] = rx.field(False)
    edited: rx.Field[str] = rx.field("")
    values: rx.Field[dict[str, str]] = rx.field(default_factory=lambda: dict.fromkeys(FIELDS, ""))
    errors: rx.Field[dict[str, str]] = rx.field(default_factory=lambda: dict.fromkeys(FIELDS, ""))
    error_params: rx.Field[dict[str, dict[str, str | int]]] = rx.field(
        default_factory=lambda: {name: {} for name in FIELDS}
    )

    _deleted: SavedReplyView | None = None

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def load(self) -> None:
        """Load the saved replies, and the one that the address asks to change."""
        await self._list()
        self.edited = asked(self).get("reply", "")
        known = next((one for one in self.replies if str(one.id) == self.edited), None)
        self.values = {name: getattr(known, name) if known else "" for name in FIELDS}
        self._fault({})

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def refresh(self) -> None:
        """Saved replies changed: load them again, and leave the form as it is."""
        await self._list()

    async def _list(self) -> None:
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            found = await saved_replies.list_saved_replies(session, actor, place())
        self.replies, self.loaded = list(found), True

    def _fault(self, faults: dict[str, Invalid]) -> None:
        self.errors = {name: faults[name].key if name in faults else "" for name in FIELDS}
        self.error_params = {
            name: dict(faults[name].params) if name in faults else {} for name in FIELDS
        }

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def save(self, form: dict[str, object]) -> rx.event.EventSpec | None:
        """Keep the reply in the form."""
        self.values = {name: entered(form, name) for name in FIELDS}
        actor = current_actor().within(place())
        try:
            async with unit_of_work(actor) as session:
                await saved_replies.save_reply(
                    session,
                    actor,
                    place(),
                    None if self.edited == "new" else id_of(self.edited),
                    shortcut=self.values["shortcut"],
                    body_fr=self.values["body_fr"],
                    body_en=self.values["body_en"],
                )
        except InvalidForm as refused:
            self._fault(refused.faults)
            return None
        self._fault({})
        await tell(self, "saved.saved")
        await self._list()
        shell = await self.get_state(SessionState)
        return rx.redirect(f"{shell.workspace_address}/settings/replies/")

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def delete(self, reply_id: str) -> None:
        """Delete a saved reply, unless it is taken back."""
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            self._deleted = await saved_replies.delete_saved_reply(
                session, actor, place(), id_of(reply_id)
            )
        await tell(self, "saved.deleted", undo=True)
        await self._list()

    @rx.event
    @requires(Permission.WORKSPACE_SETTINGS)
    @told
    async def undo(self) -> None:
        """Save the reply again that was deleted last."""
        gone, self._deleted = self._deleted, None
        if gone is None:
            return
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            await saved_replies.save_reply(
                session, actor, place(), None,
                shortcut=gone.shortcut, body_fr=gone.body_fr, body_en=gone.body_en,
            )  # fmt: skip
        await tell(self, "saved.undone")
        await self._list()
