"""Passwords: hashed, proven, changed."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import text

from cmhub.cpu import cpu
from cmhub.crypto import new_token
from cmhub.db import doors
from cmhub.errors import Invalid
from cmhub.queue import Work, enqueue
from cmhub.services import audit, sessions
from cmhub.services.checks import InvalidForm, check_all, check_password, clean_password
from cmhub.services.limits import Limit, take_attempt
from cmhub.services.sessions import SessionInfo

# What OWASP asks of argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_GUESSES = Limit(10, 30)


async def hash_password(password: str) -> str:
    """Hash a password that was checked, beside the event loop."""
    return await cpu(_HASHER.hash, password)


async def is_right(stored: str | None, password: str) -> bool:
    """Whether the password is the one of the hash; no hash takes as long as a wrong one."""
    return await cpu(_is_right, stored, clean_password(password))


def _is_right(stored: str | None, password: str) -> bool:
    nobody = _nobodys_hash()
    try:
        return _HASHER.verify(stored or nobody, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(new_token())


async def prove_password(info: SessionInfo, password: str) -> None:
    """Ask who is signed in for their password once more.

    Raises:
        InvalidForm: the field ``password`` is empty or wrong.
        TooMany: too many were tried for this user.
    """
    if not password:
        raise InvalidForm({"password": Invalid("password_missing")})
    await take_attempt("password", {str(info.user_id): _GUESSES})
    async with doors() as session:
        stored = await session.scalar(
            text("select password_hash from find_user(:email)"), {"email": info.email}
        )
    if not await is_right(stored, password):
        raise InvalidForm({"password": Invalid("password_wrong")})


async def change_password(info: SessionInfo, password: str, new: str, address: str = "") -> None:
    """Set a new password, end all other sessions, and tell it by mail.

    Links and steps that wait are good no more.

    Raises:
        InvalidForm: the old one (``password``) is wrong, or the ``new`` one cannot be used.
        TooMany: too many were tried for this user.
    """
    good = check_all(new=lambda: check_password(new, info.email))
    await prove_password(info, password)
    hashed = await hash_password(good["new"])
    async with doors() as session:
        await session.execute(
            text("select set_password(:user, :hash)"), {"user": info.user_id, "hash": hashed}
        )
        await sessions.end_others(session, info)
        await audit.record_everywhere(session, info, "user:password", address)
        await enqueue(session, "mail.changed", Work(info.user_id))
