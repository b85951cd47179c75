"""A running stand-in, used the way the tests use a real homeserver."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.app import ROOT, free_port
from tests.support.synapse import Member

BASE = "/sandbox/matrix"


@dataclass
class RunningStandIn:
    """The process; ``url`` is what a person would type to connect."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    port: int = field(default_factory=free_port)

    def start(self) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory"]
        self.log = self.folder / f"stand-in-{self.port}.log"
        own = {"CMHUB_DATA_DIR": str(self.folder), "CMHUB_BASE_URL": self.url}
        with self.log.open("ab") as written:
            self.process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self.port), _TARGET],
                cwd=ROOT,
                env={**os.environ, **own, **self.environment},
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.http = httpx.Client(base_url=self.url + BASE, timeout=30, trust_env=False)
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.http.get("/_matrix/client/versions")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.log.read_text())

    def kill(self) -> None:
        """End it without a word, as ``kill -9`` does."""
        self.http.close()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def authority(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address."""
        return f"http://{self.authority}"

    def register(self, user: str, password: str) -> Member:
        """Make an account and return a client that is signed in."""
        body = {"user": user, "password": password}
        with httpx.Client(trust_env=False) as plain:
            made = plain.post(f"{self.url}/register", json=body).json()
        return Member(made["user_id"], password, made["access_token"], self.http)


_TARGET = "tests.sandbox.served:app"
