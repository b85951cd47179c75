"""One served installation for all crashes, and the seed of their moments."""

import os
import random
from collections.abc import Iterator

import pytest

from tests.crash.scene import Scene
from tests.support.served import served
from tests.support.synapse import Synapse


@pytest.fixture(scope="package")
def scene() -> Iterator[Scene]:
    seed = int(os.environ.get("CMHUB_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"moments of CMHUB_TEST_SEED={seed}")
    with Synapse() as server, served(server.authority) as app:
        yield Scene(app, server, app.crew("settle"), random.Random(seed))
