"""The bell's State: what the user has not read, and the panel that lists it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import reflex as rx

from cmhub.actor import Actor
from cmhub.db import unit_of_work
from cmhub.errors import Invalid
from cmhub.services.notices.reading import NoticeView, count_unread, list_notices, mark_read
from cmhub.services.sessions import actor_in
from cmhub.state.base import told
from cmhub.state.marks import signed_in
from cmhub.state.visit import current_visit

MOST = 30


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notification in the panel; ``address`` is empty when it leads nowhere any more."""

    id: UUID
    kind: str
    params: dict[str, str | int]
    words: str
    workspace: str
    address: str
    created_at: datetime
    read: bool


def row_of(view: NoticeView, agency_slug: str) -> NoticeRow:
    """A notification with its whole address."""
    place = f"/w/{agency_slug}/{view.workspace_slug}/"
    place = place if view.workspace_slug else f"/a/{agency_slug}/"
    return NoticeRow(
        id=view.id,
        kind=view.kind,
        params={**view.params, "who": view.who or "CMHub"},
        words=view.words,
        workspace=view.workspace,
        address=place + view.path if view.path else "",
        created_at=view.created_at,
        read=view.read,
    )


def _actors() -> dict[str, Actor]:
    """The user in each of their agencies, by its address: the bell is the same everywhere."""
    info = current_visit().info
    slugs = dict.fromkeys(place.agency_slug for place in info.places)
    return {slug: actor_in(info, slug) for slug in slugs}


class NoticesState(rx.State):
    """What the bell and its panel show."""

    unread: rx.Field[int] = rx.field(0)
    rows: rx.Field[list[NoticeRow]] = rx.field(default_factory=list[NoticeRow])
    loaded: rx.Field[bool] = rx.field(False)

    @rx.event
    @signed_in
    @told
    async def count(self) -> None:
        """Count what is unread; the list too, once it was opened."""
        if self.loaded:
            await self._list()
        unread = 0
        for actor in _actors().values():
            async with unit_of_work(actor) as session:
                unread += await count_unread(session, actor)
        self.unread = unread

    @rx.event
    @signed_in
    @told
    async def load(self) -> None:
        """Load the panel's list."""
        await self._list()
        self.loaded = True

    async def _list(self) -> None:
        found: list[NoticeRow] = []
        for slug, actor in _actors().items():
            async with unit_of_work(actor) as session:
                views = await list_notices(session, actor, most=MOST)
            found += [row_of(view, slug) for view in views]
        self.rows = sorted(found, key=lambda row: row.created_at, reverse=True)[:MOST]

    @rx.event
    @signed_in
    @told
    async def read(self, notice_id: str) -> None:
        """Mark one as read."""
        try:
            wanted = UUID(notice_id)
        except ValueError:
            raise Invalid("filter") from None
        await self._mark(wanted)

    @rx.event
    @signed_in
    @told
    async def read_all(self) -> None:
        """Mark all as read."""
        await self._mark(None)

    async def _mark(self, wanted: UUID | None) -> None:
        unread = 0
        for actor in _actors().values():
            async with unit_of_work(actor) as session:
                await mark_read(session, actor, wanted)
                unread += await count_unread(session, actor)
        self.unread = unread
        await self._list()
