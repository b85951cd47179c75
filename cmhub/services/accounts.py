"""Users: signing up, proving an address, signing in and out, a new password.

Nobody learns here whether an address has an account: known and unknown ones get the same answer
after the same time. What differs is told by mail, to who can read it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.crypto import fingerprint, new_token
from cmhub.db import doors, unit_of_work
from cmhub.errors import CMHubError, Invalid
from cmhub.models import Agency, Membership, new_id
from cmhub.queue import Work, enqueue
from cmhub.services import audit, sessions
from cmhub.services.checks import (
    check_all,
    check_password,
    clean_email,
    clean_language,
    clean_name,
    slugs_for,
    usual_zone,
)
from cmhub.services.limits import Limit, network_of, take_attempt
from cmhub.services.passwords import hash_password, is_right

THEMES = ("light", "dark", "system")
Purpose = Literal["confirm", "reset"]
LASTING = {"confirm": timedelta(days=2), "reset": timedelta(hours=1)}
STEP_LASTS = timedelta(minutes=10)

_BEAT = 0.25
_SIGN_IN_ACCOUNT, _SIGN_IN_PLACE = Limit(10, 30), Limit(100, 2)
_MAIL_ACCOUNT, _MAIL_PLACE = Limit(5, 300), Limit(40, 30)


class FactorNeeded(CMHubError):
    """The password was right, and a code of the second factor must follow.

    ``step`` is the token that goes on from here; it opens nothing.
    """

    code = "factor_needed"

    def __init__(self, step: str) -> None:
        super().__init__()
        self.step = step


@dataclass(frozen=True, slots=True)
class Entry:
    """How far somebody came: to a session, or to the ``step`` before it."""

    token: str
    step: bool

    def session(self) -> str:
        """Return the session's token; raise FactorNeeded when there is none yet."""
        if self.step:
            raise FactorNeeded(self.token)
        return self.token


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a user wants to see CMHub: ``theme`` is one of ``THEMES``."""

    language: str
    theme: str


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as mails and lists show them."""

    id: UUID
    email: str
    name: str
    language: str


async def sign_up(
    name: str,
    email: str,
    password: str,
    agency_name: str,
    language: str,
    time_zone: str,
    *,
    address: str = "",
) -> UUID | None:
    """Make a user with an agency of their own and have the address proven by mail.

    Returns:
        The new user, or nothing when the address has an account, which its owner learns by mail.
        No stranger may see the difference.

    Raises:
        InvalidForm: a value cannot be used.
        TooMany: by address or by account.
    """
    good = check_all(
        name=lambda: clean_name(name, "name_missing"),
        agency_name=lambda: clean_name(agency_name, "agency_missing"),
        email=lambda: clean_email(email),
        password=lambda: check_password(password, email),
    )
    await _take_mail(good["email"], address)
    async with _even_time():
        hashed = await hash_password(good["password"])
        owner = Actor(
            agency_id=new_id(),
            agency_roles=frozenset({Role.OWNER}),
            user_id=new_id(),
            name=good["name"],
            address=address,
        )
        async with unit_of_work(owner) as session:
            profile = (clean_language(language), usual_zone(time_zone), hashed)
            if await create_user(session, owner, good["email"], *profile):
                await _create_agency(session, owner, good["agency_name"], *profile[:2])
                await enqueue(session, "mail.confirm", _about(owner.user_id))
                return owner.user_id
            known = await _find_id(session, good["email"])
            await enqueue(session, "mail.already", _about(known))
            return None


async def create_user(
    session: AsyncSession, owner: Actor, email: str, language: str, zone: str, hashed: str
) -> bool:
    """Make the account of an actor who has none, not confirmed; whether the address was free."""
    created = await session.scalar(
        text("select create_user(:id, :email, :name, :language, :zone, :hash)"),
        {
            "id": owner.user_id,
            "email": email,
            "name": owner.name,
            "language": language,
            "zone": zone,
            "hash": hashed,
        },
    )
    return created is not None


async def _create_agency(
    session: AsyncSession, owner: Actor, name: str, language: str, zone: str
) -> None:
    assert owner.user_id is not None
    slug = await _claim_slug(session, owner.agency_id, name)
    now = datetime.now(UTC)
    session.add(
        Agency(
            agency_id=owner.agency_id,
            name=name,
            slug=slug,
            language=language,
            time_zone=zone,
            created_at=now,
        )
    )
    session.add(
        Membership(
            agency_id=owner.agency_id,
            user_id=owner.user_id,
            workspace_id=None,
            role=Role.OWNER.value,
            created_at=now,
        )
    )
    audit.record(session, owner, "user:sign_up", "user", owner.user_id)
    audit.record(session, owner, "agency:create", "agency", owner.agency_id, name=name, slug=slug)


async def _claim_slug(session: AsyncSession, agency_id: UUID, name: str) -> str:
    for slug in slugs_for(name, "agency"):
        claimed = await session.scalar(
            text("select claim_slug(:slug, :agency)"), {"slug": slug, "agency": agency_id}
        )
        if claimed is not None:
            return slug
    raise AssertionError("there is always another slug")


async def confirm(token: str, device: str, address: str) -> str:
    """Hold the address of a user for proven, by the token of a mail, and sign them in.

    Returns:
        The token of the new session, for the cookie.

    Raises:
        Invalid: the token was used, has expired or never was (``link``).
        FactorNeeded: the address is proven, and a code must follow.
    """
    async with doors() as session:
        user = await session.scalar(
            text("select confirm_user(:hash)"), {"hash": fingerprint(token)}
        )
        if user is None:
            raise Invalid("link")
        entry = await enter(session, user, device, address)
    return entry.session()


async def enter(session: AsyncSession, user_id: UUID, device: str, address: str) -> Entry:
    """Open a session for who has proven who they are, or the step of their second factor."""
    asked = await session.scalar(text("select true from factor_of(:user)"), {"user": user_id})
    if not asked:
        return Entry(await sessions.open_session(session, user_id, device, address), step=False)
    return Entry(await _issue(session, user_id, "factor", STEP_LASTS), step=True)


async def request_confirmation(email: str, *, address: str = "") -> None:
    """Send the mail that proves an address again, if it still waits for that.

    Raises:
        InvalidForm: it is no address.
        TooMany: by address or by account.
    """
    await _request(email, address, "mail.confirm")


async def request_reset(email: str, *, address: str = "") -> None:
    """Mail a link that sets a new password, if the address has an account.

    Raises:
        InvalidForm: it is no address.
        TooMany: by address or by account.
    """
    await _request(email, address, "mail.reset")


async def _request(email: str, address: str, kind: str) -> None:
    good = check_all(email=lambda: clean_email(email))
    await _take_mail(good["email"], address)
    async with _even_time(), doors() as session:
        found = (
            await session.execute(
                text("select id, confirmed from find_user(:email)"), {"email": good["email"]}
            )
        ).one_or_none()
        if found is not None and not (kind == "mail.confirm" and found.confirmed):
            await enqueue(session, kind, _about(found.id))


async def reset(token: str, password: str) -> None:
    """Set a new password by the token of a mail, and end every session of the user.

    Raises:
        InvalidForm: the password cannot be used; the token stays good.
        Invalid: the token was used, has expired or never was (``link``).
    """
    good = check_all(password=lambda: check_password(password, ""))
    if not await token_is_good("reset", token):
        raise Invalid("link")
    hashed = await hash_password(good["password"])
    async with doors() as session:
        user = await session.scalar(
            text("select reset_password(:hash, :new)"), {"hash": fingerprint(token), "new": hashed}
        )
        if user is None:
            raise Invalid("link")
        contact = await find_contact(session, user)
        check_all(password=lambda: check_password(password, contact.email if contact else ""))
        await enqueue(session, "mail.changed", _about(user))


async def sign_in(email: str, password: str, device: str, address: str) -> str:
    """Open a session for who knows the password.

    Returns:
        The token of the session, for the cookie.

    Raises:
        InvalidForm: a field is empty or the address is none.
        Invalid: ``credentials``, whichever of the two is wrong; ``not_confirmed``, told only to
            who knows the password.
        FactorNeeded: a code of the second factor must follow.
        TooMany: by address or by account.
    """
    good = check_all(
        email=lambda: clean_email(email),
        password=lambda: _present(password),
    )
    place = {network_of(address): _SIGN_IN_PLACE} if address else {}
    await take_attempt("sign_in", {**place, good["email"]: _SIGN_IN_ACCOUNT})
    async with doors() as session:
        found = (
            await session.execute(
                text("select id, password_hash, confirmed from find_user(:email)"),
                {"email": good["email"]},
            )
        ).one_or_none()
    stored = found.password_hash if found is not None else None
    right = await is_right(stored, password)
    if found is None or not right:
        raise Invalid("credentials")
    if not found.confirmed:
        raise Invalid("not_confirmed")
    async with doors() as session:
        entry = await enter(session, found.id, device, address)
    return entry.session()


async def sign_out(token: str) -> None:
    """End a session; its cookie opens nothing any more."""
    async with doors() as session:
        await sessions.close_session(session, token)


async def keep_language(token: str, language: str) -> None:
    """Remember the language of the session's user, for mails; nobody's token changes nothing."""
    async with doors() as session:
        await session.execute(
            text("select set_preferences(:hash, :language)"),
            {"hash": fingerprint(token), "language": language},
        )


async def keep_theme(token: str, theme: str) -> None:
    """Remember the appearance that the session's user chose; nobody's token changes nothing."""
    if theme not in THEMES:
        return
    async with doors() as session:
        await session.execute(
            text("select set_theme(:hash, :theme)"),
            {"hash": fingerprint(token), "theme": theme},
        )


async def find_preferences(token: str) -> Preferences | None:
    """Return what the session's user prefers, for a browser that does not know it yet."""
    async with doors() as session:
        found = (
            await session.execute(
                text("select language, theme from preferences_of(:hash)"),
                {"hash": fingerprint(token)},
            )
        ).one_or_none()
    return None if found is None else Preferences(found.language, found.theme)


async def token_is_good(purpose: Purpose, token: str) -> bool:
    """Whether the link of a mail can still be used; looking does not use it up."""
    async with doors() as session:
        return bool(
            await session.scalar(
                text("select token_is_good(:purpose, :hash)"),
                {"purpose": purpose, "hash": fingerprint(token)},
            )
        )


async def issue_token(session: AsyncSession, user_id: UUID, purpose: Purpose) -> str:
    """Make a token for a mailed link, good once: 2 days to confirm, 1 hour to reset."""
    return await _issue(session, user_id, purpose, LASTING[purpose])


async def _issue(session: AsyncSession, user_id: UUID, purpose: str, lasting: timedelta) -> str:
    token = new_token()
    await session.execute(
        text("select issue_token(:id, :user, :purpose, :hash, :lasting)"),
        {
            "id": new_id(),
            "user": user_id,
            "purpose": purpose,
            "hash": fingerprint(token),
            "lasting": lasting,
        },
    )
    return token


async def find_contact(session: AsyncSession, user_id: UUID) -> UserView | None:
    """Return where and in which language a user is reached; nothing when they are gone."""
    found = (
        await session.execute(
            text("select email, name, language from user_contact(:user)"), {"user": user_id}
        )
    ).one_or_none()
    return None if found is None else UserView(user_id, found.email, found.name, found.language)


async def _find_id(session: AsyncSession, email: str) -> UUID | None:
    return await session.scalar(text("select id from find_user(:email)"), {"email": email})


async def _take_mail(email: str, address: str) -> None:
    place = {network_of(address): _MAIL_PLACE} if address else {}
    await take_attempt("mail", {**place, email: _MAIL_ACCOUNT})


@asynccontextmanager
async def _even_time() -> AsyncGenerator[None]:
    """Last a whole number of beats, so that the time tells nothing of what was done."""
    began = time.monotonic()
    try:
        yield
    finally:
        await asyncio.sleep(_BEAT - (time.monotonic() - began) % _BEAT)


def _about(user_id: UUID | None) -> Work:
    assert user_id is not None
    return Work(user_id)


def _present(password: str) -> str:
    if not password:
        raise Invalid("password_missing")
    return password
