"""Invitations: who may send them, what their link is worth, and what it gives."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from cmhub.actor import Actor, Permission, Role, system_actor
from cmhub.crypto import sign, signed
from cmhub.db import unit_of_work
from cmhub.errors import Conflict, Forbidden, Invalid, NotFound
from cmhub.models import AuditEvent, Invitation, Workspace
from cmhub.queue import Work
from cmhub.services import accounts, invitations, joining, mailing, sessions
from cmhub.services.checks import InvalidForm
from cmhub.services.grants import Grant
from cmhub.services.notices.reading import list_notices
from cmhub.services.workspaces import create_workspace
from tests.support.agency import PASSWORD, NewAgency, make_agency
from tests.support.mails import deliver, link_in
from tests.support.people import colleague, hire, invited, new_email

pytestmark = pytest.mark.usefixtures("pool")
PROFILE = {"language": "en", "time_zone": "Europe/Paris"}


def _here(agency: NewAgency, role: Role = Role.MODERATOR) -> Grant:
    return Grant(role, agency.workspace_id)


async def _reason(refused: object) -> str:
    with pytest.raises((Invalid, Conflict)) as caught:
        await refused  # pyright: ignore[reportGeneralTypeIssues]
    return str(caught.value.params["reason"])


async def test_who_accepts_has_exactly_the_offered_role(agency: NewAgency) -> None:
    ana = await hire(agency, _here(agency, Role.ANALYST))
    actor = ana.actor(agency)
    assert dict(actor.workspaces) == {agency.workspace_id: frozenset({Role.ANALYST})}
    assert actor.agency_roles == frozenset()
    assert actor.may(Permission.INBOX_READ, agency.workspace_id)
    assert not actor.may(Permission.INBOX_ANSWER, agency.workspace_id)


async def test_the_inviter_is_told_who_accepted(agency: NewAgency) -> None:
    ana = await hire(agency, _here(agency))
    admin = await hire(agency, Grant(Role.ADMIN, None))
    async with unit_of_work(agency.owner) as session:
        told = await list_notices(session, agency.owner)
    assert [(one.kind, one.who, one.workspace_slug, one.path) for one in told] == [
        ("invitation_accepted", admin.actor(agency).name, "", "people/"),
        ("invitation_accepted", ana.actor(agency).name, agency.workspace_slug, "settings/people/"),
    ]


async def test_one_invitation_gives_roles_in_several_workspaces(agency: NewAgency) -> None:
    async with unit_of_work(agency.owner) as session:
        other = await create_workspace(
            session, agency.owner, name="Montagne", client="M", time_zone="UTC"
        )
    reach = {**agency.owner.workspaces, other.id: frozenset({Role.OWNER})}
    owner = Actor(agency.id, reach, agency.owner.agency_roles, agency.owner.user_id, "Zoé")
    email = new_email()
    wanted = [_here(agency), Grant(Role.CLIENT, other.id)]
    await invitations.invite(owner, email, wanted, "fr")
    token = link_in((await deliver(email))[0]).rpartition("/")[2]
    offer = await invitations.open_offer(token)
    assert {(one.workspace, one.role) for one in offer.offered} == {
        ("Rivière", "moderator"),
        ("Montagne", "client"),
    }
    session_token, landing = await joining.join(token, "Ana", PASSWORD, **PROFILE)
    assert landing == joining.Landing(agency.slug, other.slug)
    held = (await colleague(email, session_token)).actor(agency).workspaces
    assert held == {
        agency.workspace_id: frozenset({Role.MODERATOR}),
        other.id: frozenset({Role.CLIENT}),
    }


async def test_a_role_in_the_agency_stands_for_all_others(agency: NewAgency) -> None:
    ana = await hire(agency, _here(agency), Grant(Role.ADMIN))
    assert ana.actor(agency).agency_roles == {Role.ADMIN}
    assert len({place.role for place in ana.info.places}) == 1


async def test_the_mail_is_in_the_language_of_the_inviter_or_of_the_account(
    agency: NewAgency,
) -> None:
    other, stranger = await make_agency("Autre"), new_email()
    for email in (stranger, other.email):
        await invitations.invite(agency.owner, email, [_here(agency)], "en")
    (to_stranger,) = await deliver(stranger)
    assert to_stranger.subject == "Zoé d’Été invites you to Agence Été on CMHub"
    assert to_stranger.text.startswith("Hello,")
    to_user = (await deliver(other.email))[0]
    assert to_user.subject == "Zoé d’Été vous invite à rejoindre Agence Été sur CMHub"


async def test_inviting_a_known_address_is_like_inviting_an_unknown_one(
    agency: NewAgency,
) -> None:
    other = await make_agency("Autre")
    known, unknown = [
        await invitations.invite(agency.owner, email, [_here(agency)], "fr")
        for email in (other.email, new_email())
    ]
    assert (known.offered, known.inviter, known.expired) == (
        unknown.offered,
        unknown.inviter,
        unknown.expired,
    )
    async with unit_of_work(agency.owner) as session:
        rows = (await session.scalars(select(Invitation))).all()
    assert len({(str(row.roles), row.language, row.accepted_by) for row in rows}) == 1


async def test_it_requires_user_manage(agency: NewAgency) -> None:
    manager = (await hire(agency, _here(agency, Role.MANAGER))).actor(agency)
    with pytest.raises(Forbidden):
        await invitations.invite(manager, new_email(), [_here(agency)], "fr")
    async with unit_of_work(manager) as session:
        with pytest.raises(Forbidden):
            await invitations.list_invitations(session, manager)


async def test_only_an_owner_invites_an_owner(agency: NewAgency) -> None:
    admin = (await hire(agency, Grant(Role.ADMIN))).actor(agency)
    refused = invitations.invite(admin, new_email(), [Grant(Role.OWNER)], "fr")
    assert await _reason(refused) == "owner_only"
    made = await invitations.invite(agency.owner, new_email(), [Grant(Role.OWNER)], "fr")
    assert await _reason(invitations.invite_again(admin, made.id)) == "owner_only"


@pytest.mark.parametrize("grant", [Grant(Role.MODERATOR), None])
async def test_a_role_must_fit_its_place(agency: NewAgency, grant: Grant | None) -> None:
    wanted = grant or Grant(Role.ADMIN, agency.workspace_id)
    refused = invitations.invite(agency.owner, new_email(), [wanted], "fr")
    assert await _reason(refused) == "role_place"
    nothing = invitations.invite(agency.owner, new_email(), [], "fr")
    assert await _reason(nothing) == "role_missing"


async def test_nobody_is_invited_twice_or_who_is_here(agency: NewAgency) -> None:
    email = new_email()
    await invitations.invite(agency.owner, email, [_here(agency)], "fr")
    again = invitations.invite(agency.owner, f" {email.upper()}", [_here(agency)], "fr")
    assert await _reason(again) == "already_invited"
    me = invitations.invite(agency.owner, agency.email, [_here(agency)], "fr")
    assert await _reason(me) == "already_here"


async def test_a_link_is_good_once_even_for_two_at_once(agency: NewAgency) -> None:
    token = await invited(agency, _here(agency))
    tries = [joining.join(token, "Ana", PASSWORD, **PROFILE) for _ in range(2)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(isinstance(one, Invalid) for one in done) == [False, True]
    assert await _reason(invitations.open_offer(token)) == "invitation"


async def test_a_link_is_good_for_seven_days(agency: NewAgency) -> None:
    token = await invited(agency, _here(agency))
    async with unit_of_work(agency.owner) as session:
        row = (await session.scalars(select(Invitation))).one()
        assert row.expires_at - row.created_at == timedelta(days=7)
        await session.execute(update(Invitation).values(expires_at=datetime.now(UTC)))
    assert await _reason(joining.join(token, "Ana", PASSWORD, **PROFILE)) == "invitation"
    async with unit_of_work(agency.owner) as session:
        (seen,) = await invitations.list_invitations(session, agency.owner)
    assert seen.expired


async def test_sending_again_replaces_the_link(agency: NewAgency) -> None:
    email = new_email()
    first = await invited(agency, _here(agency), email=email)
    async with unit_of_work(agency.owner) as session:
        (waiting,) = await invitations.list_invitations(session, agency.owner)
    assert await invitations.invite_again(agency.owner, waiting.id) == email
    assert await _reason(invitations.open_offer(first)) == "invitation"
    second = link_in((await deliver(email))[0]).rpartition("/")[2]
    assert (await invitations.open_offer(second)).email == email


async def test_a_revoked_link_works_no_more_until_it_is_restored(agency: NewAgency) -> None:
    token = await invited(agency, _here(agency))
    async with unit_of_work(agency.owner) as session:
        (waiting,) = await invitations.list_invitations(session, agency.owner)
        await invitations.revoke_invitation(session, agency.owner, waiting.id)
    assert await _reason(invitations.open_offer(token)) == "invitation"
    async with unit_of_work(agency.owner) as session:
        assert await invitations.list_invitations(session, agency.owner) == ()
        await invitations.restore_invitation(session, agency.owner, waiting.id)
    assert (await invitations.open_offer(token)).id == waiting.id


async def test_an_address_that_was_invited_anew_keeps_the_new_invitation(
    agency: NewAgency,
) -> None:
    email = new_email()
    made = await invitations.invite(agency.owner, email, [_here(agency)], "fr")
    async with unit_of_work(agency.owner) as session:
        await invitations.revoke_invitation(session, agency.owner, made.id)
    await invitations.invite(agency.owner, email, [_here(agency)], "fr")
    async with unit_of_work(agency.owner) as session:
        restored = invitations.restore_invitation(session, agency.owner, made.id)
        assert await _reason(restored) == "invited_anew"


async def test_an_accepted_invitation_can_be_neither_sent_nor_revoked(agency: NewAgency) -> None:
    made = await invitations.invite(agency.owner, new_email(), [_here(agency)], "fr")
    async with unit_of_work(agency.owner) as session:
        await session.execute(update(Invitation).values(accepted_at=datetime.now(UTC)))
    with pytest.raises(NotFound):
        await invitations.invite_again(agency.owner, made.id)
    async with unit_of_work(agency.owner) as session:
        with pytest.raises(NotFound):
            await invitations.revoke_invitation(session, agency.owner, made.id)


async def test_a_job_of_a_revoked_invitation_sends_nothing(agency: NewAgency) -> None:
    made = await invitations.invite(agency.owner, email := new_email(), [_here(agency)], "fr")
    async with unit_of_work(agency.owner) as session:
        await invitations.revoke_invitation(session, agency.owner, made.id)
    await mailing.mail_invitation(Work(made.id, agency.id))
    assert await deliver(email) == []


async def test_a_signed_in_user_of_the_address_accepts(agency: NewAgency) -> None:
    other = await make_agency("Autre")
    token = await invited(agency, _here(agency, Role.MANAGER), email=other.email)
    assert (await invitations.open_offer(token)).known
    signed_in = await accounts.sign_in(other.email, PASSWORD, "tests", "")
    before = await colleague(other.email, signed_in)
    landing = await joining.accept(before.info, token)
    assert landing == joining.Landing(agency.slug, agency.workspace_slug)
    after = await colleague(other.email, signed_in)
    assert {place.agency_slug for place in after.info.places} == {agency.slug, other.slug}
    assert after.actor(other).agency_roles == {Role.OWNER}
    assert after.actor(agency).workspaces == {agency.workspace_id: frozenset({Role.MANAGER})}


async def test_nobody_accepts_for_another_address(agency: NewAgency) -> None:
    token = await invited(agency, _here(agency))
    other = await make_agency("Autre")
    info = (await colleague(other.email, await _sign_in(other))).info
    assert await _reason(joining.accept(info, token)) == "invitation_other"


async def _sign_in(agency: NewAgency) -> str:
    return await accounts.sign_in(agency.email, PASSWORD, "tests", "")


async def test_an_account_is_not_made_a_second_time(agency: NewAgency) -> None:
    other = await make_agency("Autre")
    token = await invited(agency, _here(agency), email=other.email)
    refused = joining.join(token, "Eve", "another long password", **PROFILE)
    assert await _reason(refused) == "invitation_known"
    assert await sessions.resolve_session(await _sign_in(other)) is not None
    assert (await invitations.open_offer(token)).known


async def test_a_new_account_needs_no_second_mail(agency: NewAgency) -> None:
    ana = await hire(agency, _here(agency))
    assert await accounts.sign_in(ana.email, PASSWORD, "tests", "") != ana.token
    assert (ana.info.name, ana.info.language) == ("Ana", "fr")


async def test_a_bad_password_leaves_the_link_good(agency: NewAgency) -> None:
    token = await invited(agency, _here(agency))
    with pytest.raises(InvalidForm) as caught:
        await joining.join(token, "", "short", **PROFILE)
    assert set(caught.value.faults) == {"name", "password"}
    assert (await invitations.open_offer(token)).agency == "Agence Été"


async def test_an_invitation_whose_workspaces_are_gone_is_over(agency: NewAgency) -> None:
    token = await invited(agency, _here(agency))
    async with unit_of_work(system_actor(agency.id, agency.workspace_id)) as session:
        row = await session.get_one(Workspace, (agency.id, agency.workspace_id))
        await session.delete(row)
    assert await _reason(invitations.open_offer(token)) == "invitation"
    assert await _reason(joining.join(token, "Ana", PASSWORD, **PROFILE)) == "invitation"


async def test_a_token_that_we_did_not_sign_opens_nothing(agency: NewAgency) -> None:
    token = await invited(agency, _here(agency))
    other = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    for wrong in ("", "x", "é", other, sign("second factor", b"x" * 48)):
        assert await _reason(invitations.open_offer(wrong)) == "invitation"
    carried = signed("invitation", token)
    assert carried is not None
    again = sign("invitation", carried[:32] + b"y" * 16)
    assert await _reason(invitations.open_offer(again)) == "invitation"


async def test_it_is_recorded(agency: NewAgency) -> None:
    ana = await hire(agency, _here(agency))
    async with unit_of_work(agency.owner) as session:
        rows = (
            await session.execute(
                select(AuditEvent.tag, AuditEvent.user_id, AuditEvent.data).where(
                    AuditEvent.object_kind == "invitation"
                )
            )
        ).all()
    found = {row.tag: row for row in rows}
    assert set(found) == {"user:invite", "user:join"}
    assert found["user:invite"].user_id == agency.owner.user_id
    assert found["user:join"].user_id == ana.info.user_id
    assert found["user:join"].data["roles"] == [
        {"workspace": str(agency.workspace_id), "role": "moderator"}
    ]
