"""Sorting from the inbox: what is done with the open thread, or with all that are selected."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import Invalid
from cmhub.services import labels, sorting
from cmhub.services.sorting import MOST, Moved
from cmhub.state.asked import entered
from cmhub.state.base import tell, told
from cmhub.state.inbox import id_of, inbox_of
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, current_place, place


def ids_of(given: Sequence[str]) -> list[UUID]:
    """The ids of threads from the browser.

    Raises:
        Invalid: one is none, there are none, or too many.
    """
    if not given:
        raise Invalid("nothing_selected")
    if len(given) > MOST:
        raise Invalid("too_many_threads", most=MOST)
    return [id_of(one) for one in given]


class SortingState(rx.State):
    """It holds nothing; every event says which threads it is about."""

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def move(self, ids: list[str], state: str) -> None:
        """Put threads into a state."""
        actor, wanted = current_actor().within(place()), ids_of(ids)
        async with unit_of_work(actor) as session:
            moved = await sorting.move_threads(session, actor, place(), wanted, state)
        await self._moved(moved, f"inbox.moved.{state}", len(wanted))

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def snooze(self, ids: list[str], at: str) -> None:
        """Put threads away until a moment that was proposed."""
        try:
            until = datetime.fromisoformat(at)
        except ValueError:
            raise Invalid("snooze_time") from None
        if until.tzinfo is None:
            raise Invalid("snooze_time")
        await self._snooze(ids, until)

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def snooze_at(self, ids: list[str], form: dict[str, object]) -> None:
        """Put threads away until a chosen date and time of the workspace's zone."""
        zone = current_place().time_zone
        await self._snooze(ids, sorting.moment_in(zone, entered(form, "until")))

    async def _snooze(self, ids: list[str], until: datetime) -> None:
        actor, wanted = current_actor().within(place()), ids_of(ids)
        async with unit_of_work(actor) as session:
            moved = await sorting.snooze_threads(session, actor, place(), wanted, until)
        await self._moved(moved, "inbox.moved.snoozed", len(wanted))

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def assign(self, ids: list[str], user_id: str) -> None:
        """Give threads to a colleague, or to nobody when the id is empty."""
        actor, wanted = current_actor().within(place()), ids_of(ids)
        user = id_of(user_id) if user_id else None
        async with unit_of_work(actor) as session:
            moved = await sorting.assign_threads(session, actor, place(), wanted, user)
        key = "inbox.assigned" if user else "inbox.unassigned"
        await self._moved(moved, key, len(wanted))

    async def _moved(self, moved: Sequence[Moved], key: str, count: int) -> None:
        shown = await inbox_of(self)
        shown._remember("moved", tuple(moved))
        await tell(self, key, undo=bool(moved), n=len(moved) or count)
        await shown._again()

    @rx.event
    @requires(Permission.INBOX_ANSWER)
    @told
    async def label(self, ids: list[str], label_id: str) -> None:
        """Put a label on threads; take it off when all of them have it."""
        actor, wanted, label = current_actor().within(place()), ids_of(ids), id_of(label_id)
        async with unit_of_work(actor) as session:
            changed = await labels.label_threads(session, actor, place(), wanted, label, on=True)
            on = bool(changed)
            if not on:
                changed = await labels.label_threads(
                    session, actor, place(), wanted, label, on=False
                )
        shown = await inbox_of(self)
        shown._remember("label", (changed, label, not on))
        key = "inbox.labelled" if on else "inbox.unlabelled"
        await tell(self, key, undo=True, n=len(changed))
        await shown._again()
