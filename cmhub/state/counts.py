"""The counts beside the entries of the menu, loaded once a page and when something changes."""

import reflex as rx

from cmhub.db import unit_of_work
from cmhub.services.counts import count_waiting
from cmhub.state.base import told
from cmhub.state.marks import signed_in
from cmhub.state.visit import current_visit


class CountsState(rx.State):
    """What waits, by the name of the entry; nobody sees a count of what they may not open."""

    counts: rx.Field[dict[str, int]] = rx.field(default_factory=dict[str, int])

    @rx.event
    @signed_in
    @told
    async def load(self) -> None:
        """Count for the workspace or agency of the address; nothing where there is neither."""
        visit = current_visit()
        found = dict[str, int]()
        if visit.actor is not None:
            place = visit.place.workspace_id if visit.place else None
            actor = visit.actor.within(place) if place else visit.actor
            async with unit_of_work(actor) as session:
                found = await count_waiting(session, actor, place)
        # What is assigned is sent, whether or not it differs.
        if found != self.counts:
            self.counts = found
