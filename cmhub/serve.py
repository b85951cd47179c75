"""CMHub by one command: database, web processes, and a worker that is looked after.

Everything ends with the process that was started: in good order when it is asked to stop, and
within a second when it is killed. Only the embedded database may stay, for the next start.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from typing import Any

import psycopg
from granian._internal import load_target  # it has no public name
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from cmhub import embedded, frontend, logs
from cmhub.config import export_environment, settings
from cmhub.db import refuse_powerful_role
from cmhub.errors import NotReady

TARGET = "cmhub.cmhub:app"

_GRACE = 10  # seconds to finish what was begun
_OVERLAP = 6.0  # seconds in which an old web process goes on beside its successor
_GLANCE = 0.25  # seconds between looks at another process
_FIRST_PAUSE = 0.5  # seconds before something that died is started again; doubled each time
_LONGEST_PAUSE = 30.0
_SETTLED = 60.0  # seconds after which a worker's death is a new story
_REFLEX = {
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "__REFLEX_SKIP_COMPILE": "true",
    "REFLEX_ENV_MODE": "prod",
    # Of several processes the one with the page's websocket keeps its state between events, and
    # gives it up when another asks: two thirds of the CPU of an event, see bench/tabs.py.
    "REFLEX_OPLOCK_ENABLED": "true",
}
# Its own handlers would write beside ours, in another form.
_GRANIAN_LOGS: dict[str, Any] = {
    "formatters": {},
    "handlers": {},
    "loggers": {name: {"propagate": True} for name in ("_granian", "granian.access")},
}
_log = logging.getLogger(__name__)


def serve(host: str, port: int, workers: int, *, with_worker: bool | None = None) -> None:
    """Serve until asked to stop; SIGHUP replaces the processes one after the other.

    Args:
        host: the address to listen at.
        port: the port to listen at.
        workers: how many web processes; more than one needs Redis.
        with_worker: whether to run the jobs too; by default with the embedded database.

    Raises:
        NotReady: the front end, Redis or the port is missing.
        WrongRole: the database's role could see every agency.
        EmbeddedDatabaseError: the embedded database does not start.
    """
    _require(host, port, workers)
    _prepare_environment(port)
    with ExitStack() as beside:
        beside.enter_context(_figures_together())
        if settings().embedded:
            cluster = embedded.start(settings().data_dir)
            beside.enter_context(kept_running(cluster))
        asyncio.run(refuse_powerful_role())
        renew: list[Callable[[], None]] = []
        if settings().embedded if with_worker is None else with_worker:
            worker = [sys.executable, "-m", "cmhub", "worker", "--parent", str(os.getpid())]
            renew.append(beside.enter_context(kept_alive(worker)))
        print(f"CMHub: {_address(port)} (listening at {host}:{port}; Ctrl-C stops it)", flush=True)
        _serve_web(host, port, workers, renew)


def _require(host: str, port: int, workers: int) -> None:
    if not (frontend.BUILT / "index.html").is_file():
        raise NotReady("front_end")
    if workers > 1 and settings().redis_url is None:
        raise NotReady("redis")
    # The web processes share the port, and so would those of another server.
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as fault:
            raise NotReady("port", port=port, fault=fault.strerror or "") from None


def _address(port: int) -> str:
    if "base_url" in settings().model_fields_set:
        return settings().base_url
    return f"http://localhost:{port}"


def _prepare_environment(port: int) -> None:
    export_environment({**_REFLEX, "CMHUB_BASE_URL": _address(port)})


@contextmanager
def _figures_together() -> Generator[None]:
    """Give the web processes and the worker one folder for what they count."""
    with tempfile.TemporaryDirectory(prefix="cmhub-figures-") as folder:
        export_environment({"PROMETHEUS_MULTIPROC_DIR": folder})
        yield


def _serve_web(host: str, port: int, workers: int, renew: Sequence[Callable[[], None]]) -> None:
    # A fork would inherit the threads' locks and everybody's descriptors.
    multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        TARGET,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        factory=True,
        respawn_failed_workers=True,
        respawn_interval=_OVERLAP,
        workers_kill_timeout=_GRACE,
        log_level=LogLevels.warning,
        log_dictconfig=_GRANIAN_LOGS,
    )
    for one in renew:
        server.on_reload(one)
    server.serve(target_loader=_load)


def _load(target: str) -> Callable[..., Any]:
    """Load the application in a web process, which is to end with the main one."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with(parent.pid)
    logs.configure()
    return load_target(target, factory=True)


def end_with(parent: int) -> None:
    """Stop this process, as by SIGTERM, when its parent is gone; at once if it is already."""
    threading.Thread(target=_watch, args=(parent,), name="end-with-parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_GLANCE)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def _beside(work: Callable[[threading.Event], None]) -> Generator[None]:
    stopping = threading.Event()
    thread = threading.Thread(target=work, args=(stopping,), name="beside")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def kept_running(cluster: embedded.Cluster) -> AbstractContextManager[None]:
    """Start the embedded database again whenever it dies during the block."""
    return _beside(partial(_keep_running, cluster))


def _keep_running(cluster: embedded.Cluster, stopping: threading.Event) -> None:
    pause = _FIRST_PAUSE
    while not stopping.wait(_GLANCE):
        if cluster.is_running():
            continue
        _log.error("the embedded database has died; it starts again")
        try:
            embedded.start(cluster.folder)
        # One that dies while it is entered is as good a reason to try again as one that does not
        # start; whoever looks after it must not end.
        except (embedded.EmbeddedDatabaseError, psycopg.Error, OSError) as fault:
            _log.error("the embedded database: %s", fault)
            stopping.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        else:
            pause = _FIRST_PAUSE


@contextmanager
def kept_alive(command: Sequence[str]) -> Generator[Callable[[], None]]:
    """Run a command beside the block, again whenever it ends, and stop it with the block.

    What is yielded ends it in good order and starts it anew.
    """
    renewing = threading.Event()
    with _beside(partial(_keep, command, renewing)):
        yield renewing.set


def _keep(command: Sequence[str], renewing: threading.Event, stopping: threading.Event) -> None:
    pause = _FIRST_PAUSE
    while not stopping.is_set():
        began = time.monotonic()
        code = _run(command, renewing, stopping)
        if code is None:
            continue
        settled = time.monotonic() - began > _SETTLED
        pause = _FIRST_PAUSE if settled else min(pause * 2, _LONGEST_PAUSE)
        _log.error("the worker ended with code %s; it starts again in %s s", code, pause)
        stopping.wait(pause)


def _run(
    command: Sequence[str], renewing: threading.Event, stopping: threading.Event
) -> int | None:
    """Run a command to its end and return its code, or None when it was asked to end."""
    # In a session of its own Ctrl-C does not reach it twice.
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as process:
        while not stopping.wait(_GLANCE) and not renewing.is_set():
            if (code := process.poll()) is not None:
                return code
        renewing.clear()
        process.terminate()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
    return None
