"""One's own account: its words, its address, its sessions, its agencies and its end."""

import pytest
from sqlalchemy import select

from cmhub.actor import Role
from cmhub.db import doors, unit_of_work
from cmhub.errors import CMHubError, Conflict, NotFound
from cmhub.models import Agency, AuditEvent, Membership
from cmhub.services import accounts, passwords, profile, sessions
from cmhub.services.checks import InvalidForm
from cmhub.services.devices import device_of
from cmhub.services.grants import Grant
from cmhub.services.workspaces import find_workspace
from tests.support.agency import PASSWORD, NewAgency, make_agency
from tests.support.mails import deliver, link_in, waiting_mails
from tests.support.people import Colleague, colleague, hire, new_email

pytestmark = pytest.mark.usefixtures("pool")
NEW = "treize lampes bleues"


@pytest.fixture
async def ana(agency: NewAgency) -> Colleague:
    """Somebody who moderates one workspace."""
    return await hire(agency, Grant(Role.MODERATOR, agency.workspace_id))


async def _fault(refused: object) -> str:
    with pytest.raises(CMHubError) as caught:
        await refused  # pyright: ignore[reportGeneralTypeIssues]
    error = caught.value
    if isinstance(error, InvalidForm):
        return next(iter(error.faults))
    return str(error.params.get("reason", error.code))


async def _again(one: Colleague) -> Colleague:
    return await colleague(one.email, one.token)


async def _owner(agency: NewAgency) -> Colleague:
    return await colleague(agency.email, await accounts.sign_in(agency.email, PASSWORD, "t", ""))


# name, language, time zone


async def test_it_keeps_name_language_and_zone(ana: Colleague) -> None:
    await profile.save_profile(ana.info, "  Ana  L’Hermitte ", "en", "America/Montreal")
    info = (await _again(ana)).info
    assert (info.name, info.language, info.time_zone) == (
        "Ana L’Hermitte",
        "en",
        "America/Montreal",
    )
    assert await _fault(profile.save_profile(ana.info, " ", "en", "UTC")) == "name"
    assert await _fault(profile.save_profile(ana.info, "Ana", "en", "Mars")) == "time_zone"


# the address


async def _link(email: str) -> str:
    return link_in((await deliver(email))[0]).rpartition("/")[2]


async def test_a_new_address_counts_once_it_is_proven(ana: Colleague) -> None:
    new = new_email()
    assert await profile.ask_email(ana.info, f" {new.upper()} ", PASSWORD) == new
    seen = await profile.read_profile((await _again(ana)).info)
    assert (seen.email, seen.asked_email) == (ana.email, new)
    token = await _link(new)
    assert await profile.email_token_is_good(token)
    await profile.change_email(token)
    seen = await profile.read_profile((await _again(ana)).info)
    assert (seen.email, seen.asked_email) == (new, "")
    assert await accounts.sign_in(new, PASSWORD, "tests", "")
    assert await _fault(accounts.sign_in(ana.email, PASSWORD, "tests", "")) == "credentials"
    assert await _fault(profile.change_email(token)) == "link"


async def test_the_old_address_is_told(ana: Colleague) -> None:
    new = new_email()
    await profile.ask_email(ana.info, new, PASSWORD)
    await profile.change_email(await _link(new))
    (told, *_) = await deliver(ana.email)
    assert told.subject == "L’adresse de votre compte CMHub a changé"
    assert new in told.text


async def test_it_takes_the_password_to_change_the_address(ana: Colleague) -> None:
    assert await _fault(profile.ask_email(ana.info, new_email(), "not this one")) == "password"
    assert await _fault(profile.ask_email(ana.info, "nothing", PASSWORD)) == "email"
    assert await _fault(profile.ask_email(ana.info, ana.email, PASSWORD)) == "email"


async def test_nobody_learns_that_an_address_is_taken(ana: Colleague, agency: NewAgency) -> None:
    assert await profile.ask_email(ana.info, agency.email, PASSWORD) == agency.email
    (told, *_) = await deliver(agency.email)
    assert told.subject == "Vous avez déjà un compte"
    assert "/auth/email/" not in told.text
    assert (await _again(ana)).info.email == ana.email


async def test_an_address_that_was_taken_meanwhile_is_not_taken_over(ana: Colleague) -> None:
    new = new_email()
    await profile.ask_email(ana.info, new, PASSWORD)
    token = await _link(new)
    await accounts.sign_up("Eve", new, PASSWORD, "Autre", "fr", "UTC")
    assert await _fault(profile.change_email(token)) == "link"
    assert (await _again(ana)).info.email == ana.email


async def test_only_the_newest_link_works_and_none_after_a_change_of_mind(ana: Colleague) -> None:
    first, second = new_email(), new_email()
    await profile.ask_email(ana.info, first, PASSWORD)
    token = await _link(first)
    await profile.ask_email(ana.info, second, PASSWORD)
    assert not await profile.email_token_is_good(token)
    token = await _link(second)
    await profile.forget_asked_email(ana.info)
    assert await _fault(profile.change_email(token)) == "link"
    assert (await profile.read_profile(ana.info)).asked_email == ""


# sessions and password


async def test_sessions_are_listed_and_ended(ana: Colleague, agency: NewAgency) -> None:
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
    other = await accounts.sign_in(ana.email, PASSWORD, phone, "198.51.100.7")
    here, there = await sessions.list_sessions(ana.info)
    assert (here.here, there.here) == (True, False)
    assert (there.browser, there.system, there.address) == ("Safari", "iPhone", "198.51.100.7")
    stranger = await _owner(agency)
    with pytest.raises(NotFound):
        await sessions.end_session(stranger.info, there.id)
    await sessions.end_session(ana.info, there.id)
    assert await sessions.resolve_session(other) is None
    with pytest.raises(NotFound):
        await sessions.end_session(ana.info, there.id)


async def test_all_other_sessions_end_at_once(ana: Colleague) -> None:
    others = [await accounts.sign_in(ana.email, PASSWORD, "tests", "") for _ in range(3)]
    assert await sessions.end_other_sessions(ana.info) == 3
    assert [await sessions.resolve_session(token) for token in others] == [None] * 3
    assert await sessions.resolve_session(ana.token) is not None


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36 Edg/141.0",
         ("Edge", "Windows")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1",
         ("Safari", "macOS")),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/141.0 Mobile Safari/537.36",
         ("Chrome", "Android")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         ("Firefox", "Linux")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/141.0 Safari/604.1",
         ("Chrome", "iPhone")),
        ("curl/8.5", ("", "")),
    ],
)  # fmt: skip
def test_a_device_is_told_in_words(agent: str, device: tuple[str, str]) -> None:
    assert device_of(agent) == device


async def test_a_new_password_asks_the_old_and_ends_the_others(ana: Colleague) -> None:
    other = await accounts.sign_in(ana.email, PASSWORD, "tests", "")
    assert await _fault(passwords.change_password(ana.info, "not this one", NEW)) == "password"
    assert await _fault(passwords.change_password(ana.info, PASSWORD, "short")) == "new"
    await passwords.change_password(ana.info, PASSWORD, NEW)
    assert await sessions.resolve_session(other) is None
    assert await sessions.resolve_session(ana.token) is not None
    assert await accounts.sign_in(ana.email, NEW, "tests", "")
    assert await waiting_mails(ana.info.user_id) == ["mail.changed"]


async def test_a_new_password_ends_links_that_wait(ana: Colleague) -> None:
    async with doors() as session:
        link = await accounts.issue_token(session, ana.info.user_id, "reset")
    await passwords.change_password(ana.info, PASSWORD, NEW)
    assert not await accounts.token_is_good("reset", link)


# agencies


async def test_it_shows_where_one_belongs(ana: Colleague, agency: NewAgency) -> None:
    (only,) = (await profile.read_profile(ana.info)).belongs
    assert (only.name, only.role, only.workspaces) == (
        "Agence Été",
        "",
        (profile.Inside("Rivière", "moderator"),),
    )
    (mine,) = (await profile.read_profile((await _owner(agency)).info)).belongs
    assert (mine.role, mine.workspaces) == ("owner", ())


async def test_who_leaves_is_out_and_it_is_recorded(ana: Colleague, agency: NewAgency) -> None:
    assert await profile.leave(ana.info, agency.slug) == "Agence Été"
    assert (await _again(ana)).info.places == ()
    async with unit_of_work(agency.owner) as session:
        tags = (await session.scalars(select(AuditEvent.tag))).all()
    assert "user:leave" in tags
    with pytest.raises(NotFound):
        await profile.leave(ana.info, agency.slug)


async def test_the_last_owner_cannot_leave(agency: NewAgency) -> None:
    owner = await _owner(agency)
    assert await _fault(profile.leave(owner.info, agency.slug)) == "last_owner"
    await hire(agency, Grant(Role.OWNER))
    await profile.leave(owner.info, agency.slug)
    assert (await _again(owner)).info.places == ()


# the end


async def test_an_account_is_deleted_with_all_that_opens_it(
    ana: Colleague, agency: NewAgency
) -> None:
    assert await _fault(profile.delete_account(ana.info, "not this one")) == "password"
    await profile.delete_account(ana.info, PASSWORD)
    assert await sessions.resolve_session(ana.token) is None
    assert await _fault(accounts.sign_in(ana.email, PASSWORD, "tests", "")) == "credentials"
    async with unit_of_work(agency.owner) as session:
        users = (await session.scalars(select(Membership.user_id))).all()
        told = (await session.scalars(select(AuditEvent.tag))).all()
    assert ana.info.user_id not in users
    assert "user:leave" in told


async def test_the_last_owner_of_a_live_agency_cannot_delete_the_account(
    agency: NewAgency,
) -> None:
    owner = await _owner(agency)
    with pytest.raises(Conflict) as caught:
        await profile.delete_account(owner.info, PASSWORD)
    assert caught.value.params == {"reason": "last_owner_of", "agency": "Agence Été"}
    assert (await _again(owner)).info.places != ()


async def test_an_empty_agency_goes_with_its_only_user() -> None:
    email = new_email()
    await accounts.sign_up("Zoé", email, PASSWORD, "Seule", "fr", "UTC")
    token = await accounts.confirm(await _link(email), "tests", "")
    alone = await colleague(email, token)
    slug = alone.info.places[0].agency_slug
    actor = sessions.actor_in(alone.info, slug)
    await profile.delete_account(alone.info, PASSWORD)
    async with unit_of_work(actor) as session:
        assert (await session.scalars(select(Agency))).all() == []
        assert (await session.scalars(select(Membership))).all() == []
    assert await find_workspace(slug, "") is None


async def test_one_of_two_agencies_that_cannot_be_left_keeps_all(agency: NewAgency) -> None:
    other = await make_agency("Autre")
    owner = await _owner(agency)
    from cmhub.services import joining
    from tests.support.people import invited

    token = await invited(other, Grant(Role.CLIENT, other.workspace_id), email=owner.email)
    await joining.accept(owner.info, token)
    owner = await _again(owner)
    assert {place.agency_slug for place in owner.info.places} == {agency.slug, other.slug}
    with pytest.raises(Conflict):
        await profile.delete_account(owner.info, PASSWORD)
    after = (await _again(owner)).info
    assert {place.agency_slug for place in after.places} == {agency.slug, other.slug}


async def test_changes_of_the_account_are_recorded_in_each_agency(
    ana: Colleague, agency: NewAgency
) -> None:
    await passwords.change_password(ana.info, PASSWORD, NEW)
    new = new_email()
    await profile.ask_email(ana.info, new, NEW)
    await profile.change_email(await _link(new))
    async with unit_of_work(agency.owner) as session:
        rows = await session.scalars(
            select(AuditEvent.tag).where(AuditEvent.object_id == ana.info.user_id)
        )
        assert set(rows) == {"user:password", "user:email"}
