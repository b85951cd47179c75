"""CMHub as a host starts it: `cmhub serve`, with its embedded database and its worker."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.app import ROOT, free_port
from tests.support.folders import open_folder

_PATIENCE = 60.0


@dataclass(slots=True)
class Served:
    """A served CMHub: its address, its data folder and how to call its command line."""

    url: str
    folder: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] = field(repr=False)

    def cmhub(self, *arguments: str) -> str:
        """Run a command of the command line beside it and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "cmhub", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a command of the command line beside it."""
        return subprocess.Popen(
            [sys.executable, "-m", "cmhub", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def crew(self, command: str, **given: object) -> dict[str, Any]:
        """Have somebody of its agency do something, see ``tests.support.crew``."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.crew", command],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def logged(self) -> str:
        """What it wrote so far."""
        return (self.folder / "served.log").read_text(errors="replace")

    def pids(self, *words: str) -> list[int]:
        """Processes of this installation whose command line holds all the words."""
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            ours = f"CMHUB_DATA_DIR={self.folder}".encode() in environment
            if (ours or str(self.folder) in command) and all(word in command for word in words):
                found.append(int(entry.name))
        return found

    def kill(self, *words: str) -> int:
        """End processes of this installation as a crash would, and say how many."""
        killed = 0
        for pid in self.pids(*words):
            try:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                continue
        return killed

    def kill_worker(self) -> int:
        """End the worker as a crash would."""
        return self.kill("cmhub worker")

    def kill_web(self) -> int:
        """End the web processes as a crash would."""
        return self.kill("spawn_main")

    def kill_database(self) -> int:
        """End the database's own process as a crash would; those of its clients follow it."""
        return self.kill("bin/postgres", "-D")


@contextmanager
def served(
    allowed: str,
    folder: Path | None = None,
    *,
    demo: bool = False,
    workers: int = 1,
    **environment: str,
) -> Generator[Served]:
    """Migrate and serve in a fresh folder; ``allowed`` are addresses that requests may reach.

    With ``demo`` the demo's agencies are made first.
    """
    with open_folder() as fresh:
        place = folder or fresh
        port = free_port()
        url = f"http://localhost:{port}"
        settings = {
            "CMHUB_DATA_DIR": str(place),
            "CMHUB_BASE_URL": url,
            "CMHUB_ALLOWED_ADDRESSES": allowed,
            **environment,
        }
        for command in ("migrate", "demo") if demo else ("migrate",):
            _run(settings, command)
        one = _start(url, place, settings, port, workers)
        try:
            wait_for(one)
            yield one
        finally:
            print(one.logged()[-6000:])
            one.process.terminate()
            try:
                one.process.wait(20)
            except subprocess.TimeoutExpired:
                one.process.kill()
                one.process.wait(10)


def _run(environment: Mapping[str, str], command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cmhub", command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _start(
    url: str, folder: Path, environment: Mapping[str, str], port: int, workers: int
) -> Served:
    whole = {**os.environ, **environment}
    command = [sys.executable, "-m", "cmhub"]
    folder.mkdir(exist_ok=True)
    with (folder / "served.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "serve", "--port", str(port), "--workers", str(workers)],
            cwd=ROOT,
            env=whole,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return Served(url, folder, environment, process)


def wait_for(one: Served) -> None:
    """Wait until it answers; raise AssertionError with its log when it does not."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and one.process.poll() is None:
        try:
            with urlopen(f"{one.url}/readyz", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"CMHub did not start:\n{one.logged()[-4000:]}")
