"""Files of a workspace or an agency: who may read which, and under which key they are kept.

The first part of a name is its area, and an area says who reads it. Whoever stores a file has
been judged by the service that it belongs to.
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cmhub.actor import Actor, Permission
from cmhub.errors import NotFound
from cmhub.integrations.storage import Missing, Stored, is_key, storage

LOGO = "logo"
REJECTED = "rejected"
AREAS: Mapping[str, Permission | None] = {LOGO: None, REJECTED: Permission.HISTORY_IMPORT}
"""Areas that browsers reach by their address, and what it takes; None: whoever may enter."""
_NOT_IN_ADDRESS = frozenset({"import", "export"})

TYPES: Mapping[str, str] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "rejected": "application/x-ndjson",
    "zip": "application/zip",
}
_OF_AGENCY = "agency"
_SAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file to send: ``picture`` may be shown in a page, everything else is to be saved."""

    name: str
    media_type: str
    size: int
    picture: bool
    pieces: AsyncIterator[bytes]


def file_key(actor: Actor, workspace_id: UUID | None, name: str) -> str:
    """The key of a file in the storage; without a workspace it is the agency's own.

    Raises:
        NotFound: the workspace is out of reach, or no file can have this name.
    """
    if workspace_id is not None and workspace_id not in actor.workspaces:
        raise NotFound
    key = f"{actor.agency_id}/{workspace_id or _OF_AGENCY}/{name}"
    area = name.partition("/")[0]
    if not is_key(key) or (area not in AREAS and area not in _NOT_IN_ADDRESS):
        raise NotFound
    return key


async def put_file(
    actor: Actor, workspace_id: UUID | None, name: str, data: bytes | Path | AsyncIterator[bytes]
) -> None:
    """Store a file under ``area/…``; the caller has judged and records what it means.

    Raises:
        NotFound: the workspace is out of reach.
        StorageAway: it could not be stored.
    """
    await storage().put(file_key(actor, workspace_id, name), data)


async def fetch_file(actor: Actor, workspace_id: UUID | None, name: str, path: Path) -> None:
    """Bring a file of any area into a local one, for work on it.

    Raises:
        NotFound: there is no such file in reach.
    """
    try:
        await storage().fetch(file_key(actor, workspace_id, name), path)
    except Missing:
        raise NotFound from None


async def delete_file(actor: Actor, workspace_id: UUID | None, name: str) -> None:
    """Remove a file, if it is there; the caller records what it means."""
    await storage().delete(file_key(actor, workspace_id, name))


async def list_files(actor: Actor, workspace_id: UUID | None) -> AsyncIterator[Stored]:
    """Every file of the workspace, or of the agency itself."""
    if workspace_id is not None and workspace_id not in actor.workspaces:
        raise NotFound
    async for one in storage().list_prefix(f"{actor.agency_id}/{workspace_id or _OF_AGENCY}"):
        yield one


async def open_file(actor: Actor, workspace_id: UUID | None, name: str) -> OpenedFile:
    """A file for whoever may read its area.

    Raises:
        NotFound: there is no such file in reach.
        Forbidden: the role does not allow it.
    """
    key = file_key(actor, workspace_id, name)
    area = name.partition("/")[0]
    if area not in AREAS:
        raise NotFound
    permission = AREAS[area]
    if permission is not None:
        actor.require(permission, workspace_id)
    return await opened(key)


async def opened(key: str, name: str = "") -> OpenedFile:
    """What is stored under a key, ready to be sent under a name.

    Raises:
        NotFound: nothing is.
    """
    try:
        found = await storage().find(key)
    except Missing:
        raise NotFound from None
    last = name or key.rpartition("/")[2]
    media_type = TYPES.get(last.rpartition(".")[2].lower(), "application/octet-stream")
    picture = media_type.startswith("image/")
    return OpenedFile(last, media_type, found.size, picture, storage().open(key))


def plain_name(name: str) -> str:
    """A file's name as a part of a key: without its folders and odd characters."""
    bare = _SAFE.sub("-", name.replace("\\", "/").rpartition("/")[2]).strip("-.")
    return bare[-100:].lstrip("-.") or "file"


def file_prefix(actor: Actor, workspace_id: UUID | None) -> str:
    """What the keys of a workspace's files begin with, or those of the agency itself."""
    return f"{actor.agency_id}/{workspace_id or _OF_AGENCY}/"
