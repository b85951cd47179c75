"""What is written into the log, and what never is."""

import json
import subprocess
import sys
from typing import Any

_SAY = """
import logging, uuid
import structlog
from cmhub import logs
from cmhub.actor import system_actor
logs.configure()
logs.know_actor(system_actor(uuid.UUID(int=1), uuid.UUID(int=2)))
logs.log_request("GET", "/auth/reset/TOKEN-1/", 200, 1.23)
logging.getLogger("somebody").warning("asked for /auth/confirm/%s?x=1", "TOKEN-2")
logging.getLogger("httpx").info("GET https://example.org/TOKEN-3")
try:
    hidden = "TOKEN-" + str(2 * 2)
    raise ValueError("broken")
except ValueError:
    structlog.get_logger().exception("it failed")
"""


def _logged() -> tuple[str, list[dict[str, Any]]]:
    done = subprocess.run([sys.executable, "-c", _SAY], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return done.stderr, [json.loads(line) for line in done.stderr.splitlines()]


def test_every_line_is_json_and_tells_whom_it_is_about() -> None:
    _, lines = _logged()
    assert [line["event"] for line in lines] == [
        "request",
        "asked for /auth/confirm/[removed]?x=1",
        "it failed",
    ]
    assert {line["agency"][-1] + line["workspace"][-1] for line in lines} == {"12"}
    assert lines[0]["path"] == "/auth/reset/[removed]/"
    assert lines[1]["logger"] == "somebody"


def test_no_token_and_no_value_of_a_variable_is_in_it() -> None:
    words, lines = _logged()
    assert "TOKEN-" not in words.replace('"TOKEN-" + str(2 * 2)', "")
    assert "ValueError: broken" in lines[-1]["exception"]
