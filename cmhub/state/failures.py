"""The State of failed operations: what failed, tried again or put aside."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import Invalid
from cmhub.services import failures
from cmhub.services.failures import KINDS, Failure
from cmhub.state.asked import asked
from cmhub.state.base import tell, told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, current_visit


@dataclass(frozen=True, slots=True)
class Group:
    """The failures of a kind, and how many there are in all."""

    kind: str
    count: int
    rows: tuple[Failure, ...]


class FailuresState(rx.State):
    """What the page of failed operations shows; the address may ask for one kind."""

    groups: rx.Field[list[Group]] = rx.field(default_factory=list[Group])
    total: rx.Field[int] = rx.field(0)
    kind: rx.Field[str] = rx.field("")
    base: rx.Field[str] = rx.field("")
    loaded: rx.Field[bool] = rx.field(False)

    _aside: tuple[str, tuple[str, ...]] = ("", ())

    @rx.event
    @requires(Permission.JOB_MANAGE)
    @told
    async def load(self) -> None:
        """Load what failed."""
        wanted = asked(self).get("kind", "")
        self.kind = wanted if wanted in KINDS else ""
        await self._list()

    async def _list(self) -> None:
        actor, agency = current_actor(), current_visit().agency
        assert agency is not None
        async with unit_of_work(actor) as session:
            found = await failures.list_failures(session, actor)
        self.groups = [
            Group(kind, found.counts[kind], tuple(one for one in found.rows if one.kind == kind))
            for kind in KINDS
            if found.counts[kind] and self.kind in ("", kind)
        ]
        self.base = f"/w/{agency.agency_slug}/"
        self.total, self.loaded = sum(found.counts.values()), True

    @rx.event
    @requires(Permission.JOB_MANAGE)
    @told
    async def retry(self, kind: str, failure_id: str) -> None:
        """Try one again, or all of a kind when none is named."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            number = await failures.retry_failures(session, actor, kind, _ids(failure_id))
        await self._list()
        await tell(self, "failures.retried.told", n=number)

    @rx.event
    @requires(Permission.JOB_MANAGE)
    @told
    async def dismiss(self, kind: str, failure_id: str) -> None:
        """Put one aside, or all of a kind, and offer to take that back."""
        actor = current_actor()
        async with unit_of_work(actor) as session:
            gone = await failures.dismiss_failures(session, actor, kind, _ids(failure_id))
        self._aside = (kind, gone)
        await self._list()
        await tell(self, "failures.dismissed.told", undo=True, n=len(gone))

    @rx.event
    @requires(Permission.JOB_MANAGE)
    @told
    async def undo(self) -> Any:
        """Show again what was put aside last."""
        (kind, ids), self._aside = self._aside, ("", ())
        if not ids:
            raise Invalid("filter")
        actor = current_actor()
        async with unit_of_work(actor) as session:
            await failures.restore_failures(session, actor, kind, ids)
        await self._list()
        await tell(self, "failures.restored.told", n=len(ids))


def _ids(failure_id: str) -> tuple[str, ...]:
    return (failure_id,) if failure_id else ()
