"""Folders that the embedded database's own user can reach."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_folder(name: str = "data") -> Iterator[Path]:
    """Name a folder to make that every user may pass to, unlike pytest's `tmp_path`.

    Below `tmp_path` the database of root's tests would live elsewhere, and stay there.
    """
    above = Path(tempfile.mkdtemp())
    above.chmod(0o755)
    try:
        yield above / name
    finally:
        shutil.rmtree(above)
