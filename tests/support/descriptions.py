"""Do our stand-ins of outside services speak as the services' published descriptions say?

The pytest plugin of `tests/descriptions.py`; `--descriptions FOLDER` holds OpenAPI, Swagger or
AsyncAPI descriptions, a file for each service.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Exchange:
    """One request that we send and the answer that a stand-in gives to it."""

    method: str
    path: str
    status: int


# File name of a description → what the stand-in of that service exchanges with us.
STAND_INS: dict[str, tuple[Exchange, ...]] = {}


def operations(description: Mapping[str, Any]) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield method, path template and documented statuses of every operation."""
    for template, item in description.get("paths", {}).items():
        for method, operation in item.items():
            if method in {"get", "put", "post", "delete", "patch", "head", "options"}:
                yield method.upper(), template, frozenset(map(str, operation["responses"]))


def base_path(description: Mapping[str, Any]) -> str:
    """Return what precedes every path, as OpenAPI or as Swagger tells it."""
    servers = description.get("servers") or [{"url": description.get("basePath", "")}]
    return re.sub(r"^https?://[^/]+", "", servers[0]["url"]).rstrip("/")


def objection(description: Mapping[str, Any], exchange: Exchange) -> str | None:
    """Say what the description has against an exchange, or nothing."""
    path = exchange.path.removeprefix(base_path(description))
    known = [
        statuses
        for method, template, statuses in operations(description)
        if method == exchange.method and _matches(template, path)
    ]
    if not known:
        return f"{exchange.method} {exchange.path} is not described"
    status = str(exchange.status)
    if not any({status, f"{status[0]}XX", "default"} & statuses for statuses in known):
        return f"{exchange.method} {exchange.path} is not described to answer {status}"
    return None


def _matches(template: str, path: str) -> bool:
    pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
    return re.fullmatch(pattern, path) is not None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add where the descriptions are."""
    parser.addoption("--descriptions", type=Path, help="folder of published API descriptions")


def _folder(config: pytest.Config) -> Path:
    folder = config.getoption("--descriptions")
    if not isinstance(folder, Path) or not folder.is_dir():
        raise pytest.UsageError(f"--descriptions must name a folder, not {folder}")
    return folder


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each description."""
    if "description_file" not in metafunc.fixturenames:
        return
    folder = _folder(metafunc.config)
    files = sorted(folder.glob("*.json"))
    if not files:
        raise pytest.UsageError(f"{folder} holds no descriptions")
    metafunc.parametrize("description_file", files, ids=[file.name for file in files])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not compared, so that a green line promises no more than it is."""
    folder = _folder(terminalreporter.config)
    names = sorted({file.name for file in folder.glob("*.json")} - STAND_INS.keys())
    if names:
        terminalreporter.write_line(f"read, but compared with no stand-in: {', '.join(names)}")
