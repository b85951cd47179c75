"""Who clicks on a filter: in a tab of the application, and on a page of plain HTML."""

import http.client
import json
import secrets
from collections.abc import Mapping

from simple_websocket import Client

from bench.parts.million import Filled
from bench.parts.server import Server

_SPACE = "/_event"
_STATE = "reflex___state____state"
_OPEN = f"{_STATE}.hydrate_and_load"
_NAVIGATE = f"{_STATE}.reflex___state____on_load_internal_state.on_load_internal"


class ReflexVisitor:
    """A tab: its websocket, and the events that its links send."""

    def __init__(self, server: Server, filled: Filled, token: str) -> None:
        self._path = f"/w/{filled.agency_slug}/{filled.workspace_slug}/inbox/"
        self._slugs = {
            "agency_slug": filled.agency_slug,
            "workspace_slug": filled.workspace_slug,
        }
        address = server.url.replace("http", "ws", 1)
        headers = [("Origin", server.url), ("Cookie", f"cmhub_session={token}")]
        query = f"EIO=4&transport=websocket&token={secrets.token_hex(16)}"
        self._socket = Client(f"{address}/_event/?{query}", headers=headers)  # pyright: ignore[reportArgumentType]  # text it encodes itself
        self._socket.send(f"40{_SPACE},{{}}")
        self.bytes = 0
        # What stays as it is is not sent, so no click may ask for what is shown already.
        self._send(_OPEN, {"state": "done", "channel": str(filled.channels[-1])})
        self._until_shown()

    def _send(self, name: str, query: Mapping[str, str]) -> None:
        words = "&".join(f"{key}={value}" for key, value in query.items())
        event = {
            "name": name,
            "payload": {},
            "router_data": {
                "pathname": self._path,
                "asPath": f"{self._path}?{words}" if words else self._path,
                "query": {**self._slugs, **query},
            },
        }
        self._socket.send(f"42{_SPACE},{json.dumps(['event', event])}")

    def _until_shown(self) -> None:
        """Read until the rows have come."""
        heard = ""
        while '"rows_rx_state_":[{' not in heard:
            heard = str(self._socket.receive(timeout=20) or "")
            self.bytes += len(heard)
            if not heard:
                raise RuntimeError("no rows came")
            if heard == "2":
                self._socket.send("3")

    def click(self, query: Mapping[str, str]) -> None:
        """Follow a link of the filter and wait for the rows."""
        self._send(_NAVIGATE, query)
        self._until_shown()

    def close(self) -> None:
        self._socket.close()


class JinjaVisitor:
    """A browser on the plain page: one connection that stays open."""

    def __init__(self, server: Server, filled: Filled, token: str) -> None:
        self._path = f"/w/{filled.agency_slug}/{filled.workspace_slug}/inbox/"
        self._cookie = {"Cookie": f"cmhub_session={token}"}
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        self.bytes = 0
        self.click({"state": "open"})

    def click(self, query: Mapping[str, str]) -> None:
        """Follow a link of the filter and read the page."""
        words = "&".join(f"{key}={value}" for key, value in query.items())
        self._connection.request("GET", f"{self._path}?{words}", headers=self._cookie)
        answer = self._connection.getresponse()
        page = answer.read()
        self.bytes += len(page)
        if answer.status != http.client.OK or page.count(b'class="row"') == 0:
            raise RuntimeError(f"no rows came: {answer.status} {page[:500]!r}")

    def close(self) -> None:
        self._connection.close()
