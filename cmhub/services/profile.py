"""One's own account: name, language, time zone, address, agencies, and its end."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.crypto import fingerprint, new_token
from cmhub.db import doors, enter_scope, unit_of_work
from cmhub.errors import Conflict, Invalid, NotFound
from cmhub.models import Agency, Membership, new_id
from cmhub.queue import Work, enqueue
from cmhub.services import audit, sessions
from cmhub.services.accounts import UserView
from cmhub.services.checks import (
    check_all,
    check_zone,
    clean_email,
    clean_language,
    clean_name,
)
from cmhub.services.grants import held_by, replace_grants
from cmhub.services.limits import Limit, network_of, take_attempt
from cmhub.services.passwords import prove_password
from cmhub.services.sessions import SessionInfo

EMAIL_LASTS = timedelta(days=1)
_MAILS = Limit(5, 300)


@dataclass(frozen=True, slots=True)
class Inside:
    """A workspace that the user may enter, and what they are there."""

    workspace: str
    role: str


@dataclass(frozen=True, slots=True)
class Belonging:
    """An agency of the user: their ``role`` in it, or the workspaces and their roles there."""

    agency_id: UUID
    slug: str
    name: str
    role: str
    workspaces: tuple[Inside, ...]


@dataclass(frozen=True, slots=True)
class ProfileView:
    """The account of who is signed in; ``asked_email`` waits to be proven, if there is one."""

    name: str
    email: str
    asked_email: str
    language: str
    time_zone: str
    belongs: tuple[Belonging, ...]


async def read_profile(info: SessionInfo) -> ProfileView:
    """The account and where it belongs."""
    async with doors() as session:
        asked = await session.scalar(text("select asked_email(:user)"), {"user": info.user_id})
    return ProfileView(
        info.name, info.email, asked or "", info.language, info.time_zone, belongings(info)
    )


def belongings(info: SessionInfo) -> tuple[Belonging, ...]:
    """The agencies of a user, in the order of their names."""
    found: list[Belonging] = []
    for agency_id in dict.fromkeys(place.agency_id for place in info.places):
        places = [place for place in info.places if place.agency_id == agency_id]
        whole = [p.role for p in places if p.role in (Role.OWNER, Role.ADMIN)]
        inside = [] if whole else [Inside(p.workspace_name, p.role.value) for p in places]
        role = Role.OWNER if Role.OWNER in whole else next(iter(whole), None)
        found.append(
            Belonging(
                agency_id, places[0].agency_slug, places[0].agency_name,
                role.value if role else "", tuple(one for one in inside if one.workspace),
            )
        )  # fmt: skip
    return tuple(found)


async def save_profile(info: SessionInfo, name: str, language: str, time_zone: str) -> None:
    """Change what the account says of its user.

    Raises:
        InvalidForm: a value cannot be used.
    """
    good = check_all(
        name=lambda: clean_name(name, "name_missing"), time_zone=lambda: check_zone(time_zone)
    )
    async with doors() as session:
        await session.execute(
            text("select set_profile(:user, :name, :language, :zone)"),
            {
                "user": info.user_id,
                "name": good["name"],
                "language": clean_language(language),
                "zone": good["time_zone"],
            },
        )


async def ask_email(info: SessionInfo, email: str, password: str, *, address: str = "") -> str:
    """Have a new address proven by a link; until it is followed nothing changes.

    An address that has an account gets a mail that says so: nobody learns of it here.

    Returns:
        The new address as it will be.

    Raises:
        InvalidForm: it is no address or the one there is, or the ``password`` is wrong.
        TooMany: by user, by the new address, or by network address.
    """
    new = check_all(email=lambda: _other_email(email, info.email))["email"]
    await prove_password(info, password)
    place = {network_of(address): _MAILS} if address else {}
    await take_attempt("email", {**place, str(info.user_id): _MAILS, new: _MAILS})
    wanted = new_id()
    async with doors() as session:
        await _spend(session, info)
        await session.execute(
            text("select ask_email(:id, :user, :email, :hash, :lasting)"),
            {
                "id": wanted,
                "user": info.user_id,
                "email": new,
                "hash": fingerprint(new_token()),  # until the mail is made, nobody has it
                "lasting": EMAIL_LASTS,
            },
        )
        await enqueue(session, "mail.email", Work(wanted))
    return new


def _other_email(email: str, present: str) -> str:
    new = clean_email(email)
    if new == present:
        raise Invalid("email_same")
    return new


async def forget_asked_email(info: SessionInfo) -> None:
    """Keep the address that there is; the link to the new one works no more."""
    async with doors() as session:
        await _spend(session, info)


async def _spend(session: AsyncSession, info: SessionInfo) -> None:
    await session.execute(text("select spend_tokens(:user, 'email')"), {"user": info.user_id})


async def arm_email(wanted: UUID) -> tuple[UserView, str, bool] | None:
    """Make the token of the mail that proves a new address.

    Returns:
        Who is written to, the token, and whether the address has an account already, whose
        owner is then told instead; nothing when it is wanted no more.
    """
    token = new_token()
    async with doors() as session:
        row = (
            await session.execute(
                text("select email, name, language from arm_token(:id, :hash)"),
                {"id": wanted, "hash": fingerprint(token)},
            )
        ).one_or_none()
        if row is None:
            return None
        taken = (
            await session.execute(
                text("select id, name, language from find_user(:email)"), {"email": row.email}
            )
        ).one_or_none()
    if taken is not None:
        return UserView(taken.id, row.email, taken.name, taken.language), token, True
    return UserView(wanted, row.email, row.name, row.language), token, False


async def email_token_is_good(token: str) -> bool:
    """Whether the link that proves a new address still works; looking does not use it up."""
    async with doors() as session:
        return bool(
            await session.scalar(
                text("select token_is_good('email', :hash)"), {"hash": fingerprint(token)}
            )
        )


async def change_email(token: str, *, address: str = "") -> None:
    """Take the new address for the account; the old one is told.

    Raises:
        Invalid: the link was used, has expired or never was, or the address has an account by
            now (``link``).
    """
    async with doors() as session:
        row = (
            await session.execute(
                text("select id, user_id from change_email(:hash)"), {"hash": fingerprint(token)}
            )
        ).one_or_none()
        if row is None:
            raise Invalid("link")
        told = (
            await session.execute(
                text("select name, language, email from changed_email(:id)"), {"id": row.id}
            )
        ).one()
        places = await sessions.places_of(session, row.user_id)
        info = SessionInfo(row.id, row.user_id, told.email, told.name, told.language, "", places)
        await enqueue(session, "mail.moved", Work(row.id))
        await audit.record_everywhere(session, info, "user:email", address)


async def former_contact(token_id: UUID) -> tuple[UserView, str] | None:
    """Where a user was reached before a change of address, and the new address."""
    async with doors() as session:
        row = (
            await session.execute(text("select * from changed_email(:id)"), {"id": token_id})
        ).one_or_none()
    if row is None:
        return None
    return UserView(token_id, row.former_email, row.name, row.language), row.email


async def leave(info: SessionInfo, agency_slug: str, *, address: str = "") -> str:
    """Leave an agency and all its workspaces.

    Returns:
        The name of the agency.

    Raises:
        NotFound: the user is none of such an agency.
        Conflict: nobody else is an owner of it (``last_owner``).
    """
    actor = sessions.actor_in(info, agency_slug, address)
    async with unit_of_work(actor) as session:
        await _leave(session, actor)
    return next(place.agency_name for place in info.places if place.agency_slug == agency_slug)


async def _leave(session: AsyncSession, actor: Actor) -> None:
    assert actor.user_id is not None
    before = await held_by(session, actor.agency_id, actor.user_id)
    if not before:
        raise NotFound
    await replace_grants(session, actor, actor.user_id, before, ())
    audit.record(
        session, actor, "user:leave", "user", actor.user_id, before=[one.told() for one in before]
    )
    await session.flush()  # while this agency is in scope


async def delete_account(info: SessionInfo, password: str, *, address: str = "") -> None:
    """End the account: its sessions, links and secrets go, what was written stays.

    An agency that has nobody else and no workspace goes with it.

    Raises:
        InvalidForm: the ``password`` is wrong.
        Conflict: they are the last owner of an agency that has other people or workspaces
            (``last_owner_of``).
        TooMany: too many passwords were tried.
    """
    await prove_password(info, password)
    async with doors() as session:
        for agency_id, places in (await _held(session, info.user_id)).items():
            reach = dict.fromkeys(places, frozenset[Role]())
            actor = Actor(agency_id, reach, user_id=info.user_id, name=info.name, address=address)
            await enter_scope(session, actor)
            await _leave_for_good(session, actor)
        await sessions.end_all(session, info.user_id)
        await session.execute(text("select drop_user(:user)"), {"user": info.user_id})


async def _held(session: AsyncSession, user_id: UUID) -> dict[UUID, list[UUID]]:
    """The workspaces of each agency where a user holds something, archived ones too."""
    rows = await session.execute(text("select * from held_places(:user)"), {"user": user_id})
    found: dict[UUID, list[UUID]] = {}
    for row in rows:
        found.setdefault(row.agency_id, []).extend([row.workspace_id] if row.workspace_id else [])
    return found


async def _leave_for_good(session: AsyncSession, actor: Actor) -> None:
    asked = {"user": actor.user_id, "agency": actor.agency_id}
    if await session.scalar(text("select is_alone(:user, :agency)"), asked):
        audit.record(session, actor, "agency:close", "agency", actor.agency_id)
        await session.flush()  # while this agency is in scope
        await session.execute(delete(Membership).where(Membership.agency_id == actor.agency_id))
        await session.execute(delete(Agency).where(Agency.agency_id == actor.agency_id))
        await session.execute(text("select release_slug(:agency)"), asked)
        return
    try:
        await _leave(session, actor)
    except Conflict as refused:
        agency = await session.get_one(Agency, actor.agency_id)
        raise Conflict("last_owner_of", agency=agency.name) from refused
