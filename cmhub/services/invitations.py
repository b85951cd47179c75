"""Invitations: a way into an agency for an e-mail address, by a mailed link that is good once.

Whoever invites learns nothing of the address: the same happens whether it has an account or
not. What differs is seen by who opens the link, and so reads its mails.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from os import urandom
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission, Role, system_actor
from cmhub.crypto import fingerprint, sign, signed
from cmhub.db import unit_of_work
from cmhub.errors import Conflict, Invalid, NotFound
from cmhub.models import Agency, Invitation, Workspace, new_id
from cmhub.queue import Work, enqueue
from cmhub.services import audit
from cmhub.services.checks import check_all, clean_email, clean_language
from cmhub.services.grants import (
    Grant,
    check_grants,
    grants_told,
    held_by,
    require_owner,
)
from cmhub.services.limits import Limit, network_of, take_attempt

LASTING = timedelta(days=7)
_PURPOSE = "invitation"
_BY_AGENCY, _TO_ADDRESS, _OPENED = Limit(60, 60), Limit(5, 300), Limit(40, 15)


@dataclass(frozen=True, slots=True)
class Offered:
    """A role that an invitation gives; ``workspace`` is empty for the whole agency."""

    role: str
    workspace: str


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An open invitation as its agency sees it."""

    id: UUID
    email: str
    offered: tuple[Offered, ...]
    inviter: str
    created_at: datetime
    expires_at: datetime
    expired: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """An invitation as who follows its link sees it; ``known``: the address has an account."""

    id: UUID
    agency_id: UUID
    agency: str
    agency_slug: str
    email: str
    inviter: str
    offered: tuple[Offered, ...]
    known: bool


async def invite(
    actor: Actor, email: str, wanted: Sequence[Grant], language: str
) -> InvitationView:
    """Invite an address and have the link mailed to it; it is good for 7 days.

    Raises:
        Forbidden: the actor does not manage users.
        InvalidForm: it is no address.
        Invalid: see ``check_grants``; or they are here already (``already_here``) or invited
            (``already_invited``).
        TooMany: by agency or by address.
    """
    actor.require(Permission.USER_MANAGE)
    address = check_all(email=lambda: clean_email(email))["email"]
    grants = check_grants(actor, wanted)
    await take_attempt("invite", {str(actor.agency_id): _BY_AGENCY, address: _TO_ADDRESS})
    async with unit_of_work(actor) as session:
        await _refuse_known(session, actor.agency_id, address)
        row = await _insert(session, actor, address, grants, clean_language(language))
        audit.record(
            session, actor, "user:invite", "invitation", row.id,
            email=address, roles=[one.told() for one in grants],
        )  # fmt: skip
        await _mail(session, actor, row.id)
        return _view(row, await _names(session, actor.agency_id, grants))


async def _refuse_known(session: AsyncSession, agency_id: UUID, email: str) -> None:
    """Refuse who is of this agency, which the actor sees; others make no difference."""
    known = await session.scalar(text("select id from find_user(:email)"), {"email": email})
    if await held_by(session, agency_id, known or new_id()):
        raise Invalid("already_here")


async def _insert(
    session: AsyncSession, actor: Actor, email: str, grants: tuple[Grant, ...], language: str
) -> Invitation:
    assert actor.user_id is not None
    now = datetime.now(UTC)
    row = await session.scalar(
        insert(Invitation)
        .values(
            agency_id=actor.agency_id,
            id=new_id(),
            email=email,
            roles=[one.told() for one in grants],
            language=language,
            invited_by=actor.user_id,
            inviter=actor.name,
            created_at=now,
            expires_at=now + LASTING,
        )
        .on_conflict_do_nothing()
        .returning(Invitation)
    )
    if row is None:
        raise Invalid("already_invited")
    return row


async def list_invitations(session: AsyncSession, actor: Actor) -> tuple[InvitationView, ...]:
    """The invitations that wait for an answer, the newest first; expired ones among them.

    Raises:
        Forbidden: the actor does not manage users.
    """
    actor.require(Permission.USER_MANAGE)
    rows = (
        await session.scalars(
            select(Invitation)
            .where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
            .order_by(Invitation.created_at.desc())
            .limit(200)
        )
    ).all()
    grants = [one for row in rows for one in grants_told(row.roles)]
    names = await _names(session, actor.agency_id, grants)
    return tuple(_view(row, names) for row in rows)


async def invite_again(actor: Actor, invitation_id: UUID) -> str:
    """Mail a new link, good for 7 days from now; the one before works no more.

    Returns:
        The address.

    Raises:
        NotFound: there is no such open invitation in the agency.
        Forbidden: the actor does not manage users.
        TooMany: by agency or by address.
    """
    actor.require(Permission.USER_MANAGE)
    async with unit_of_work(actor) as session:
        email = (await _open(session, actor, invitation_id)).email
    await take_attempt("invite", {str(actor.agency_id): _BY_AGENCY, email: _TO_ADDRESS})
    async with unit_of_work(actor) as session:
        row = await _open(session, actor, invitation_id)
        row.expires_at, row.token_hash = datetime.now(UTC) + LASTING, None
        audit.record(session, actor, "user:invite_again", "invitation", row.id, email=row.email)
        await _mail(session, actor, row.id)
    return email


async def revoke_invitation(session: AsyncSession, actor: Actor, invitation_id: UUID) -> str:
    """Let the link of an invitation work no more; return the address.

    Raises:
        NotFound: there is no such open invitation in the agency.
        Forbidden: the actor does not manage users.
    """
    actor.require(Permission.USER_MANAGE)
    row = await _open(session, actor, invitation_id)
    row.revoked_at = datetime.now(UTC)
    audit.record(session, actor, "user:invite_revoke", "invitation", row.id, email=row.email)
    return row.email


async def restore_invitation(session: AsyncSession, actor: Actor, invitation_id: UUID) -> None:
    """Take a revocation back: the mailed link works again.

    Raises:
        NotFound: there is no such revoked invitation in the agency.
        Forbidden: the actor does not manage users.
        Conflict: the address was invited anew meanwhile (``invited_anew``).
    """
    actor.require(Permission.USER_MANAGE)
    row = await session.get(Invitation, (actor.agency_id, invitation_id), with_for_update=True)
    if row is None or row.revoked_at is None or row.accepted_at is not None:
        raise NotFound
    _refuse_owners(actor, row)
    newer = await session.scalar(
        select(Invitation.id).where(
            Invitation.email == row.email,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
    )
    if newer is not None:
        raise Conflict("invited_anew")
    row.revoked_at = None
    audit.record(session, actor, "user:invite_restore", "invitation", row.id, email=row.email)


async def _open(session: AsyncSession, actor: Actor, invitation_id: UUID) -> Invitation:
    row = await session.get(Invitation, (actor.agency_id, invitation_id), with_for_update=True)
    if row is None or row.accepted_at is not None or row.revoked_at is not None:
        raise NotFound
    _refuse_owners(actor, row)
    return row


def _refuse_owners(actor: Actor, row: Invitation) -> None:
    if any(one.role is Role.OWNER for one in grants_told(row.roles)):
        require_owner(actor)


async def _mail(session: AsyncSession, actor: Actor, invitation_id: UUID) -> None:
    await enqueue(session, "mail.invitation", Work(invitation_id, actor.agency_id))


async def _names(
    session: AsyncSession, agency_id: UUID, grants: Sequence[Grant]
) -> dict[UUID, str]:
    places = [one.workspace_id for one in grants if one.workspace_id is not None]
    if not places:
        return {}
    rows = await session.execute(
        select(Workspace.id, Workspace.name).where(
            Workspace.agency_id == agency_id, Workspace.id.in_(places)
        )
    )
    return {row.id: row.name for row in rows}


def _offered(grants: Sequence[Grant], names: dict[UUID, str]) -> tuple[Offered, ...]:
    """What is given, without workspaces that are gone or out of sight."""
    return tuple(
        Offered(one.role.value, names[one.workspace_id] if one.workspace_id else "")
        for one in grants
        if one.workspace_id is None or one.workspace_id in names
    )


def _view(row: Invitation, names: dict[UUID, str]) -> InvitationView:
    return InvitationView(
        row.id,
        row.email,
        _offered(grants_told(row.roles), names),
        row.inviter,
        row.created_at,
        row.expires_at,
        row.expires_at <= datetime.now(UTC),
    )


async def arm(work: Work) -> tuple[Offer, str, str] | None:
    """Make the token of an invitation's mail; the one of a mail before works no more.

    Returns:
        The offer, the token and the language to write in; nothing when it is open no more.
    """
    assert work.agency_id is not None
    async with unit_of_work(system_actor(work.agency_id)) as session:
        row = await session.get(Invitation, (work.agency_id, work.id), with_for_update=True)
        if row is None or row.accepted_at or row.revoked_at or row.expires_at < datetime.now(UTC):
            return None
        token = sign(_PURPOSE, work.agency_id.bytes + row.id.bytes + urandom(16))
        row.token_hash = fingerprint(token)
        account = (
            await session.execute(
                text("select language from find_user(:email)"), {"email": row.email}
            )
        ).one_or_none()
    offer = await _offer(work.agency_id, row)
    return None if offer is None else (offer, token, account.language if account else row.language)


async def open_offer(token: str, address: str = "") -> Offer:
    """Return what the token of a mail offers; looking uses nothing up.

    Raises:
        Invalid: it was used, revoked, replaced, has expired or never was (``invitation``).
        TooMany: by address.
    """
    if address:
        await take_attempt("invitation", {network_of(address): _OPENED})
    row = await find_invitation(token)
    offer = await _offer(row.agency_id, row)
    if offer is None:
        raise Invalid("invitation")
    return offer


async def find_invitation(token: str) -> Invitation:
    """Return the open invitation of a token; raise Invalid (``invitation``) when there is none."""
    carried = signed(_PURPOSE, token)
    if carried is None:
        raise Invalid("invitation")
    agency_id, invitation_id = UUID(bytes=carried[:16]), UUID(bytes=carried[16:32])
    async with unit_of_work(system_actor(agency_id)) as session:
        row = await session.get(Invitation, (agency_id, invitation_id))
    refuse_closed(row, token)
    assert row is not None
    return row


def refuse_closed(row: Invitation | None, token: str) -> None:
    """Raise Invalid (``invitation``) for one that this token opens no more."""
    if (
        row is None
        or row.accepted_at is not None
        or row.revoked_at is not None
        or row.expires_at < datetime.now(UTC)
        or row.token_hash != fingerprint(token)
    ):
        raise Invalid("invitation")


async def _offer(agency_id: UUID, row: Invitation) -> Offer | None:
    """What is offered now; nothing when every workspace of it is gone."""
    grants = grants_told(row.roles)
    places = [one.workspace_id for one in grants if one.workspace_id is not None]
    async with unit_of_work(system_actor(agency_id, *places)) as session:
        offered = _offered(grants, await _names(session, agency_id, grants))
        agency = await session.get_one(Agency, agency_id)
        known = await session.scalar(
            text("select true from find_user(:email)"), {"email": row.email}
        )
    if not offered:
        return None
    return Offer(
        row.id, agency_id, agency.name, agency.slug, row.email, row.inviter, offered, bool(known)
    )
