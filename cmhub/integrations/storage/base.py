"""What a storage is: bytes under keys, in and out in pieces.

A key is ``agency/workspace/area/name``; it is made of plain parts, so that no storage has to judge
what ``..`` or an empty part would mean.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cmhub.errors import NotReady

_PART = re.compile(r"[A-Za-z0-9_\-][A-Za-z0-9._\-]{0,199}")
_MOST_PARTS = 8
LONGEST = 600


class Missing(Exception):
    """Nothing is stored under the key."""


class StorageAway(NotReady):
    """The storage does not answer, or refuses; ``fault`` is what it said, without addresses."""

    def __init__(self, fault: str) -> None:
        super().__init__("storage", fault=fault)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored under a key; ``size`` in bytes."""

    key: str
    size: int
    changed_at: datetime


def is_key(key: str) -> bool:
    """Whether a storage takes this for a key."""
    parts = key.split("/")
    plain = all(_PART.fullmatch(part) for part in parts)
    return plain and len(parts) <= _MOST_PARTS and len(key) <= LONGEST


class Storage(Protocol):
    """A place for files. Every method raises ``StorageAway`` when the place does not answer."""

    async def put(self, key: str, data: bytes | Path | AsyncIterator[bytes]) -> None:
        """Store under a key, whole or not at all; what was there before is replaced."""
        ...

    async def find(self, key: str) -> Stored:
        """What is known of a key's bytes; raises ``Missing``."""
        ...

    async def exists(self, key: str) -> bool:
        """Whether anything is stored under the key."""
        ...

    def open(self, key: str) -> AsyncIterator[bytes]:
        """The bytes in pieces; raises ``Missing``."""
        ...

    async def fetch(self, key: str, path: Path) -> None:
        """Write the bytes into a local file; raises ``Missing``."""
        ...

    async def delete(self, key: str) -> None:
        """Remove what is stored under the key, if anything."""
        ...

    def list_prefix(self, prefix: str) -> AsyncIterator[Stored]:
        """Everything whose key begins with these whole parts."""
        ...
