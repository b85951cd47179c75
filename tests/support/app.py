"""The application as users meet it: a server process on the built front end."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
_SERVING = {
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "__REFLEX_SKIP_COMPILE": "true",
    "REFLEX_ENV_MODE": "prod",
}
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class RunningApp:
    """A server: its address, its process, and the file that its log goes to."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def logged(self) -> str:
        """What the server wrote so far."""
        return self.log.read_text(errors="replace")


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running_app(
    folder: Path,
    environment: Mapping[str, str],
    root: Path = ROOT,
    target: str = "cmhub.cmhub:app",
) -> Iterator[RunningApp]:
    """Serve the prebuilt front end of ``root`` and the back end on a free port of localhost."""
    port = free_port()
    url = f"http://localhost:{port}"
    log = folder / f"server-{port}.log"
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory"]
    with log.open("wb") as written:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), target],
            cwd=root,
            env={**os.environ, **_SERVING, "CMHUB_BASE_URL": url, **environment},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    running = RunningApp(url, process, log)
    try:
        _wait(running)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait(running: RunningApp) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if running.process.poll() is not None:
            break
        try:
            with urlopen(f"{running.url}/ping", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"The server did not start:\n{running.logged()[-4000:]}")
