"""Views of the inbox: the filter of the address kept under a name."""

from dataclasses import replace

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.services import views
from cmhub.state.asked import asked, entered
from cmhub.state.base import tell, told
from cmhub.state.inbox import filter_of, id_of, inbox_of
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place


class ViewsState(rx.State):
    """It holds nothing; the view that is open is the inbox's."""

    @rx.event
    @requires(Permission.INBOX_READ)
    @told
    async def save(self, form: dict[str, object]) -> None:
        """Keep the filter of the address, for oneself or for everybody."""
        actor, shown = current_actor().within(place()), await inbox_of(self)
        wanted = replace(filter_of(asked(self)), after="")
        async with unit_of_work(actor) as session:
            await views.save_view(
                session, actor, place(), entered(form, "name"), wanted,
                shared=entered(form, "shared") == "1",
            )  # fmt: skip
        await tell(self, "inbox.view.saved")
        await shown._load_views()

    @rx.event
    @requires(Permission.INBOX_READ)
    @told
    async def rename(self, form: dict[str, object]) -> None:
        """Give the open view another name."""
        actor, shown = current_actor().within(place()), await inbox_of(self)
        async with unit_of_work(actor) as session:
            await views.rename_view(
                session, actor, place(), id_of(shown.view), entered(form, "new_name")
            )
        await shown._load_views()

    @rx.event
    @requires(Permission.INBOX_READ)
    @told
    async def delete(self) -> None:
        """Delete the open view; its filter stays."""
        actor, shown = current_actor().within(place()), await inbox_of(self)
        view = id_of(shown.view)
        async with unit_of_work(actor) as session:
            await views.delete_view(session, actor, place(), view)
        shown._remember("view", view)
        await tell(self, "inbox.view.deleted", undo=True)
        await shown._load_views()
