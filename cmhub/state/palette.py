"""The command palette's State: what was found for the words typed last, and nothing older."""

from dataclasses import dataclass
from uuid import UUID

import reflex as rx

from cmhub.db import unit_of_work
from cmhub.services.palette import Hit, find_anything
from cmhub.state.base import address_of, told
from cmhub.state.marks import signed_in
from cmhub.state.visit import Visit, current_visit


@dataclass(frozen=True, slots=True)
class Found:
    """A line of the palette; ``to`` is where it leads."""

    group: str
    title: str
    line: str
    to: str


def lines_of(visit: Visit, hits: tuple[Hit, ...]) -> list[Found]:
    """Give hits their addresses; one in a workspace that is not the user's is left out."""
    bases: dict[UUID | None, str] = {
        place.workspace_id: address_of(place)
        for place in visit.info.places
        if place.workspace_id is not None
    }
    if visit.place is not None:
        bases[None] = address_of(visit.place)
    elif visit.agency is not None:
        bases[None] = f"/a/{visit.agency.agency_slug}"
    return [
        Found(hit.group, hit.title, hit.line, f"{bases[hit.workspace_id]}/{hit.path}")
        for hit in hits
        if hit.workspace_id in bases
    ]


class PaletteState(rx.State):
    """What was found; ``asked`` are the words it was found for."""

    found: rx.Field[list[Found]] = rx.field(default_factory=list[Found])
    asked: rx.Field[str] = rx.field("")

    @rx.event
    @signed_in
    @told
    async def search(self, words: str) -> None:
        """Look in the workspace of the address, or in all of the agency's."""
        visit = current_visit()
        hits: tuple[Hit, ...] = ()
        if visit.actor is not None:
            place = visit.place.workspace_id if visit.place else None
            actor = visit.actor.within(place) if place else visit.actor
            async with unit_of_work(actor) as session:
                hits = await find_anything(session, actor, place, words)
        self.found, self.asked = lines_of(visit, hits), words

    @rx.event
    @signed_in
    async def forget(self) -> None:
        """Keep nothing of what was looked for once the palette is closed."""
        self.found, self.asked = [], ""
