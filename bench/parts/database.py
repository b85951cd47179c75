"""A migrated embedded database in a temporary folder, for one run of a bench."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cmhub.config import settings
from cmhub.embedded import Cluster, start
from cmhub.migrate import migrate


@contextmanager
def fresh_database() -> Iterator[Cluster]:
    """Set the environment to a new database, and leave nothing of it behind."""
    for name in [name for name in os.environ if name.startswith("CMHUB_")]:
        del os.environ[name]
    # The server's own user must be able to pass through.
    above = Path(tempfile.mkdtemp(prefix="cmhub-bench-"))
    above.chmod(0o755)
    os.environ["CMHUB_DATA_DIR"] = str(above / "data")
    settings.cache_clear()
    try:
        migrate()
        cluster = start(settings().data_dir)
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(above, ignore_errors=True)
