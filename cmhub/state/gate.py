"""The gate: nothing runs before it has seen who asks and found that they may.

Every public method of a State is a remote endpoint. Before any event the gate finds the
handler's mark and refuses whatever has none; resolves the session's cookie anew; drops the state
of a tab that comes back under another cookie; and limits how many events one may send.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote

from reflex.app import App
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, OnLoadInternalState, State, StateUpdate
from reflex_base.registry import RegistrationContext

from cmhub.actor import Permission
from cmhub.config import settings
from cmhub.errors import CMHubError, NotFound, SignedOut
from cmhub.services.sessions import SessionInfo
from cmhub.state.base import SessionState
from cmhub.state.ending import SIGNED_IN
from cmhub.state.limits import EventLimit
from cmhub.state.live import TABS
from cmhub.state.marks import Mark, mark_of
from cmhub.state.visit import Visit, opens_page, set_visit, visit_of

SIGN_IN = "/auth/sign-in/"
Resolve = Callable[[str], Awaitable[SessionInfo | None]]
# What Reflex itself sends when a tab opens or changes page. Page loads arrive as events of their
# own and are judged by their own marks.
_OPENING = frozenset(
    f"{state.get_full_name()}.{name}"
    for state, name in (
        (State, "hydrate"),
        (State, "hydrate_and_load"),
        (State, "set_is_hydrated"),
        (OnLoadInternalState, "on_load_internal"),
        (OnLoadInternalState, "set_is_hydrated"),
    )
)

# Of these, what an open tab sends when its address changes. They show nothing and do nothing but
# call the page's loads, which look at the session themselves.
_TURN = f"{OnLoadInternalState.get_full_name()}.on_load_internal"
_TURNED = f"{OnLoadInternalState.get_full_name()}.set_is_hydrated"


class Refused(CMHubError):
    """The event names nothing that a browser may call."""

    code = "refused"


class TooFast(CMHubError):
    """More events than a person can send."""

    code = "too_fast"


def session_cookie(router_data: Mapping[str, Any]) -> str:
    """Return the session's cookie as it came when the websocket opened, or an empty string."""
    raw = router_data.get("headers", {}).get("cookie", "")
    try:
        found = SimpleCookie(raw).get(settings().session_cookie)
    except CookieError:
        return ""
    return found.value if found else ""


class Gate(Middleware):
    """Deny by default, before every event."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._sessions = EventLimit(burst=120, rate=40)
        self._tabs = EventLimit(burst=40, rate=15)

    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:
        """Return nothing when the event may run, else the refusal for the browser."""
        set_visit(None)
        root = state._get_root_state()
        cookie = session_cookie(root.router_data)
        shell = await root.get_state(SessionState)
        await _bind(root, shell, cookie)
        if event.name in _OPENING and not event.name.endswith(".set_is_hydrated"):
            shell.door = ""
            shell._refuse_page(None)  # that one comes after the page's loads
        opens = event.name in _loads(app, root)
        set_visit(None, opens_page=opens)
        try:
            self._limit(root.router_data, cookie)
            if event.name in (_TURN, _TURNED):
                return await _turn(app, root, event.name)
            visit = await self._visit(root.router_data, cookie)
            shell._show(visit)
            tab = str(root.router_data.get("token", ""))
            TABS.place(tab, visit)
            SIGNED_IN.place(tab, visit)
            _judge(event.name, visit)
        except CMHubError as refusal:
            return await _refuse(root, shell, refusal)
        set_visit(visit, opens_page=opens)
        return None

    def _limit(self, router_data: Mapping[str, Any], cookie: str) -> None:
        session = _digest(cookie) if cookie else f"address {router_data.get('ip', '')}"
        tab = str(router_data.get("token", ""))
        if not (self._tabs.take(tab) and self._sessions.take(session)):
            raise TooFast

    async def _visit(self, router_data: Mapping[str, Any], cookie: str) -> Visit | None:
        info = await self._resolve(cookie) if cookie else None
        if info is None:
            return None
        return visit_of(info, router_data.get("query", {}), str(router_data.get("ip", "")))


def _loads(app: App, root: BaseState) -> set[str]:
    """The names of the handlers that load the page of the address."""
    loads = app.get_load_events(root.rx_router_url.path) if isinstance(root, State) else []
    return {each.name for each in Event.from_event_type(loads)}


def _judge(name: str, visit: Visit | None) -> None:
    if name in _OPENING:
        return
    mark = _mark(name)
    if not mark.session:
        return
    if visit is None:
        raise SignedOut
    if mark.permission is not None:
        _permit(mark.permission, visit, somewhere=mark.somewhere)


def _mark(name: str) -> Mark:
    registered = RegistrationContext.get().event_handlers.get(name)
    mark = mark_of(registered.handler.fn) if registered else None
    if mark is None:
        raise Refused
    return mark


def _permit(permission: Permission, visit: Visit, *, somewhere: bool) -> None:
    if visit.actor is None:
        raise NotFound
    if somewhere:
        visit.actor.require_somewhere(permission)
    elif visit.place is None:
        visit.actor.require(permission)
    else:
        visit.actor.require(permission, visit.place.workspace_id)


async def _bind(root: BaseState, shell: SessionState, cookie: str) -> None:
    """Drop everything the tab's state holds when it was made for another cookie."""
    wanted = _digest(cookie)
    if shell._cookie == wanted:
        return
    if shell._cookie:
        for kind in _substates(type(root)):
            await root.get_state(kind)
        root.reset()
    shell._cookie = wanted


def _substates(kind: type[BaseState]) -> list[type[BaseState]]:
    found: list[type[BaseState]] = []
    for each in kind.get_substates():
        found.extend([each, *_substates(each)])
    return found


async def _turn(app: App, root: BaseState, name: str) -> StateUpdate | None:
    """Call the loads of a tab's new address in one step, without hiding what it shows meanwhile."""
    loads = app.get_load_events(root.rx_router_url.path) if name == _TURN else []
    if not (loads and isinstance(root, State) and root.is_hydrated):
        return None
    # The browser puts it to false when the address changes, and must hear of it.
    root.is_hydrated = True
    delta = await root._get_resolved_delta()
    root._clean()
    return StateUpdate(delta=delta, events=Event.from_event_type(loads))


async def _refuse(root: BaseState, shell: SessionState, refusal: CMHubError) -> StateUpdate:
    """Answer with the notice, and send whoever is signed out to the door."""
    if opens_page() or shell.notice.key != refusal.key:
        shell._tell_error(refusal)
    if isinstance(refusal, SignedOut):
        here = str(root.router_data.get("asPath") or "/")
        shell.door = f"{SIGN_IN}?next={quote(here, safe='/')}"
    delta = await root._get_resolved_delta()
    root._clean()
    return StateUpdate(delta=delta)


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
