"""The client-server API of Matrix, as far as CMHub's connector and our tests use it.

Shapes and refusals are those of https://spec.matrix.org/v1.16/client-server-api/.
"""

import json
import re
from collections.abc import Awaitable, Callable
from time import monotonic
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cmhub.config import settings
from cmhub.sandbox.homeserver import making, views
from cmhub.sandbox.homeserver.rooms import Content, Refused, Room, not_found
from cmhub.sandbox.homeserver.server import Homeserver, homeserver
from cmhub.sandbox.homeserver.tokens import LIFETIME, Pair

BASE = "/sandbox/matrix"
_CLIENT = f"{BASE}/_matrix/client"
_BODY = 1 << 20
_LONGEST_WAIT = 30.0
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")

Answer = Content | Awaitable[Content]


class Call:
    """A request of somebody who is signed in, with the room of its address."""

    def __init__(self, request: Request, server: Homeserver, pair: Pair, body: Content) -> None:
        self.server, self.pair, self.body = server, pair, body
        self.path: dict[str, str] = dict(request.path_params)
        self.query: dict[str, str] = dict(request.query_params)

    @property
    def user(self) -> str:
        """Who asks."""
        return self.pair.user

    @property
    def room(self) -> Room:
        """The room that the address names."""
        return self.server.room(self.path["room"])

    def filter(self) -> Content:
        """Return the filter, written out or by the id that it was kept under."""
        given = self.query.get("filter", "{}")
        if not given.startswith("{"):
            if given not in self.server.filters:
                raise not_found("No such filter")
            return self.server.filters[given]
        try:
            return json.loads(given)
        except ValueError:
            raise Refused(400, "M_INVALID_PARAM", "The filter is not JSON") from None


def is_local(request: Request) -> bool:
    """Tell whether somebody at this machine asks, on an installation that nobody else uses."""
    client = request.client.host if request.client else ""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return settings().local and all(_LOOPBACK.fullmatch(name) for name in (client, host))


async def _answer(request: Request, work: Callable[[], Awaitable[Content]]) -> Response:
    if not is_local(request):
        return Response(status_code=404)
    try:
        return JSONResponse(await work())
    except Refused as refused:
        told = {"errcode": refused.code, "error": refused.message}
        return JSONResponse(told, status_code=refused.status)


async def _body(request: Request) -> Content:
    raw = await request.body()
    if len(raw) > _BODY:
        raise Refused(413, "M_TOO_LARGE", "body too large")
    try:
        found = json.loads(raw) if raw else {}
    except ValueError:
        raise Refused(400, "M_NOT_JSON", "Content not JSON") from None
    if not isinstance(found, dict):
        raise Refused(400, "M_BAD_JSON", "Content must be a JSON object")
    return found


def _open(handler: Callable[[Homeserver, Content], Content]) -> Callable[..., Awaitable[Response]]:
    """Make an endpoint that needs no token."""

    async def endpoint(request: Request) -> Response:
        async def work() -> Content:
            return handler(homeserver(), await _body(request))

        return await _answer(request, work)

    return endpoint


def _signed(handler: Callable[[Call], Answer]) -> Callable[..., Awaitable[Response]]:
    """Make an endpoint for who has a token."""

    async def endpoint(request: Request) -> Response:
        async def work() -> Content:
            body, server = await _body(request), homeserver()
            scheme, _, access = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not access:
                raise Refused(401, "M_MISSING_TOKEN", "Missing access token")
            found = handler(Call(request, server, server.who(access), body))
            return found if isinstance(found, dict) else await found

        return await _answer(request, work)

    return endpoint


def _well_known(server: Homeserver, body: Content) -> Content:
    return {"m.homeserver": {"base_url": settings().base_url + BASE}}


def _versions(server: Homeserver, body: Content) -> Content:
    return {"versions": ["v1.11", "v1.16"]}


def _flows(server: Homeserver, body: Content) -> Content:
    return {"flows": [{"type": "m.login.password"}]}


def _login(server: Homeserver, body: Content) -> Content:
    if body.get("type") != "m.login.password":
        raise Refused(400, "M_UNKNOWN", "Unknown login type")
    user = body.get("identifier", {}).get("user") or body.get("user", "")
    renewable = body.get("refresh_token") is True
    given = (str(user), str(body.get("password", "")), str(body.get("device_id", "")))
    pair = server.sign_in(*given, renewable=renewable)
    return {"user_id": pair.user, "device_id": pair.device, **_tokens(pair)}


def _refresh(server: Homeserver, body: Content) -> Content:
    return _tokens(server.renew(str(body.get("refresh_token", ""))))


def _tokens(pair: Pair) -> Content:
    if not pair.refresh:
        return {"access_token": pair.access}
    life = {"expires_in_ms": round(LIFETIME * 1000), "refresh_token": pair.refresh}
    return {"access_token": pair.access, **life}


def _logout(call: Call) -> Content:
    call.server.sign_out(call.pair)
    return {}


def _whoami(call: Call) -> Content:
    return {"user_id": call.user, "device_id": call.pair.device, "is_guest": False}


def _profile(call: Call) -> Content:
    found = call.server.users.get(call.path["user"])
    if found is None:
        raise not_found("No such profile")
    return {"displayname": found["name"]}


def _rename(call: Call) -> Content:
    if call.path["user"] != call.user:
        raise Refused(403, "M_FORBIDDEN", "Cannot set another user's name")
    call.server.rename(call.user, str(call.body.get("displayname", "")))
    return {}


def _keep_filter(call: Call) -> Content:
    return {"filter_id": call.server.keep_filter(call.body)}


async def _sync(call: Call) -> Content:
    chosen, server = call.filter(), call.server
    since = views.position_of(server, call.query["since"]) if "since" in call.query else None
    news = server.news()
    answer, found = views.sync(server, call.pair, since, chosen)
    left = min(int(call.query.get("timeout", "0")) / 1000, _LONGEST_WAIT)
    until = monotonic() + left
    while not found and since is not None and (left := until - monotonic()) > 0:
        await server.wait(news, left)
        news = server.news()
        answer, found = views.sync(server, call.pair, since, chosen)
    return answer


def _create(call: Call) -> Content:
    return {"room_id": making.create_room(call.server, call.user, call.body)}


def _join(call: Call) -> Content:
    return {"room_id": making.join(call.server, call.user, call.path["room"])}


def _leave(call: Call) -> Content:
    making.leave(call.server, call.user, call.room)
    return {}


def _invite(call: Call) -> Content:
    making.invite(call.server, call.user, call.room, str(call.body.get("user_id", "")))
    return {}


def _removal(action: str) -> Callable[[Call], Content]:
    def remove(call: Call) -> Content:
        about, reason = str(call.body.get("user_id", "")), str(call.body.get("reason", ""))
        making.remove(call.server, call.user, call.room, about, action, reason)
        return {}

    return remove


def _members(call: Call) -> Content:
    room = call.room
    room.require_joined(call.user)
    names = {user: room.content("m.room.member", user) for user in room.joined()}
    return {"joined": {user: {"display_name": c.get("displayname")} for user, c in names.items()}}


def _messages(call: Call) -> Content:
    if call.query.get("dir") != "b":
        raise Refused(400, "M_INVALID_PARAM", "Only backwards")
    return views.messages(call.server, call.pair, call.room, call.query, call.filter())


def _send(call: Call) -> Content:
    room, kind, key = call.room, call.path["kind"], call.path["key"]
    known = call.server.sent(call.pair.device, room.id, kind, key)
    if known is None:
        room.require_to_send(call.user, kind, False, call.body)
        device = call.pair.device
        known = call.server.put(room.id, call.user, kind, call.body, device=device, key=key)
    return {"event_id": known}


def _redact(call: Call) -> Content:
    room, target, key = call.room, call.path["event"], call.path["key"]
    kind, device = "m.room.redaction", call.pair.device
    known = call.server.sent(device, room.id, kind, key)
    if known is not None:
        return {"event_id": known}
    room.require_to_send(call.user, kind, False, call.body)
    if target not in room.by_id:
        raise not_found("Could not find event")
    if room.by_id[target].sender != call.user:
        room.require(call.user, "redact")
    content = {**call.body, "redacts": target}
    sent = call.server.put(
        room.id, call.user, kind, content, redacts=target, device=device, key=key
    )
    return {"event_id": sent}


def _event(call: Call) -> Content:
    room = call.room
    room.require_joined(call.user)
    if call.path["event"] not in room.by_id:
        raise not_found("Event not found")
    return room.by_id[call.path["event"]].shown(call.pair.device)


def _state(call: Call) -> Content:
    room = call.room
    if room.membership(call.user) in {"", "invite"}:
        raise Refused(403, "M_FORBIDDEN", f"User {call.user} not in room {room.id}")
    found = room.state.get((call.path["kind"], call.path.get("key", "")))
    if found is None:
        raise not_found("Event not found")
    return found.shown() if call.query.get("format") == "event" else found.content


def _set_state(call: Call) -> Content:
    room, kind = call.room, call.path["kind"]
    if kind == "m.room.member":
        raise Refused(403, "M_FORBIDDEN", "Use the endpoints of membership")
    room.require_to_send(call.user, kind, True, call.body)
    key = call.path.get("key", "")
    return {"event_id": call.server.put(room.id, call.user, kind, call.body, state_key=key)}


async def _unrecognised(request: Request) -> Response:
    async def work() -> Content:
        raise Refused(404, "M_UNRECOGNIZED", "Unrecognized request")

    return await _answer(request, work)


def _at(method: str, path: str, handler: Callable[[Call], Answer]) -> Route:
    return Route(f"{_CLIENT}/v3/{path}", _signed(handler), methods=[method])


_ROOM = "rooms/{room}"
routes: list[BaseRoute] = [
    Route("/.well-known/matrix/client", _open(_well_known), methods=["GET"]),
    Route(f"{_CLIENT}/versions", _open(_versions), methods=["GET"]),
    Route(f"{_CLIENT}/v3/login", _open(_flows), methods=["GET"]),
    Route(f"{_CLIENT}/v3/login", _open(_login), methods=["POST"]),
    Route(f"{_CLIENT}/v3/refresh", _open(_refresh), methods=["POST"]),
    _at("POST", "logout", _logout),
    _at("GET", "account/whoami", _whoami),
    _at("GET", "profile/{user}", _profile),
    _at("PUT", "profile/{user}/displayname", _rename),
    _at("POST", "user/{user}/filter", _keep_filter),
    _at("GET", "sync", _sync),
    _at("POST", "createRoom", _create),
    _at("POST", "join/{room}", _join),
    _at("POST", f"{_ROOM}/leave", _leave),
    _at("POST", f"{_ROOM}/invite", _invite),
    *(_at("POST", f"{_ROOM}/{action}", _removal(action)) for action in ("kick", "ban", "unban")),
    _at("GET", f"{_ROOM}/joined_members", _members),
    _at("GET", f"{_ROOM}/messages", _messages),
    _at("PUT", f"{_ROOM}/send/{{kind}}/{{key}}", _send),
    _at("PUT", f"{_ROOM}/redact/{{event}}/{{key}}", _redact),
    _at("GET", f"{_ROOM}/event/{{event}}", _event),
    _at("GET", f"{_ROOM}/state/{{kind}}/{{key}}", _state),
    _at("GET", f"{_ROOM}/state/{{kind}}/", _state),
    _at("GET", f"{_ROOM}/state/{{kind}}", _state),
    _at("PUT", f"{_ROOM}/state/{{kind}}/{{key}}", _set_state),
    _at("PUT", f"{_ROOM}/state/{{kind}}/", _set_state),
    _at("PUT", f"{_ROOM}/state/{{kind}}", _set_state),
    Route(f"{BASE}/{{rest:path}}", _unrecognised),
]
