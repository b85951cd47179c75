"""ZIP files of strangers: read by streams, never unpacked, within limits.

Nothing is ever written to disk under a name from an archive, so that ``../`` or an absolute path
leads nowhere; such entries, links and archives inside the archive are passed over and told.
"""

import stat
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, cast

from cmhub.errors import Invalid
from cmhub.services.importing.source import Rejected, Source

MAGIC = b"PK\x03\x04"
MESSAGES = "messages.jsonl"
MOST_ENTRIES = 200_000
MOST_BYTES = 8 * 1024**3
MOST_RATIO = 200
_RATIO_FROM = 8 * 1024 * 1024
_NESTED = (".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz", ".zst")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the archive that may be read, by its parts."""

    info: zipfile.ZipInfo
    folder: str
    name: str

    @property
    def path(self) -> str:
        """Folder and name as the archive has them."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


class Archive:
    """An archive whose announced sizes are within the limits."""

    def __init__(self, file: zipfile.ZipFile, source: Source) -> None:
        self._file, self._source = file, source
        self.entries: list[Entry] = []
        self.refused: list[Rejected] = []
        infos = file.infolist()
        _judge_size(infos)
        for number, info in enumerate(infos, 1):
            self._sort(number, info)
        self.entries.sort(key=lambda entry: entry.path)

    def _sort(self, number: int, info: zipfile.ZipInfo) -> None:
        if info.is_dir() or info.filename.startswith("__MACOSX/"):
            return
        reason = _fault(info)
        if reason:
            self.refused.append(Rejected(number, reason, info.filename[:500]))
            return
        folder, _, name = info.filename.rpartition("/")
        self.entries.append(Entry(info, folder, name))

    def find(self, name: str) -> Entry | None:
        """The entry of this name nearest to the top."""
        found = [entry for entry in self.entries if entry.name == name]
        return min(found, key=lambda entry: entry.folder.count("/"), default=None)

    @contextmanager
    def open(self, entry: Entry) -> Generator[IO[bytes]]:
        """The entry's bytes; a broken one ends them with ``BadEntry``."""
        try:
            with self._file.open(entry.info) as file:
                yield cast("IO[bytes]", _Sound(file))
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            raise BadEntry(str(error)) from None
        finally:
            self._source.done += entry.info.compress_size

    def told(self) -> Iterator[Rejected]:
        """What was passed over, and why."""
        yield from self.refused


class BadEntry(Exception):
    """A file of the archive cannot be read."""


class _Sound:
    """An entry's bytes: a fault of the archive is told as such, wherever it shows."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError) as error:
            raise BadEntry(str(error)) from None
        except Exception as error:  # noqa: BLE001  # zlib.error and its like have no common base
            raise BadEntry(str(error)) from None

    def seek(self, place: int) -> int:
        return self._file.seek(place)


def _judge_size(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MOST_ENTRIES:
        raise Invalid("archive_entries", most=MOST_ENTRIES)
    total = sum(info.file_size for info in infos)
    if total > MOST_BYTES:
        raise Invalid("archive_bomb")
    for info in infos:
        packed = max(1, info.compress_size)
        if info.file_size > _RATIO_FROM and info.file_size > packed * MOST_RATIO:
            raise Invalid("archive_bomb")


def _fault(info: zipfile.ZipInfo) -> str:
    name = info.filename
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0] or "\x00" in name:
        return "its path leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link"
    if info.flag_bits & 0x1:
        return "it is encrypted"
    if name.lower().endswith(_NESTED):
        return "it is an archive inside the archive"
    return ""


@contextmanager
def opened(source: Source) -> Generator[Archive]:
    """The archive of a source.

    Raises:
        Invalid: it is broken, or unpacks to more than the limits.
    """
    try:
        file = zipfile.ZipFile(source.path)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
        raise Invalid("unreadable_file", reason_given=str(error)[:100]) from None
    with file:
        yield Archive(file, source)


def messages_entry(archive: Archive, source: Source) -> Entry:
    """The messages of our own export; of several workspaces those of the one asked for.

    Raises:
        Invalid: there are none, or it is not clear which.
    """
    found = [entry for entry in archive.entries if entry.name == MESSAGES]
    if len(found) == 1:
        return found[0]
    mine = [entry for entry in found if entry.folder.rpartition("/")[2] == source.workspace]
    if len(mine) == 1:
        return mine[0]
    raise Invalid("several_workspaces" if found else "unknown_format")
