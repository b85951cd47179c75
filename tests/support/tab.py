"""A browser's tab as an attacker writes it: the websocket's own words, and nothing of a page."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from simple_websocket import Client, ConnectionClosed

_SPACE = "/_event"


@dataclass
class Tab:
    """A connected websocket with a tab's token; ``cookie`` is the raw header, if any."""

    url: str
    cookie: str = ""
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    origin: str = ""
    path: str = "/"
    params: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        headers = {"Origin": self.origin or self.url}
        if self.cookie:
            headers["Cookie"] = self.cookie
        address = self.url.replace("http", "ws", 1)
        query = f"EIO=4&transport=websocket&token={self.token}"
        self._socket = Client(f"{address}/_event/?{query}", headers=list(headers.items()))  # pyright: ignore[reportArgumentType]  # text it encodes itself
        # Asked before the greeting is read: one that came with the handshake is only seen then.
        self._socket.send(f"40{_SPACE},{{}}")
        self._expect("0")
        self._expect(f"40{_SPACE}")

    def _expect(self, beginning: str) -> None:
        heard = ""
        while not heard.startswith(beginning):
            heard = str(self._socket.receive(timeout=10) or "")
            assert heard, f"nothing that begins with {beginning} came"

    def send(self, name: str, payload: dict[str, Any] | None = None) -> None:
        """Send an event by the handler's full name."""
        event = {
            "name": name,
            "payload": payload or {},
            "router_data": {"pathname": self.path, "asPath": self.path, "query": self.params},
        }
        self._socket.send(f"42{_SPACE},{json.dumps(['event', event])}")

    def updates(self, quiet: float = 0.7, then: float | None = None) -> list[dict[str, Any]]:
        """Everything the server sends until it has been quiet for that many seconds.

        ``then`` is how long it must be quiet after the first answer, when that is shorter.
        """
        found: list[dict[str, Any]] = []
        while True:
            try:
                heard = self._socket.receive(timeout=then if found and then else quiet)
            except ConnectionClosed:
                return found
            if heard is None:
                return found
            words = str(heard)
            if words == "2":
                self._socket.send("3")
            elif words.startswith(f"42{_SPACE},"):
                name, *given = json.loads(words.removeprefix(f"42{_SPACE},"))
                if name == "event":
                    found.append(given[0])

    def ask(self, name: str, payload: dict[str, Any] | None = None) -> str:
        """Send an event and return all that came back, as text to search in."""
        self.send(name, payload)
        return json.dumps(self.updates(quiet=1, then=0.25))

    def close(self) -> None:
        """Close the websocket."""
        self._socket.close()
