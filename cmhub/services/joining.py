"""Taking an invitation up: with the account that one has, or with a new one."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, system_actor
from cmhub.crypto import fingerprint
from cmhub.db import enter_scope, unit_of_work
from cmhub.errors import Invalid
from cmhub.models import Agency, Invitation, Workspace, new_id
from cmhub.services import accounts, audit, invitations, sessions
from cmhub.services.checks import (
    check_all,
    check_password,
    clean_language,
    clean_name,
    usual_zone,
)
from cmhub.services.grants import Grant, grants_told, held_by, replace_grants
from cmhub.services.limits import Limit, network_of, take_attempt
from cmhub.services.notifying import notify
from cmhub.services.passwords import hash_password
from cmhub.services.references import Reference
from cmhub.services.sessions import SessionInfo

_TRIES = Limit(20, 30)


@dataclass(frozen=True, slots=True)
class Landing:
    """Where somebody arrives; without a workspace it is the agency itself."""

    agency_slug: str
    workspace_slug: str


async def accept(info: SessionInfo, token: str, *, address: str = "") -> Landing:
    """Take an invitation up with the account that is signed in.

    Raises:
        Invalid: the link is good no more (``invitation``), or is for another address
            (``invitation_other``).
        TooMany: by address.
    """
    await _limit(address)
    row = await invitations.find_invitation(token)
    if row.email != info.email:
        raise Invalid("invitation_other")
    person = Actor(row.agency_id, user_id=info.user_id, name=info.name, address=address)
    async with unit_of_work(system_actor(row.agency_id)) as session:
        return await _join(session, person, row.id, token)


async def join(
    token: str,
    name: str,
    password: str,
    *,
    language: str,
    time_zone: str,
    device: str = "",
    address: str = "",
) -> tuple[str, Landing]:
    """Take an invitation up by making an account; the link has proven its address.

    Returns:
        The token of the new session, for the cookie, and where they arrive.

    Raises:
        InvalidForm: a value cannot be used; the link stays good.
        Invalid: the link is good no more (``invitation``), or its address has an account by
            now (``invitation_known``).
        TooMany: by address.
    """
    await _limit(address)
    row = await invitations.find_invitation(token)
    good = check_all(
        name=lambda: clean_name(name, "name_missing"),
        password=lambda: check_password(password, row.email),
    )
    hashed = await hash_password(good["password"])
    person = Actor(row.agency_id, user_id=new_id(), name=good["name"], address=address)
    profile = (clean_language(language), usual_zone(time_zone), hashed)
    async with unit_of_work(system_actor(row.agency_id)) as session:
        if not await accounts.create_user(session, person, row.email, *profile):
            raise Invalid("invitation_known")
        assert person.user_id is not None
        proof = await accounts.issue_token(session, person.user_id, "confirm")
        await session.execute(text("select confirm_user(:hash)"), {"hash": fingerprint(proof)})
        landing = await _join(session, person, row.id, token)
        return await sessions.open_session(session, person.user_id, device, address), landing


async def _limit(address: str) -> None:
    if address:
        await take_attempt("join", {network_of(address): _TRIES})


async def _join(session: AsyncSession, person: Actor, row_id: UUID, token: str) -> Landing:
    """Give what was offered, once, whoever else has the link in hand."""
    row = await session.get(Invitation, (person.agency_id, row_id), with_for_update=True)
    invitations.refuse_closed(row, token)
    assert row is not None
    assert person.user_id is not None
    offered = grants_told(row.roles)
    given = await _still_there(session, person.agency_id, offered)
    before = await held_by(session, person.agency_id, person.user_id)
    if not given:
        raise Invalid("invitation")
    row.accepted_at, row.accepted_by = datetime.now(UTC), person.user_id
    await session.flush()  # before the scope changes
    places = {one.workspace_id for one in given}
    kept = [one for one in before if one.workspace_id not in places]
    await replace_grants(
        session, system_actor(person.agency_id), person.user_id, before, (*kept, *given)
    )
    audit.record(
        session, person, "user:join", "invitation", row.id,
        email=row.email, roles=[one.told() for one in given],
    )  # fmt: skip
    await _tell_inviter(session, person, row, given)
    return await _landing(session, person.agency_id, given)


async def _tell_inviter(
    session: AsyncSession, person: Actor, row: Invitation, given: list[Grant]
) -> None:
    places = [one.workspace_id for one in given if one.workspace_id is not None]
    # They have just joined: what they reach is what was given.
    joined = replace(system_actor(row.agency_id, *places), system=False)
    await session.flush()
    await notify(
        session,
        replace(joined, user_id=person.user_id, name=person.name),
        [row.invited_by],
        "invitation_accepted",
        Reference("invitation", row.id),
        workspace_id=places[0] if places else None,
    )


async def _still_there(
    session: AsyncSession, agency_id: UUID, offered: tuple[Grant, ...]
) -> list[Grant]:
    """What is offered, without workspaces that are gone."""
    places = [one.workspace_id for one in offered if one.workspace_id is not None]
    await enter_scope(session, system_actor(agency_id, *places))
    there = set(await session.scalars(select(Workspace.id).where(Workspace.id.in_(places))))
    return [one for one in offered if one.workspace_id is None or one.workspace_id in there]


async def _landing(session: AsyncSession, agency_id: UUID, given: list[Grant]) -> Landing:
    agency = await session.get_one(Agency, agency_id)
    places = [one.workspace_id for one in given]
    slug = await session.scalar(
        select(Workspace.slug)
        .where(Workspace.id.in_(places), Workspace.archived_at.is_(None))
        .order_by(Workspace.name)
        .limit(1)
    )
    return Landing(agency.slug, slug or "")
