"""A web server as a process of its own, and the CPU time that it has used."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, its address and its process."""

    url: str
    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds of user and system time so far, of the process and its children."""
        total = 0.0
        for one in (self.process, *self.process.children(recursive=True)):
            times = one.cpu_times()
            total += times.user + times.system
        return total


@contextmanager
def serving(
    target: str, log: Path, environment: Mapping[str, str], workers: int = 1
) -> Iterator[Server]:
    """Serve an ASGI factory by granian on a free port of localhost."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    url = f"http://localhost:{port}"
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory"]
    command += ["--workers", str(workers)]
    with log.open("wb") as written:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), target],
            cwd=ROOT,
            env={**os.environ, "CMHUB_BASE_URL": url, **environment},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(url, process, log)
        yield Server(url, port, psutil.Process(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"{url}/ping", timeout=2):
                return
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"The server did not start:\n{log.read_text(errors='replace')[-4000:]}")
