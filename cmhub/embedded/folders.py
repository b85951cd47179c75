"""Whom the server runs as, and the folders and files that belong to them."""

import fcntl
import os
import pwd
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class EmbeddedDatabaseError(Exception):
    """The embedded database cannot run here; the message is a sentence for the host."""


def account_for(*owned: Path) -> pwd.struct_passwd:
    """Return whom the server runs as: this user or, for root, the owner of a folder of the data.

    Raises:
        EmbeddedDatabaseError: this user has no name on this system.
    """
    if os.geteuid() == 0:
        return _account_below_root(*owned)
    try:
        return pwd.getpwuid(os.geteuid())
    except KeyError:
        raise EmbeddedDatabaseError(
            f"User {os.geteuid()} has no name on this system, which PostgreSQL needs; "
            "give it one, or set CMHUB_DATABASE_URL."
        ) from None


def _account_below_root(*owned: Path) -> pwd.struct_passwd:
    # PostgreSQL refuses to be root.
    named = {entry.pw_uid: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    owners = [path.stat().st_uid for path in owned if path.exists()]
    servers = [entry.pw_uid for entry in named.values() if entry.pw_name == "postgres"]
    nobody = pwd.getpwnam("nobody").pw_uid
    return next(named[uid] for uid in (*owners, *servers, nobody) if uid in named)


def make_folder(path: Path, account: pwd.struct_passwd) -> None:
    """Make a folder of the account that everybody may pass through."""
    path.mkdir(exist_ok=True)
    path.chmod(0o755)
    give(path, account)


def give(path: Path, account: pwd.struct_passwd) -> None:
    """Make the account the owner, which only root can do and only root needs."""
    if os.geteuid() == 0:
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def can_pass(folder: Path, account: pwd.struct_passwd) -> bool:
    """Whether the account may go through a folder and all those above it."""
    return all(_may_enter(path.stat(), account) for path in (folder, *folder.parents))


def _may_enter(found: os.stat_result, account: pwd.struct_passwd) -> bool:
    if found.st_uid == account.pw_uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.pw_gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def open_for(account: pwd.struct_passwd, path: Path, flags: int) -> int:
    """Open a file, made for the account when missing, and return its descriptor.

    The folder is the account's, so links are not followed: root must not be led elsewhere.
    """
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        os.fchown(descriptor, account.pw_uid, account.pw_gid)
    return descriptor


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Be the only process that is here with this folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
