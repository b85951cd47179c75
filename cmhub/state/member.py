"""One member's State: the page, and merging them with another."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import NotFound
from cmhub.services.members import merging
from cmhub.services.members.listing import MemberRow, MembersFilter, list_members
from cmhub.services.members.merging import Side
from cmhub.services.members.profile import MemberView, Week, read_member
from cmhub.state.asked import asked, asked_id, entered, path_id
from cmhub.state.base import SessionState, tell, told
from cmhub.state.charts import Mark, Point, marks
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place

FOUND = 8


def week_marks(weeks: tuple[Week, ...], today: date) -> list[Mark]:
    """The weeks as bars of messages and reactions; the one that has not ended is hatched."""
    points = [
        Point(one.first, one.messages + one.reactions, one.first + timedelta(days=7) <= today)
        for one in weeks
    ]
    return list(marks(points))


class MemberState(rx.State):
    """What a member's page shows; the address says which one, and whom to compare with."""

    view: rx.Field[MemberView | None] = rx.field(None)
    missing: rx.Field[bool] = rx.field(False)
    weeks: rx.Field[list[Mark]] = rx.field(default_factory=list[Mark])
    most: rx.Field[float] = rx.field(0.0)
    active_weeks: rx.Field[int] = rx.field(0)
    paged: rx.Field[bool] = rx.field(False)
    found: rx.Field[list[MemberRow]] = rx.field(default_factory=list[MemberRow])
    looked_for: rx.Field[str] = rx.field("")
    kept: rx.Field[Side | None] = rx.field(None)
    other: rx.Field[Side | None] = rx.field(None)
    comparing: rx.Field[bool] = rx.field(False)

    _undo: str = ""

    @rx.event
    @requires(Permission.MEMBER_READ)
    @told
    async def load(self) -> rx.event.EventSpec | None:
        """Load the member of the address; of one who was merged, who they are now."""
        given = asked(self)
        wanted = path_id(self, "member_id")
        self.paged = "after" in given
        self.missing = wanted is None
        if wanted is None:
            self.view = None
            return None
        actor, now = current_actor().within(place()), datetime.now(UTC)
        try:
            async with unit_of_work(actor) as session:
                view = await read_member(
                    session, actor, place(), wanted, now=now, after=given.get("after", "")
                )
        except NotFound:
            self.view, self.missing = None, True
            return None
        if view.moved_to is not None:
            base = (await self.get_state(SessionState)).workspace_address
            return rx.redirect(f"{base}/members/{view.moved_to}/", replace=True)
        self._show(view, now.date())
        await self._compare(wanted, asked_id(given, "merge"))
        return None

    def _show(self, view: MemberView, today: date) -> None:
        if self.view is None or self.view.id != view.id:
            self.found, self.looked_for = [], ""
        self.view = view
        self.weeks = week_marks(view.weeks, today)
        self.most = max((one.value for one in self.weeks), default=0)
        self.active_weeks = sum(1 for one in self.weeks if one.value)

    async def _compare(self, wanted: UUID, other: UUID | None) -> None:
        self.kept, self.other, self.comparing = None, None, False
        actor = current_actor().within(place())
        if other is None or not actor.may(Permission.MEMBER_MERGE, place()):
            return
        async with unit_of_work(actor) as session:
            self.kept, self.other = await merging.compare_members(
                session, actor, place(), wanted, other
            )
        self.comparing = True

    @rx.event
    @requires(Permission.MEMBER_MERGE)
    @told
    async def find(self, form: dict[str, object]) -> None:
        """Look for members to merge this one with."""
        self.looked_for = entered(form, "other")
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            page = await list_members(
                session,
                actor,
                place(),
                MembersFilter(words=self.looked_for, kind="all"),
                datetime.now(UTC),
            )
        mine = self.view.id if self.view else None
        self.found = [row for row in page.rows if row.id != mine][:FOUND]

    @rx.event
    @requires(Permission.MEMBER_MERGE)
    @told
    async def merge(self) -> rx.event.EventSpec | None:
        """Merge the two that are compared, and offer to take it back."""
        if self.kept is None or self.other is None:
            return None
        kept, other = self.kept, self.other
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            made = await merging.merge_members(session, actor, place(), kept.id, other.id)
        self._undo = str(made)
        await tell(self, "members.merge.told", undo=True, name=other.name, into=kept.name)
        base = (await self.get_state(SessionState)).workspace_address
        return rx.redirect(f"{base}/members/{kept.id}/", replace=True)

    @rx.event
    @requires(Permission.MEMBER_MERGE)
    @told
    async def part(self, merge_id: str) -> None:
        """Take a merge back; both have again what each of them wrote."""
        await self._part(merge_id)

    @rx.event
    @requires(Permission.MEMBER_MERGE)
    @told
    async def undo(self) -> None:
        """Take back the last merge."""
        merge, self._undo = self._undo, ""
        if merge:
            await self._part(merge)

    async def _part(self, merge_id: str) -> None:
        try:
            wanted = UUID(merge_id)
        except ValueError:
            raise NotFound from None
        actor, now = current_actor().within(place()), datetime.now(UTC)
        async with unit_of_work(actor) as session:
            await merging.part_members(session, actor, place(), wanted)
            if self.view is not None:
                view = await read_member(session, actor, place(), self.view.id, now=now)
                self._show(view, now.date())
        await tell(self, "members.part.told")
