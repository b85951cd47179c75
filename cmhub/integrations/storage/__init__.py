"""Where files are kept: a folder by default, an S3 bucket when the settings say so."""

from functools import cache

from cmhub.config import settings
from cmhub.integrations.storage.base import Missing, Storage, StorageAway, Stored, is_key
from cmhub.integrations.storage.objects import ObjectStorage, bucket, folder

__all__ = ["Missing", "Storage", "StorageAway", "Stored", "is_key", "storage"]


def storage() -> Storage:
    """The storage that the settings name."""
    configured = settings()
    return _made(configured.storage_url or "", str(configured.data_dir / "files"))


@cache
def _made(url: str, path: str) -> Storage:
    return ObjectStorage(bucket(url) if url else folder(path))
