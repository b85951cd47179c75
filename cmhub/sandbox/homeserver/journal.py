"""What the stand-in keeps: JSON Lines that are only ever added to."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Journal:
    """A file of records; whoever is killed while writing loses that record and no other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._inode = 0

    def read(self) -> list[Record]:
        """Return every whole record, and cut off one that was not written to its end."""
        self._inode = self._present()
        if not self._inode:
            return []
        *lines, torn = self.path.read_bytes().split(b"\n")
        records = [_record(line) for line in lines]
        if torn:
            os.truncate(self.path, sum(len(line) + 1 for line in lines))
        return [record for record in records if record is not None]

    def append(self, record: Record) -> None:
        """Add a record; the system has it when this returns."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        handle = os.open(self.path, flags, 0o600)
        try:
            os.write(handle, _line(record))
            self._inode = os.fstat(handle).st_ino
        finally:
            os.close(handle)

    def replace(self, records: Iterable[Record]) -> None:
        """Put a new file in the place of the old one, whole or not at all."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = self.path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.writelines(map(_line, records))
        beside.replace(self.path)
        self._inode = self._present()

    def is_another(self) -> bool:
        """Tell whether somebody else put another file here, or took it away."""
        return self._present() != self._inode

    def _present(self) -> int:
        try:
            return self.path.stat().st_ino
        except FileNotFoundError:
            return 0


def _line(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _record(line: bytes) -> Record | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
