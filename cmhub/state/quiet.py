"""Keeps cookies and secrets out of the logs: a failing event would write its headers there."""

import logging
import re
import traceback

_SECRETS = re.compile(
    r"""(?ix)
    ((?:__Host-)?cmhub_\w+=)[^;,'"\s]+
    | (['"]?(?:cookie|authorization|set-cookie|token|password|secret)['"]?\s*[:=]\s*)
      (?:'[^']*'|"[^"]*"|[^\s,;)}\]]+)
    """
)
_LOGGERS = (
    "reflex_base.event.processor.event_processor",
    "reflex_base.event.processor.base_state_processor",
    "reflex.app",
    "reflex",
    "reflex_base",
    "cmhub",
    "cmhub.state.base",
    "asyncio",
    "engineio.server",
    "socketio.server",
)


def scrubbed(words: str) -> str:
    """Return the text with the values of cookies, tokens and passwords taken out."""
    return _SECRETS.sub(lambda found: f"{found.group(1) or found.group(2)}[removed]", words)


class NoSecrets(logging.Filter):
    """Rewrites a record whose message or traceback holds a secret; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Scrub the record in place."""
        message = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            told = "".join(traceback.format_exception(record.exc_info[1]))
            if scrubbed(told) != told:
                message = f"{message}\n{told}"
                record.exc_info, record.exc_text = None, None
        clean = scrubbed(message)
        if clean != record.msg:
            record.msg, record.args = clean, None
        return True


def keep_secrets_out_of_logs() -> None:
    """Filter what Reflex and the socket server log, and whatever reaches the root's handlers."""
    quiet = NoSecrets()
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(quiet)
    for handler in logging.getLogger().handlers:
        handler.addFilter(quiet)
