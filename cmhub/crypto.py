"""Secrets at rest: AES-256-GCM under data keys, wrapped by a master key that rotates.

The associated data of a ciphertext names agency, workspace, table, row and column, so that
a ciphertext moved to another place does not open.
"""

import hashlib
import os
import secrets
from datetime import timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cmhub.config import settings
from cmhub.errors import NotReady, WrongSetting

_NONCE = 12


@cache
def master() -> MultiFernet:
    """The master key: the first of the host's keys wraps, all of them open.

    Raises:
        NotReady: an external database is used and no key is set.
        WrongSetting: a key is not 32 bytes in URL-safe base64.
    """
    configured = settings()
    keys = configured.secret_keys
    if not keys:
        if not configured.embedded:
            raise NotReady("secret_keys")
        keys = _kept_keys(configured.data_dir / "secret_keys")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise WrongSetting(setting="CMHUB_SECRET_KEYS", reason="not a Fernet key") from None


def _kept_keys(path: Path) -> list[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().split()
    with os.fdopen(handle, "w") as file:
        file.write(Fernet.generate_key().decode())
    return path.read_text().split()


def new_data_key() -> bytes:
    """A fresh data key, wrapped."""
    return master().encrypt(AESGCM.generate_key(256))


def place(agency: UUID, workspace: UUID | None, table: str, row: UUID, column: str) -> bytes:
    """Where a secret lives, as associated data."""
    return f"{agency}/{workspace or '-'}/{table}/{row}/{column}".encode()


def seal(wrapped: bytes, where: bytes, plain: bytes) -> bytes:
    """Encrypt under a wrapped data key; nonce first, then ciphertext and tag."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(master().decrypt(wrapped)).encrypt(nonce, plain, where)


def unseal(wrapped: bytes, where: bytes, sealed: bytes) -> bytes:
    """Decrypt what ``seal`` made for the same place.

    Raises:
        NotReady: the key or the place is another.
    """
    try:
        key = master().decrypt(wrapped)
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], where)
    except (InvalidTag, InvalidToken):
        raise NotReady("sealed") from None


def sign(purpose: str, payload: bytes) -> str:
    """A token that carries a payload, and that only this host can have made; URL-safe."""
    return master().encrypt(purpose.encode() + b"\0" + payload).decode().rstrip("=")


def signed(purpose: str, token: str, lasting: timedelta | None = None) -> bytes | None:
    """What a token of ``sign`` carries; nothing when it was made for another purpose.

    Nor when it is older than ``lasting``, or not ours at all.
    """
    whole = token.encode() + b"=" * (-len(token) % 4)
    try:
        plain = master().decrypt(whole, ttl=int(lasting.total_seconds()) if lasting else None)
    except InvalidToken:
        return None
    made_for, _, payload = plain.partition(b"\0")
    return payload if made_for == purpose.encode() else None


def new_token() -> str:
    """A secret for a link or a cookie: 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> bytes:
    """How a token is stored: its SHA-256 digest."""
    return hashlib.sha256(token.encode()).digest()
