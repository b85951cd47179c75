"""Who is behind an event and where they are: resolved anew for every event, kept for none."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from cmhub.actor import Actor
from cmhub.errors import NotFound, SignedOut
from cmhub.services.sessions import Place, SessionInfo, actor_in, find_place


@dataclass(frozen=True, slots=True)
class Visit:
    """One event: its user, and the agency and workspace of its address if they may enter."""

    info: SessionInfo
    actor: Actor | None = None
    agency: Place | None = None
    place: Place | None = None


_visit: ContextVar[Visit | None] = ContextVar("cmhub_visit", default=None)
_opens_page: ContextVar[bool] = ContextVar("cmhub_opens_page", default=False)


def set_visit(visit: Visit | None, *, opens_page: bool = False) -> None:
    """Bind the running event to its visit; the gate alone calls this."""
    _visit.set(visit)
    _opens_page.set(opens_page)


def opens_page() -> bool:
    """Whether the running event loads the page of the address: refused, there is no page."""
    return _opens_page.get()


def visit_of(info: SessionInfo, params: Mapping[str, object], address: str = "") -> Visit:
    """Return the visit of a route's ``agency_slug`` and ``workspace_slug``.

    What is not in the user's reach is not found, and so is left out; ``address`` is their IP.
    """
    slug = str(params.get("agency_slug", ""))
    agency = next((place for place in info.places if place.agency_slug == slug), None)
    if agency is None:
        return Visit(info)
    actor = actor_in(info, slug, address)
    try:
        place = find_place(info, slug, str(params.get("workspace_slug") or "/"))
    except NotFound:
        place = None
    return Visit(info, actor, agency, place)


def current_visit() -> Visit:
    """Return the visit of the running event; raise SignedOut when nobody is signed in."""
    visit = _visit.get()
    if visit is None:
        raise SignedOut
    return visit


def current_actor() -> Actor:
    """Return who acts, in the agency of the page's address.

    Raises:
        SignedOut: nobody is signed in.
        NotFound: the address names no agency of theirs.
    """
    actor = current_visit().actor
    if actor is None:
        raise NotFound
    return actor


def current_place() -> Place:
    """Return the workspace of the page's address; raise NotFound when it is not the user's."""
    place = current_visit().place
    if place is None:
        raise NotFound
    return place


def place() -> UUID:
    """The workspace of the page's address; raise NotFound when it is not the user's."""
    found = current_place().workspace_id
    assert found is not None
    return found
