"""Storage by obstore: the same code for a folder and for S3."""

from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config

from cmhub.integrations.storage.base import Missing, StorageAway, Stored, is_key

_PIECE = 256 * 1024
_PART = 8 * 1024 * 1024
_AT_ONCE = 2


def folder(path: str) -> ObjectStore:
    """A folder, made when it is missing and closed to other users of the machine."""
    place = Path(path)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return LocalStore(place, automatic_cleanup=True)


def bucket(url: str, *, retries: int = 4) -> ObjectStore:
    """A bucket: ``s3://bucket/prefix?endpoint=https://…&region=…``.

    Credentials are those that AWS's own tools take: the variables ``AWS_ACCESS_KEY_ID`` and
    ``AWS_SECRET_ACCESS_KEY``, a web identity or the machine's role.
    """
    parts = urlsplit(url)
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    endpoint = given.get("endpoint", "")
    config: S3Config = {"region": given.get("region", "us-east-1")}
    if endpoint:
        config["endpoint"] = endpoint
    client: ClientConfig = {
        "allow_http": endpoint.startswith("http://"),
        "timeout": "1h",
        "read_timeout": "60s",
        "connect_timeout": "10s",
    }
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=config,
        client_options=client,
        retry_config={"max_retries": retries},
    )


class ObjectStorage:
    """A ``Storage`` over an object store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, data: bytes | Path | AsyncIterator[bytes]) -> None:
        """Store under a key; a stream that breaks leaves what was there before."""
        with _told(key):
            await obstore.put_async(
                self._store, key, data, chunk_size=_PART, max_concurrency=_AT_ONCE
            )

    async def find(self, key: str) -> Stored:
        """What is known of a key's bytes."""
        with _told(key):
            meta = await obstore.head_async(self._store, key)
        return Stored(meta["path"], meta["size"], meta["last_modified"])

    async def exists(self, key: str) -> bool:
        """Whether anything is stored under the key."""
        try:
            await self.find(key)
        except Missing:
            return False
        return True

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """The bytes in pieces of a quarter of a megabyte."""
        with _told(key):
            found = await obstore.get_async(self._store, key)
            async for piece in found.stream(min_chunk_size=_PIECE):
                yield bytes(piece)

    async def fetch(self, key: str, path: Path) -> None:
        """Write the bytes into a local file."""
        with path.open("wb") as file:
            async for piece in self.open(key):
                file.write(piece)

    async def delete(self, key: str) -> None:
        """Remove what is stored under the key; nothing there is fine."""
        try:
            with _told(key):
                await obstore.delete_async(self._store, key)
        except Missing:
            return

    async def list_prefix(self, prefix: str) -> AsyncIterator[Stored]:
        """Everything under the prefix, in no order."""
        with _told(prefix):
            async for batch in obstore.list(self._store, prefix, chunk_size=500):
                for meta in batch:
                    yield Stored(meta["path"], meta["size"], meta["last_modified"])


@contextmanager
def _told(key: str) -> Generator[None]:
    if not is_key(key):
        raise Missing(key)
    try:
        yield
    except FileNotFoundError:
        raise Missing(key) from None
    except (BaseError, OSError) as error:
        raise StorageAway(type(error).__name__) from error
