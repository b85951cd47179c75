"""Signing up, in and out, and a new password, on the real database."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from secrets import token_hex
from uuid import UUID

import pytest
from sqlalchemy import select, text

from cmhub.crypto import fingerprint
from cmhub.db import doors, unit_of_work
from cmhub.errors import Invalid, TooMany
from cmhub.models import Agency, AuditEvent, Membership, new_id
from cmhub.services import accounts
from cmhub.services.checks import InvalidForm, clean_email
from cmhub.services.sessions import resolve_session
from tests.support.agency import PASSWORD, NewAgency
from tests.support.mails import deliver, link_in, waiting_mails

pytestmark = pytest.mark.usefixtures("pool")
NEW_PASSWORD = "treize lampes bleues"


def _email() -> str:
    return f"{token_hex(6)}@exemple.example"


async def _sign_up(email: str, name: str = "Zoé", agency: str = "Été") -> UUID | None:
    return await accounts.sign_up(name, email, PASSWORD, agency, "fr", "Europe/Paris")


async def _token(email: str) -> str:
    return link_in((await deliver(email))[0]).rpartition("/")[2]


async def _reason(refused: Awaitable[object]) -> str:
    with pytest.raises(Invalid) as caught:
        await refused
    return str(caught.value.params["reason"])


async def test_it_makes_user_agency_and_owner_together() -> None:
    email = _email()
    user = await _sign_up(f"  {email.upper()} ", "Zoé  d’Aubigné", "L’Écho")
    assert user is not None
    token = await accounts.confirm(await _token(email), "Firefox", "192.0.2.1")
    info = await resolve_session(token)
    assert info is not None
    assert (info.user_id, info.email, info.name) == (user, email, "Zoé d’Aubigné")
    assert (info.language, info.time_zone) == ("fr", "Europe/Paris")
    assert [(place.agency_name, place.role) for place in info.places] == [("L’Écho", "owner")]


async def test_it_records_the_sign_up(agency: NewAgency) -> None:
    async with unit_of_work(agency.owner) as session:
        tags = (await session.scalars(select(AuditEvent.tag))).all()
        assert {"user:sign_up", "agency:create"} <= set(tags)
        assert (await session.scalars(select(Membership.role))).all() == ["owner"]
        assert (await session.scalars(select(Agency.slug))).all() == [agency.slug]


async def test_it_gives_agencies_of_one_name_different_addresses() -> None:
    name = f"Écho {token_hex(4)}"
    emails = [_email() for _ in range(3)]
    await asyncio.gather(*(_sign_up(email, agency=name) for email in emails))
    slugs: set[str] = set()
    for email in emails:
        info = await resolve_session(await accounts.confirm(await _token(email), "", ""))
        assert info is not None
        slugs.add(info.places[0].agency_slug)
    first = min(slugs, key=len)
    assert slugs == {first, f"{first}-2", f"{first}-3"}
    assert first.startswith("echo-")


async def test_it_leaves_a_known_address_alone_and_tells_its_owner(agency: NewAgency) -> None:
    assert await _sign_up(agency.email) is None
    mails = await deliver(agency.email)
    assert mails[0].subject == "Vous avez déjà un compte"
    assert await accounts.sign_in(agency.email, PASSWORD, "", "")


async def test_two_who_sign_up_at_once_with_one_address_make_one_account() -> None:
    email = _email()
    made = await asyncio.gather(*(_sign_up(email) for _ in range(3)))
    assert len([user for user in made if user is not None]) == 1


async def test_it_lets_nobody_in_before_the_address_is_proven() -> None:
    email = _email()
    await _sign_up(email)
    assert await _reason(accounts.sign_in(email, PASSWORD, "", "")) == "not_confirmed"
    assert await _reason(accounts.sign_in(email, "wrong password", "", "")) == "credentials"


async def test_it_confirms_once() -> None:
    email = _email()
    await _sign_up(email)
    token = await _token(email)
    assert await accounts.token_is_good("confirm", token)
    await accounts.confirm(token, "", "")
    assert not await accounts.token_is_good("confirm", token)
    assert await _reason(accounts.confirm(token, "", "")) == "link"


async def test_a_link_is_good_for_its_own_purpose_only() -> None:
    email = _email()
    await _sign_up(email)
    token = await _token(email)
    assert await _reason(accounts.reset(token, NEW_PASSWORD)) == "link"
    assert not await accounts.token_is_good("reset", token)


async def test_it_refuses_an_expired_link() -> None:
    email = _email()
    user = await _sign_up(email)
    assert user is not None
    async with doors() as session:
        await session.execute(
            text("select issue_token(:id, :user, 'confirm', :hash, interval '-1 second')"),
            {"id": new_id(), "user": user, "hash": fingerprint("stale" + email)},
        )
    assert await _reason(accounts.confirm("stale" + email, "", "")) == "link"


async def test_it_sends_the_confirmation_again_only_while_it_is_needed(agency: NewAgency) -> None:
    email = _email()
    user = await _sign_up(email)
    assert user is not None
    await deliver(email)
    await accounts.request_confirmation(email)
    assert await waiting_mails(user) == ["mail.confirm"]
    await deliver(email)
    await accounts.request_confirmation(agency.email)
    assert agency.owner.user_id is not None
    assert await waiting_mails(agency.owner.user_id) == []


async def test_a_reset_sets_the_password_once_and_ends_every_session(agency: NewAgency) -> None:
    sessions = [await accounts.sign_in(agency.email, PASSWORD, "", "") for _ in range(2)]
    await accounts.request_reset(agency.email.upper())
    token = await _token(agency.email)
    await accounts.reset(token, NEW_PASSWORD)
    assert [await resolve_session(session) for session in sessions] == [None, None]
    assert await _reason(accounts.sign_in(agency.email, PASSWORD, "", "")) == "credentials"
    assert await accounts.sign_in(agency.email, NEW_PASSWORD, "", "")
    assert await _reason(accounts.reset(token, PASSWORD)) == "link"
    assert (await deliver(agency.email))[0].subject == "Votre mot de passe a été changé"


async def test_a_refused_new_password_leaves_the_link_good(agency: NewAgency) -> None:
    await accounts.request_reset(agency.email)
    token = await _token(agency.email)
    assert await _reason(accounts.reset(token, "short")) == "password_short"
    assert await _reason(accounts.reset(token, agency.email.upper())) == "password_email"
    assert await accounts.sign_in(agency.email, PASSWORD, "", "")
    await accounts.reset(token, NEW_PASSWORD)


async def test_a_reset_proves_the_address_too() -> None:
    email = _email()
    await _sign_up(email)
    await deliver(email)
    await accounts.request_reset(email)
    await accounts.reset(await _token(email), NEW_PASSWORD)
    assert await accounts.sign_in(email, NEW_PASSWORD, "", "")


async def test_signing_out_ends_this_session_only(agency: NewAgency) -> None:
    here, there = [await accounts.sign_in(agency.email, PASSWORD, "", "") for _ in range(2)]
    await accounts.sign_out(here)
    assert await resolve_session(here) is None
    assert await resolve_session(there) is not None


async def test_it_limits_attempts_per_account() -> None:
    email = _email()
    for _ in range(10):
        assert await _reason(accounts.sign_in(email, "wrong", "", token_hex(8))) == "credentials"
    with pytest.raises(TooMany) as caught:
        await accounts.sign_in(email, "wrong", "", token_hex(8))
    assert 1 <= int(caught.value.params["seconds"]) <= 60


async def test_it_limits_mails_per_address_of_the_network() -> None:
    place = token_hex(8)
    asked = [accounts.request_reset(_email(), address=place) for _ in range(45)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers if answer is not None] == [TooMany] * 5


async def test_it_tells_every_fault_of_a_form() -> None:
    with pytest.raises(InvalidForm) as caught:
        await accounts.sign_up("\u202e ", "nobody", "short", "x" * 121, "fr", "")
    reasons = {name: fault.params["reason"] for name, fault in caught.value.faults.items()}
    assert reasons == {
        "name": "name_missing",
        "agency_name": "too_long",
        "email": "email_wrong",
        "password": "password_short",
    }


@pytest.mark.parametrize(
    "password", ["Nine char", "x" * 201, "Someone@Exemple.example"], ids=["short", "long", "e-mail"]
)
async def test_it_refuses_a_weak_password(password: str) -> None:
    with pytest.raises(InvalidForm):
        await accounts.sign_up("Zoé", "someone@exemple.example", password, "Été", "fr", "")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Zoé.X@Exemple.FR", None),
        ("zoe.x+news@exemple.fr ", "zoe.x+news@exemple.fr"),
        ("o'neil@Éxemple.fr", "o'neil@xn--xemple-9ua.fr"),
        ("a@b", None),
        ("a@b..fr", None),
        ("a b@exemple.fr", None),
        ("a@exemple.fr\nBcc: b@exemple.fr", None),
        (".a@exemple.fr", None),
        (f"{'a' * 65}@exemple.fr", None),
        (f"a@{'b' * 250}.fr", None),
        ("a\0@exemple.fr", None),
    ],
)
def test_it_reads_addresses_as_mail_servers_do(typed: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(Invalid):
            clean_email(typed)
    else:
        assert clean_email(typed) == kept


async def test_a_wrong_password_costs_the_same_for_known_and_unknown(agency: NewAgency) -> None:
    async def seconds(email: Callable[[], str]) -> float:
        measured: list[float] = []
        for _ in range(5):
            began = time.perf_counter()
            await _reason(accounts.sign_in(email(), "wrong password", "", ""))
            measured.append(time.perf_counter() - began)
        return statistics.median(measured)

    known, unknown = await seconds(lambda: agency.email), await seconds(_email)
    assert 0.3 < known / unknown < 3


async def test_a_request_lasts_a_whole_number_of_beats(agency: NewAgency) -> None:
    for email in (agency.email, _email()):
        began = time.perf_counter()
        await accounts.request_reset(email)
        assert time.perf_counter() - began >= 0.25
