"""What the processes log, and how: lines of JSON, or of plain words on a terminal.

Everything goes to standard error, whoever logs it. A line carries the request, the agency and the
workspace where they are known. Neither the values of variables nor the tokens of mailed links
are written down.
"""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, merge_contextvars, unbind_contextvars
from structlog.typing import EventDict, Processor

from cmhub.actor import Actor
from cmhub.config import settings
from cmhub.telemetry import trace_ids

_LINK = re.compile(r"((?:/auth/(?:confirm|reset|email)|/join|/notices/unsubscribe)/)[^/?#\s\"']+")
_CHATTY = ("alembic", "sqlalchemy", "httpx", "httpcore", "pgqueuer")


def know_actor(actor: Actor) -> None:
    """Let every line of this task say for which agency and workspace it works."""
    bind_contextvars(agency=str(actor.agency_id))
    if len(actor.workspaces) == 1:
        bind_contextvars(workspace=str(next(iter(actor.workspaces))))
    else:
        unbind_contextvars("workspace")


def without_tokens(words: str) -> str:
    """The text with the tokens of mailed links taken out: who has one may use it."""
    return _LINK.sub(r"\1[removed]", words)


def configure() -> None:
    """Have this process log in our way, also what libraries log; once, when it starts.

    Raises:
        WrongSetting: a value of the settings cannot be used.
    """
    level = logging.getLevelNamesMapping()[settings().log_level]
    terminal = sys.stderr.isatty()
    shared: list[Processor] = [
        merge_contextvars,
        _name_trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, *_rendered(terminal=terminal)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _configure_libraries(level, shared, terminal=terminal)


def _rendered(*, terminal: bool) -> list[Processor]:
    """Make an event a line; tracebacks show where, and never the values of variables."""
    if terminal:
        plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        return [_scrub, plain]
    return [
        structlog.processors.format_exc_info,
        _scrub,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _name_trace(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {**event, **trace_ids()}


def _scrub(_logger: object, _method: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = without_tokens(value)
    return event


def _configure_libraries(level: int, shared: list[Processor], *, terminal: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendered(terminal=terminal),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def log_request(method: str, path: str, status: int, milliseconds: float) -> None:
    """Note one answered request."""
    told: dict[str, Any] = {"method": method, "path": path, "status": status}
    structlog.get_logger("cmhub.access").info("request", **told, ms=round(milliseconds, 1))
