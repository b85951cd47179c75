"""The stand-in in the place of the real homeserver, for the contract's own tests."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.conftest import matrix as matrix
from tests.contract.conftest import people as people
from tests.contract.conftest import scene as scene
from tests.sandbox.running import RunningStandIn


@pytest.fixture(scope="session")
def synapse() -> Iterator[RunningStandIn]:
    folder = Path(tempfile.mkdtemp(prefix="cmhub-sandbox-"))
    server = RunningStandIn(folder)
    server.start()
    yield server
    server.kill()
    shutil.rmtree(folder, ignore_errors=True)
