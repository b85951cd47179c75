"""What a process measures of itself: counts and durations for Prometheus, spans for OpenTelemetry.

Names and numbers only: no addresses of pages, no ids of users, nothing that anybody wrote.
"""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from cmhub.config import shared_figures

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
_AREAS = frozenset(
    ["a", "api", "auth", "files", "hooks", "me", "oauth", "p", "sandbox", "start", "w", "_event"]
)
_EVENT = "reflex.event.name"

REQUESTS = Histogram(
    "cmhub_request_seconds",
    "HTTP requests, by the first part of the address, until the answer was whole.",
    ["area", "method", "status"],
    buckets=_SECONDS,
)
EVENTS = Histogram(
    "cmhub_event_seconds",
    "Events of open pages, by handler, until the handler ended.",
    ["handler", "outcome"],
    buckets=_SECONDS,
)
JOBS = Histogram(
    "cmhub_job_seconds",
    "Jobs of the worker, by kind: done, tried again, or failed for good.",
    ["kind", "outcome"],
    buckets=_SECONDS,
)
OUTGOING = Counter(
    "cmhub_outgoing_requests",
    "Requests to networks and other services, by status or by what kept them from an answer.",
    ["outcome"],
)
TABS = Gauge(
    "cmhub_tabs",
    "Open pages that show a workspace.",
    multiprocess_mode="livesum",
)


@contextmanager
def span(name: str, **attributes: str | int | float | bool) -> Generator[None]:
    """Note how long a step takes, as a part of what it belongs to; costs nothing untraced."""
    with trace.get_tracer("cmhub").start_as_current_span(name, attributes=attributes):
        yield


def trace_ids() -> Mapping[str, str]:
    """What a line of the log says of the trace that it belongs to; empty when there is none."""
    found = trace.get_current_span().get_span_context()
    return {"trace": format(found.trace_id, "032x")} if found.is_valid else {}


def note_request(method: str, path: str, status: int, seconds: float) -> None:
    """Count one answered request; addresses that nobody foresaw are counted as one."""
    first = path.lstrip("/").split("/", 1)[0]
    known = method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "other"
    area = first if first in _AREAS else "other"
    REQUESTS.labels(area, known, f"{status // 100}xx").observe(seconds)


def note_outgoing(outcome: str) -> None:
    """Count one request to a network or another service."""
    OUTGOING.labels(outcome).inc()


def note_job(kind: str, outcome: Literal["done", "again", "failed"], seconds: float) -> None:
    """Count one run of a job."""
    JOBS.labels(kind, outcome).observe(seconds)


class _Timed(SpanProcessor):
    """Counts the events of pages by their spans, which Reflex itself makes."""

    def on_end(self, span: ReadableSpan) -> None:
        """Count one handled event."""
        name = (span.attributes or {}).get(_EVENT)
        if name is None or span.end_time is None or span.start_time is None:
            return
        outcome = "done" if span.status.status_code is not trace.StatusCode.ERROR else "broken"
        short = ".".join(str(name).split("____")[-1].split(".")[-2:])
        EVENTS.labels(short, outcome).observe((span.end_time - span.start_time) / 1e9)


def start_tracing(service: str, *processors: SpanProcessor) -> None:
    """Have this process make spans, once, when it starts; ``processors`` send them somewhere."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    for one in (_Timed(), *processors):
        provider.add_span_processor(one)
    trace.set_tracer_provider(provider)


def exposition() -> bytes:
    """Return the figures of all processes of this installation, as Prometheus reads them."""
    folder = shared_figures()
    if folder is None:
        return generate_latest(REGISTRY)
    _forget_the_dead(folder)
    registry = CollectorRegistry()
    collector: Any = multiprocess.MultiProcessCollector
    collector(registry, path=str(folder))
    return generate_latest(registry)


def figure(name: str, told: str, value: float) -> bytes:
    """Return one figure that holds now, as Prometheus reads it."""
    return f"# HELP {name} {told}\n# TYPE {name} gauge\n{name} {float(value)}\n".encode()


def _forget_the_dead(folder: Path) -> None:
    """Take away what ended processes said of their present; what they did stays counted."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rsplit("_", 1)[1]
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)
        except PermissionError:
            continue
