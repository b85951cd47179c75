"""Two hundred open tabs with one event a second each, for a minute.

CMHub in two web processes over Redis, beside CMHub in one process in memory, beside a page of
Starlette and Jinja that shows the same rows to as many visitors. What is compared is the CPU time
of the web processes for an event; faults must not happen at all.
"""

import argparse
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import redis

from bench.parts.database import fresh_database
from bench.parts.million import Filled, fill
from bench.parts.server import ROOT, Server, serving
from bench.parts.visitors import JinjaVisitor, ReflexVisitor
from cmhub.services.inbox import STATES

_REFLEX = {
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "__REFLEX_SKIP_COMPILE": "true",
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_OPLOCK_ENABLED": "true",
}
_USERS = 25
_DRIVERS = 8

Visitor = ReflexVisitor | JinjaVisitor
Open = Callable[[Server, Filled, str], Visitor]


@dataclass(frozen=True, slots=True)
class Way:
    """A way of serving, and who visits it."""

    name: str
    target: str
    environment: Mapping[str, str]
    workers: int
    opened: Open


@dataclass(slots=True)
class Load:
    """What the visitors met: seconds of each answer, and faults."""

    seconds: list[float] = field(default_factory=list[float])
    faults: list[str] = field(default_factory=list[str])
    cpu: float = 0.0

    @property
    def cost(self) -> float:
        """Milliseconds of the server's CPU for an event."""
        return 1000 * self.cpu / max(1, len(self.seconds))


def drive(visitors: Sequence[Visitor], load: Load, lasting: float) -> None:
    """Have each visitor click once a second, evenly spread, for as long as it lasts."""
    began = time.monotonic()
    turn = 0
    while time.monotonic() < began + lasting:
        for number, visitor in enumerate(visitors):
            due = began + turn + number / len(visitors)
            time.sleep(max(0.0, due - time.monotonic()))
            asked = time.monotonic()
            try:
                visitor.click({"state": STATES[turn % len(STATES)]})
            except Exception as fault:  # noqa: BLE001  # whatever it is, it is counted
                load.faults.append(f"{type(fault).__name__}: {fault}"[:200])
            else:
                load.seconds.append(time.monotonic() - asked)
        turn += 1


def measure(server: Server, filled: Filled, opened: Open, tabs: int, lasting: float) -> Load:
    """Open the tabs, let them settle, and measure while they click."""
    tokens = filled.tokens
    visitors = [opened(server, filled, tokens[n % len(tokens)]) for n in range(tabs)]
    load = Load()
    drive(visitors[:: max(1, tabs // 20)], Load(), 1)
    before = server.cpu()
    drivers = [
        threading.Thread(target=drive, args=(visitors[n::_DRIVERS], load, lasting))
        for n in range(_DRIVERS)
    ]
    for one in drivers:
        one.start()
    for one in drivers:
        one.join()
    load.cpu = server.cpu() - before
    for one in visitors:
        one.close()
    return load


def report(name: str, load: Load, plain: float | None) -> None:
    """Print what a way of serving cost and how quickly it answered."""
    times = quantiles(load.seconds, n=20) if len(load.seconds) > 20 else [0.0] * 19
    ratio = "" if plain is None else f", {load.cost / plain:.2f} times the plain page"
    print(
        f"  {name}: {load.cost:.2f} ms of CPU an event{ratio}; answered in"
        f" {1000 * median(load.seconds or [0]):.0f} ms, 95 % within {1000 * times[18]:.0f} ms;"
        f" {len(load.seconds):,} events, {len(load.faults)} faults"
    )
    for fault in load.faults[:3]:
        print(f"    {fault}")


def ways(address: str, *, shared: bool) -> list[Way]:
    """The ways of serving, the baseline first."""
    found: list[Way] = [
        Way("Starlette + Jinja, one process", "bench.parts.jinja_page:app", {}, 1, JinjaVisitor),
        Way("CMHub, one process", "cmhub.cmhub:app", _REFLEX, 1, ReflexVisitor),
    ]
    if shared:
        over = {**_REFLEX, "CMHUB_REDIS_URL": address}
        found.append(
            Way("CMHub, two processes over Redis", "cmhub.cmhub:app", over, 2, ReflexVisitor)
        )
    return found


def reaches(address: str) -> bool:
    """Whether a Redis answers there."""
    try:
        return bool(redis.from_url(address, socket_timeout=2).ping())
    except redis.RedisError:
        return False


def main() -> None:
    """Measure, and fail when anybody met a fault."""
    parser = argparse.ArgumentParser(description="Many tabs on two web processes with Redis.")
    parser.add_argument("--tabs", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", type=int, default=20_000, help="of five messages")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/7")
    given = parser.parse_args()
    if not (ROOT / ".web" / "build" / "client" / "index.html").is_file():
        raise SystemExit("the front end is not built: make setup")
    shared = reaches(given.redis)
    with fresh_database() as cluster, TemporaryDirectory() as folder:
        filled = fill(cluster, users=_USERS, threads=given.threads)
        runs: list[tuple[str, Load]] = []
        for way in ways(given.redis, shared=shared):
            log = Path(folder) / "server.log"
            with serving(way.target, log, way.environment, way.workers) as server:
                load = measure(server, filled, way.opened, given.tabs, given.seconds)
            runs.append((way.name, load))
    print(f"{given.tabs} tabs, one event a second each, for {given.seconds:.0f} s:")
    plain = runs[0][1].cost
    for name, load in runs:
        report(name, load, None if load is runs[0][1] else plain)
    if not shared:
        print(f"  no Redis at {given.redis}: two processes were not measured")
    if any(load.faults for _, load in runs):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
