"""The State that every page shares: who is signed in, where they are, and what they are told."""

import functools
import inspect
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass, fields
from typing import Any, ParamSpec, TypeVar, cast

import reflex as rx
from reflex.event import EventSpec

from cmhub.actor import Actor, Permission
from cmhub.errors import CMHubError, Forbidden, NotFound
from cmhub.services.contrast import brand_of, style_of
from cmhub.services.sessions import Place, actor_in
from cmhub.state import marks
from cmhub.state.marks import public
from cmhub.state.visit import Visit, opens_page

logger = logging.getLogger(__name__)
_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")
Handler = Callable[_Given, Coroutine[Any, Any, _Answer]]


@dataclass(frozen=True, slots=True)
class Notice:
    """What the user is told: ``kind`` is done, error or info; ``number`` tells one from the next.

    ``undo`` says whether the notice offers to take the last action back.
    """

    kind: str = ""
    key: str = ""
    params: dict[str, str | int] | None = None
    undo: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class SwitcherEntry:
    """A workspace in the switcher, or a whole agency above its workspaces.

    ``opens`` is where it leads, empty for an agency that the user may not see as a whole; ``new``
    makes another workspace of that agency, for who may; ``logo`` is the address of a picture, or
    empty.
    """

    name: str
    agency: str
    address: str
    opens: str
    whole: bool
    current: bool
    new: str = ""
    logo: str = ""


class SessionState(rx.State):
    """Facts about the visit, for the shell; written by the gate, never by the browser."""

    notice: rx.Field[Notice] = rx.field(default_factory=Notice)
    signed_in: rx.Field[bool] = rx.field(False)
    user_name: rx.Field[str] = rx.field("")
    user_email: rx.Field[str] = rx.field("")
    agency_name: rx.Field[str] = rx.field("")
    agency_address: rx.Field[str] = rx.field("")
    workspace_name: rx.Field[str] = rx.field("")
    workspace_address: rx.Field[str] = rx.field("")
    workspace_zone: rx.Field[str] = rx.field("")
    agency_logo: rx.Field[str] = rx.field("")
    workspace_logo: rx.Field[str] = rx.field("")
    # The style that puts the workspace's colour on the page.
    brand: rx.Field[str] = rx.field("")
    switcher: rx.Field[tuple[SwitcherEntry, ...]] = rx.field(())
    permissions: rx.Field[tuple[str, ...]] = rx.field(())
    # Why the page of the address is not shown: not_found or forbidden, and the sentence's key.
    refusal: rx.Field[str] = rx.field("")
    refusal_key: rx.Field[str] = rx.field("")
    # An address outside the pages (the sign-in page) that the browser goes to at once.
    door: rx.Field[str] = rx.field("")

    # The hash of the cookie that this state was made for; another cookie gets a fresh state.
    _cookie: str = ""

    def _show(self, visit: Visit | None) -> None:
        """Take over what the shell shows; only what differs is sent to the browser."""
        facts = facts_of(visit)
        for field in fields(facts):
            value = getattr(facts, field.name)
            if getattr(self, field.name) != value:
                setattr(self, field.name, value)

    def _tell(self, kind: str, key: str, *, undo: bool = False, **params: str | int) -> None:
        self.notice = Notice(kind, key, params, undo, self.notice.number + 1)

    def _tell_error(self, error: CMHubError) -> None:
        """Tell what went wrong; when it is the page itself that may not be shown, in its place."""
        if opens_page() and isinstance(error, NotFound | Forbidden):
            self._refuse_page(error)
            return
        self.notice = Notice("error", error.key, dict(error.params), False, self.notice.number + 1)

    def _refuse_page(self, error: CMHubError | None) -> None:
        refusal, key = (error.code, error.key) if error else ("", "")
        if self.refusal != refusal:
            self.refusal = refusal
        if self.refusal_key != key:
            self.refusal_key = key

    @rx.event
    @public
    def dismiss(self) -> None:
        """Put the notice away."""
        self.notice = Notice(number=self.notice.number)

    @rx.event
    @marks.signed_in
    def refresh(self) -> None:
        """Something of the frame has changed: before it runs, the gate shows it anew."""

    @rx.event
    @public
    def tell_unforeseen(self, reference: str) -> None:
        """Say that something broke which nobody foresaw, with a reference for support."""
        self._tell("error", "error.unforeseen_reference", reference=reference[:12])


@dataclass(frozen=True, slots=True)
class Facts:
    """What the shell shows of a visit; its fields are variables of SessionState."""

    signed_in: bool = False
    user_name: str = ""
    user_email: str = ""
    agency_name: str = ""
    agency_address: str = ""
    workspace_name: str = ""
    workspace_address: str = ""
    workspace_zone: str = ""
    agency_logo: str = ""
    workspace_logo: str = ""
    brand: str = ""
    switcher: tuple[SwitcherEntry, ...] = ()
    permissions: tuple[str, ...] = ()


def facts_of(visit: Visit | None) -> Facts:
    """Return what the shell shows; nothing at all for somebody who is not signed in."""
    if visit is None:
        return Facts()
    agency, place, info = visit.agency, visit.place, visit.info
    return Facts(
        signed_in=True,
        user_name=info.name,
        user_email=info.email,
        agency_name=agency.agency_name if agency else "",
        agency_address=f"/a/{agency.agency_slug}" if agency else "",
        workspace_name=place.workspace_name if place else "",
        workspace_address=address_of(place) if place else "",
        workspace_zone=place.time_zone if place else info.time_zone,
        agency_logo=logo_of(agency, whole=True) if agency else "",
        workspace_logo=logo_of(place) if place else "",
        brand=style_of(brand_of(place.brand)) if place and place.brand else "",
        switcher=_switcher(visit),
        permissions=_permissions(visit),
    )


def logo_of(place: Place, *, whole: bool = False) -> str:
    """The address of a workspace's logo, or of its agency's; empty where there is none."""
    name, folder = (place.agency_logo, "-") if whole else (place.logo, place.workspace_slug)
    return f"/files/{place.agency_slug}/{folder}/{name}" if name else ""


def address_of(place: Place) -> str:
    """Return where the pages of a workspace begin."""
    return f"/w/{place.agency_slug}/{place.workspace_slug}"


def _switcher(visit: Visit) -> tuple[SwitcherEntry, ...]:
    entries: dict[str, SwitcherEntry] = {}
    slugs = {place.agency_slug for place in visit.info.places}
    actors = {slug: actor_in(visit.info, slug) for slug in slugs}
    for place in visit.info.places:
        actor = actors[place.agency_slug]
        whole = f"/a/{place.agency_slug}"
        if whole not in entries:
            entries[whole] = _agency(visit, place, actor)
        if place.workspace_id is not None:
            entries[address_of(place)] = _entry(visit, place, actor)
    return tuple(entries.values())


def _agency(visit: Visit, place: Place, actor: Actor) -> SwitcherEntry:
    whole = f"/a/{place.agency_slug}"
    here = visit.agency is not None and visit.agency.agency_id == place.agency_id
    return SwitcherEntry(
        place.agency_name,
        place.agency_name,
        whole,
        f"{whole}/" if actor.may_somewhere(Permission.HOME_READ) else "",
        True,
        here and visit.place is None,
        new=f"/start/?agency={place.agency_slug}" if actor.may(Permission.WORKSPACE_CREATE) else "",
        logo=logo_of(place, whole=True),
    )


def _entry(visit: Visit, place: Place, actor: Actor) -> SwitcherEntry:
    address = address_of(place)
    first = "home" if actor.may(Permission.HOME_READ, place.workspace_id) else "activity"
    current = visit.place is not None and visit.place.workspace_id == place.workspace_id
    return SwitcherEntry(
        place.workspace_name, place.agency_name, address, f"{address}/{first}/", False, current,
        logo=logo_of(place),
    )  # fmt: skip


def _permissions(visit: Visit) -> tuple[str, ...]:
    if visit.actor is None:
        return ()
    if visit.place is None:
        return tuple(each.value for each in Permission if visit.actor.may_somewhere(each))
    workspace_id = visit.place.workspace_id
    return tuple(each.value for each in Permission if visit.actor.may(each, workspace_id))


async def tell(
    state: rx.State, key: str, *, undo: bool = False, kind: str = "done", **params: str | int
) -> None:
    """Tell the user what was done, from any handler; ``undo`` offers to take it back."""
    (await state.get_state(SessionState))._tell(kind, key, undo=undo, **params)


def told(handler: Callable[_Given, Any]) -> Callable[_Given, Any]:
    """Turn a CMHubError of a handler into its sentence in the notice.

    Stands under `@rx.event` and the mark. The handler may be a coroutine or an async generator.
    """
    run = cast("Callable[..., Any]", handler)
    if inspect.isasyncgenfunction(handler):

        @functools.wraps(handler)
        async def yielding(self: rx.State, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
            try:
                async for each in run(self, *args, **kwargs):
                    yield each
            except CMHubError as error:
                (await self.get_state(SessionState))._tell_error(error)

        return cast("Callable[_Given, Any]", yielding)

    @functools.wraps(handler)
    async def answering(self: rx.State, *args: Any, **kwargs: Any) -> Any:
        try:
            return await run(self, *args, **kwargs)
        except CMHubError as error:
            (await self.get_state(SessionState))._tell_error(error)

    return cast("Callable[_Given, Any]", answering)


def broken(exception: Exception) -> EventSpec:
    """Log what nobody foresaw under a reference and tell the user that reference."""
    reference = secrets.token_hex(4)
    logger.error("unforeseen, reference %s", reference, exc_info=exception)
    event: Any = SessionState.tell_unforeseen
    return event(reference)
