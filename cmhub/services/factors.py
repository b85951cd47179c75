"""The second factor: codes by time (TOTP, RFC 6238), and recovery codes for a lost phone.

Codes have six digits and change every 30 seconds, by SHA-1, as every authenticator knows them.
One is good half a minute before and after its time, and once.
"""

import base64
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub import crypto
from cmhub.crypto import fingerprint, new_data_key, sign, signed
from cmhub.db import doors
from cmhub.errors import Invalid
from cmhub.models import new_id
from cmhub.queue import Work, enqueue
from cmhub.services import audit, sessions
from cmhub.services.checks import InvalidForm
from cmhub.services.limits import Limit, network_of, take_attempt
from cmhub.services.passwords import prove_password
from cmhub.services.sessions import SessionInfo

CODES = 10
_SECONDS = 30
_DIGITS = 6
_SECRET = 20
_ISSUER = "CMHub"
_PURPOSE = "second factor"
_OFFER_LASTS = timedelta(minutes=30)
# Without letters and digits that look alike; 16 of them are 80 bits.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _GROUP = 4, 4
_BY_USER, _BY_PLACE = Limit(10, 600), Limit(60, 10)


@dataclass(frozen=True, slots=True)
class FactorView:
    """A user's second factor: since when it is on, and how many recovery codes are left."""

    since: datetime | None
    codes: int


@dataclass(frozen=True, slots=True)
class FactorOffer:
    """A secret to scan or to type, which counts once a code of it has been given.

    ``sealed`` brings it back with the form; ``path`` draws the QR code, ``size`` modules wide.
    """

    sealed: str
    key: str
    path: str
    size: int


async def read_factor(user_id: UUID) -> FactorView:
    """The second factor of a user, if it is on."""
    async with doors() as session:
        row = (
            await session.execute(
                text("select created_at, codes from factor_of(:user)"), {"user": user_id}
            )
        ).one_or_none()
    return FactorView(None, 0) if row is None else FactorView(row.created_at, row.codes)


def offer(info: SessionInfo) -> FactorOffer:
    """Make a new secret for who is signed in; nothing is stored."""
    secret = secrets.token_bytes(_SECRET)
    return _offer(info, secret, sign(_PURPOSE, info.user_id.bytes + secret))


def offered(info: SessionInfo, sealed: str) -> FactorOffer | None:
    """The offer that a form brings back; nothing when it is too old or somebody else's."""
    secret = _unsealed(info, sealed)
    return None if secret is None else _offer(info, secret, sealed)


def _unsealed(info: SessionInfo, sealed: str) -> bytes | None:
    carried = signed(_PURPOSE, sealed, _OFFER_LASTS)
    if carried is None or carried[:16] != info.user_id.bytes:
        return None
    return carried[16:]


def _offer(info: SessionInfo, secret: bytes, sealed: str) -> FactorOffer:
    address = _totp(secret).get_provisioning_uri(info.email, _ISSUER)
    drawn = segno.make(address, error="m", micro=False)
    key = base64.b32encode(secret).decode()
    grouped = " ".join(key[start : start + 4] for start in range(0, len(key), 4))
    return FactorOffer(sealed, grouped, _path(drawn), len(drawn.matrix))


def _path(drawn: segno.QRCode) -> str:
    """The dark modules as one SVG path."""
    return "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(drawn.matrix)
        for x, dark in enumerate(row)
        if dark
    )


async def turn_on(
    info: SessionInfo, sealed: str, password: str, code: str, address: str = ""
) -> tuple[str, ...]:
    """Have sign-ins ask for codes of the offered secret from now on; other sessions end.

    Returns:
        The recovery codes, which are shown this once.

    Raises:
        InvalidForm: the ``password`` or the ``code`` is wrong.
        Invalid: the offer is too old (``factor_old``), or one is on already (``factor_is_on``).
        TooMany: too many were tried for this user.
    """
    secret = _unsealed(info, sealed)
    if secret is None:
        raise Invalid("factor_old")
    await prove_password(info, password)
    await _limit(info.user_id, address)
    step = _step_of(secret, _plain(code))
    if step is None:
        raise InvalidForm({"code": Invalid("code_wrong")})
    async with doors() as session:
        await _keep(session, info.user_id, secret, step)
        codes = await _keep_codes(session, info.user_id)
        await sessions.end_others(session, info)
        await audit.record_everywhere(session, info, "user:factor_on", address)
        await enqueue(session, "mail.factor_on", Work(info.user_id))
    return codes


async def _keep(session: AsyncSession, user_id: UUID, secret: bytes, step: int) -> None:
    wrapped = await session.scalar(
        text("select user_key_of(:user, :fresh)"), {"user": user_id, "fresh": new_data_key()}
    )
    assert wrapped is not None
    kept = await session.scalar(
        text("select keep_factor(:user, :sealed, :step)"),
        {"user": user_id, "sealed": crypto.seal(wrapped, _place(user_id), secret), "step": step},
    )
    if kept is None:
        raise Invalid("factor_is_on")


async def renew_codes(
    info: SessionInfo, password: str, code: str, address: str = ""
) -> tuple[str, ...]:
    """Make new recovery codes; the old ones work no more.

    Raises:
        InvalidForm: the ``password`` or the ``code`` is wrong.
        TooMany: too many were tried for this user.
    """
    await _prove(info, password, code, address)
    async with doors() as session:
        codes = await _keep_codes(session, info.user_id)
        await audit.record_everywhere(session, info, "user:factor_codes", address)
    return codes


async def turn_off(info: SessionInfo, password: str, code: str, address: str = "") -> None:
    """Have sign-ins ask for the password alone; it is told by mail.

    Raises:
        InvalidForm: the ``password`` or the ``code`` is wrong.
        TooMany: too many were tried for this user.
    """
    await _prove(info, password, code, address)
    async with doors() as session:
        await session.execute(text("select drop_factor(:user)"), {"user": info.user_id})
        await audit.record_everywhere(session, info, "user:factor_off", address)
        await enqueue(session, "mail.factor_off", Work(info.user_id))


async def _prove(info: SessionInfo, password: str, code: str, address: str) -> None:
    await prove_password(info, password)
    await _limit(info.user_id, address)
    async with doors() as session:
        if not await _take(session, info.user_id, code):
            raise InvalidForm({"code": Invalid("code_wrong")})


async def step_is_good(token: str) -> bool:
    """Whether a sign-in still waits for its code."""
    async with doors() as session:
        return await _waiting(session, token) is not None


async def pass_step(token: str, code: str, device: str, address: str) -> str:
    """End a sign-in that waits for its code: by one of the second factor, or a recovery code.

    Returns:
        The token of the session, for the cookie.

    Raises:
        Invalid: ``step`` when the sign-in waits no more.
        InvalidForm: the ``code`` is wrong, or was used.
        TooMany: by user or by network address.
    """
    async with doors() as session:
        user = await _waiting(session, token)
    if user is None:
        raise Invalid("step")
    await _limit(user, address)
    async with doors() as session:
        how = await _take(session, user, code)
        if not how:
            raise InvalidForm({"code": Invalid("code_wrong")})
        spent = await session.scalar(
            text("select use_token('factor', :hash)"), {"hash": fingerprint(token)}
        )
        if spent is None:
            raise Invalid("step")
        opened = await sessions.open_session(session, user, device, address)
    if how == "recovery":
        await _tell_recovery(opened, address)
    return opened


async def _waiting(session: AsyncSession, token: str) -> UUID | None:
    return await session.scalar(
        text("select token_user('factor', :hash)"), {"hash": fingerprint(token)}
    )


async def _tell_recovery(token: str, address: str) -> None:
    info = await sessions.resolve_session(token)
    assert info is not None
    async with doors() as session:
        await audit.record_everywhere(session, info, "user:factor_recovery", address)
        await enqueue(session, "mail.factor_recovery", Work(info.user_id))


async def _limit(user_id: UUID, address: str) -> None:
    place = {network_of(address): _BY_PLACE} if address else {}
    await take_attempt("factor", {**place, str(user_id): _BY_USER})


async def _take(session: AsyncSession, user_id: UUID, code: str) -> str:
    """Use a code up: ``time`` or ``recovery`` says of which kind it was, nothing that it is none.

    Whichever call is first has it; the row's lock makes the other one wait and then see it used.
    """
    plain = _plain(code)
    if len(plain) == _GROUPS * _GROUP:
        taken = await session.scalar(
            text("select take_code(:user, :hash)"), {"user": user_id, "hash": fingerprint(plain)}
        )
        return "recovery" if taken is not None else ""
    secret = await _secret(session, user_id)
    step = _step_of(secret, plain) if secret is not None else None
    if step is None:
        return ""
    taken = await session.scalar(
        text("select take_step(:user, :step)"), {"user": user_id, "step": step}
    )
    return "time" if taken is not None else ""


async def _secret(session: AsyncSession, user_id: UUID) -> bytes | None:
    row = (
        await session.execute(
            text("select sealed, wrapped from factor_of(:user)"), {"user": user_id}
        )
    ).one_or_none()
    return None if row is None else crypto.unseal(row.wrapped, _place(user_id), row.sealed)


def _place(user_id: UUID) -> bytes:
    return f"user/{user_id}/user_factor/sealed".encode()


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, _DIGITS, SHA1(), _SECONDS)  # noqa: S303  # HMAC, as all authenticators


def _step_of(secret: bytes, code: str) -> int | None:
    """The half-minute that a code belongs to, of the one now and those beside it."""
    now = int(time.time()) // _SECONDS
    found: int | None = None
    for step in (now - 1, now, now + 1):
        right = _totp(secret).generate(step * _SECONDS).decode()
        if hmac.compare_digest(right.encode(), code.encode()):
            found = step
    return found


def _plain(code: str) -> str:
    """A code without what people put between its groups."""
    return "".join(one for one in code.upper() if one.isalnum())


async def _keep_codes(session: AsyncSession, user_id: UUID) -> tuple[str, ...]:
    codes = [_new_code() for _ in range(CODES)]
    await session.execute(
        text("select keep_codes(:user, :ids, :hashes)"),
        {
            "user": user_id,
            "ids": [new_id() for _ in codes],
            "hashes": [fingerprint(_plain(code)) for code in codes],
        },
    )
    return tuple(codes)


def _new_code() -> str:
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )
