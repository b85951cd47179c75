"""JSON documents read piece by piece, however long they are."""

import re
from collections.abc import Iterator
from typing import IO, Any, cast

import ijson  # pyright: ignore[reportMissingTypeStubs]

from cmhub.services.importing.archives import BadEntry
from cmhub.services.importing.source import LONGEST, BadLine

_PIECE = 64 * 1024
_DEEPEST = 1000
_BRACKET = re.compile(rb"[\[\]{}]")


class _Bounded:
    """A file of which no item is longer than ``LONGEST`` bytes or nested without end.

    The parser keeps the whole path of where it is, so that depth costs its square in memory.
    Brackets in texts count too; nobody writes thousands of open ones.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._since = self._depth = 0

    def begin(self) -> None:
        """An item has ended."""
        self._since = self._depth = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._since += len(piece)
        if self._since > LONGEST:
            raise BadLine(f"longer than {LONGEST} bytes")
        self._descend(piece)
        return piece

    def _descend(self, piece: bytes) -> None:
        opened = piece.count(b"[") + piece.count(b"{")
        if self._depth + opened > _DEEPEST:
            for found in _BRACKET.finditer(piece):
                self._depth = max(0, self._depth + (1 if found[0] in b"[{" else -1))
                if self._depth > _DEEPEST:
                    raise BadLine("nested too deeply")
        else:
            self._depth = max(0, self._depth + opened - piece.count(b"]") - piece.count(b"}"))


def items_of(file: IO[bytes], path: str, *, several: bool = False) -> Iterator[Any]:
    """What stands at a path, one after the other (``messages.item``, ``item``, ``channel``).

    ``several`` documents may follow each other, as one a line.

    Raises:
        BadLine: the document is broken from here on, or one item is too long.
    """
    bounded = _Bounded(file)
    try:
        for item in ijson.items(
            cast("Any", bounded), path, buf_size=_PIECE, use_float=True, multiple_values=several
        ):
            yield item
            bounded.begin()
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise BadLine(f"not JSON: {str(error)[:200]}") from None
    except (BadEntry, RecursionError, OverflowError) as error:
        raise BadLine(f"cannot be read: {str(error)[:200]}") from None


def text_in(item: object, *names: str) -> str:
    """The text at the first of these names, or an empty one."""
    if not isinstance(item, dict):
        return ""
    found = cast("dict[str, Any]", item)
    for name in names:
        value = found.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def object_in(item: object, name: str) -> dict[str, Any]:
    """The object at a name, or an empty one."""
    value = cast("dict[str, Any]", item).get(name) if isinstance(item, dict) else None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def list_in(item: object, name: str) -> list[dict[str, Any]]:
    """The objects of the list at a name."""
    value = cast("dict[str, Any]", item).get(name) if isinstance(item, dict) else None
    entries = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", entry) for entry in entries if isinstance(entry, dict)]
