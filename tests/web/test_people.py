"""Invitations, second factor and new address by plain pages, as a browser sends them."""

import html
import re
from collections.abc import AsyncIterator
from secrets import token_hex

import httpx
import pytest
from starlette.applications import Starlette

from cmhub.actor import Role
from cmhub.logs import without_tokens
from cmhub.services import accounts, invitations, profile, sessions
from cmhub.services.grants import Grant
from cmhub.web import routes
from tests.support.agency import PASSWORD, NewAgency, make_agency
from tests.support.mails import deliver, link_in
from tests.support.people import Colleague, code_of, colleague, enrol, hire, invited, new_email

pytestmark = pytest.mark.usefixtures("pool")
_HOST = "http://localhost:8000"
_APP = Starlette(routes=routes)


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    carrier = httpx.ASGITransport(app=_APP, client=(token_hex(8), 4000))
    headers = {"accept-language": "en", "origin": _HOST}
    async with httpx.AsyncClient(transport=carrier, base_url=_HOST, headers=headers) as one:
        yield one


@pytest.fixture
async def ana(agency: NewAgency) -> Colleague:
    """Somebody who moderates one workspace."""
    return await hire(agency, _here(agency))


def _here(agency: NewAgency, role: Role = Role.MODERATOR) -> Grant:
    return Grant(role, agency.workspace_id)


async def _sign_in(browser: httpx.AsyncClient, email: str, **other: str) -> httpx.Response:
    answer = await browser.post(
        "/auth/sign-in/", data={"email": email, "password": PASSWORD, **other}
    )
    await browser.post("/preferences", data={"language": "en"})
    return answer


# invitations


async def test_a_stranger_makes_an_account_and_lands_in_the_workspace(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    email = new_email()
    link = f"/join/{await invited(agency, _here(agency), email=email)}"
    page = html.unescape((await browser.get(link)).text)
    for words in ("Join Agence Été", "Zoé d’Été invites you", "Rivière", "Moderator", email):
        assert words in page
    short = await browser.post(link, data={"name": "Ana", "password": "short"})
    assert short.status_code == 422
    assert "Use at least 10 characters." in short.text
    form = {"name": "Ana", "password": PASSWORD, "time_zone": "Europe/Paris"}
    done = await browser.post(link, data=form)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    home = await browser.get("/")
    assert home.headers["location"].startswith(f"/w/{agency.slug}/{agency.workspace_slug}/")
    again = await browser.get(link)
    assert again.status_code == 410
    assert "This invitation no longer works" in again.text


async def test_opening_an_invitation_changes_nothing(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    token = await invited(agency, _here(agency))
    for _ in range(3):
        assert (await browser.get(f"/join/{token}")).status_code == 200
    assert (await invitations.open_offer(token)).agency == "Agence Été"


async def test_a_signed_out_user_signs_in_and_accepts(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    other = await make_agency("Autre")
    link = f"/join/{await invited(agency, _here(agency), email=other.email)}"
    page = (await browser.get(link)).text
    assert 'name="password"' not in page
    found = re.search(r'href="(/auth/sign-in/\?next=[^"]+)"', page)
    assert found is not None
    assert (await browser.get(html.unescape(found.group(1)))).status_code == 200
    went = await _sign_in(browser, other.email, next=link)
    assert went.headers["location"] == link
    assert "You are signed in as" in (await browser.get(link)).text
    done = await browser.post(link, data={})
    assert done.status_code == 303
    home = await browser.get("/")
    assert home.headers["location"].startswith(f"/w/{agency.slug}/")


async def test_another_user_is_told_whose_it_is(
    browser: httpx.AsyncClient, agency: NewAgency, ana: Colleague
) -> None:
    other = await make_agency("Autre")
    email = new_email()
    link = f"/join/{await invited(other, _here(other), email=email)}"
    await _sign_in(browser, ana.email)
    page = await browser.get(link)
    assert f"This invitation is for {email}" in page.text
    refused = await browser.post(link, data={})
    assert refused.status_code == 422
    out = re.search(r'action="(/auth/sign-out/\?next=[^"]+)"', page.text)
    assert out is not None
    gone = await browser.post(html.unescape(out.group(1)))
    assert gone.headers["location"] == link
    assert 'name="password"' in (await browser.get(link)).text


async def test_who_is_invited_to_an_agency_without_workspaces_makes_the_first(
    browser: httpx.AsyncClient,
) -> None:
    email = new_email()
    await accounts.sign_up("Zoé", email, PASSWORD, "Vide", "fr", "UTC")
    proof = link_in((await deliver(email))[0]).rpartition("/")[2]
    info = (await colleague(email, await accounts.confirm(proof, "tests", ""))).info
    owner = sessions.actor_in(info, info.places[0].agency_slug)
    invitee = new_email()
    await invitations.invite(owner, invitee, [Grant(Role.ADMIN)], "en")
    link = link_in((await deliver(invitee))[0])
    done = await browser.post(link, data={"name": "Ana", "password": PASSWORD})
    assert done.headers["location"] == f"/start/?agency={info.places[0].agency_slug}"
    assert "Vide" in (await browser.get(done.headers["location"])).text


async def test_knocking_with_invented_invitations_is_limited(browser: httpx.AsyncClient) -> None:
    answers = [(await browser.get("/join/invented")).status_code for _ in range(42)]
    assert set(answers[:40]) == {410}
    assert answers[-1] == 429


async def test_names_cannot_bring_markup_into_an_invitation(browser: httpx.AsyncClient) -> None:
    bad = "<img src=x onerror=alert(1)>"
    agency = await make_agency(bad)
    email = new_email()
    link = f"/join/{await invited(agency, _here(agency), email=email)}"
    page = (await browser.get(link)).text
    assert html.escape(bad) in page
    assert "<img" not in page


@pytest.mark.parametrize("path", ["/join/secret-token", "/auth/email/secret-token"])
def test_the_tokens_of_links_are_not_logged(path: str) -> None:
    assert "secret-token" not in without_tokens(f"GET {path} 200")


# second factor


async def test_a_code_is_asked_after_the_password_and_leads_on(
    browser: httpx.AsyncClient, agency: NewAgency, ana: Colleague
) -> None:
    key, _ = await enrol(ana.info)
    wanted = f"/w/{agency.slug}/riviere/inbox/?state=open"
    asked = await _sign_in(browser, ana.email, next=wanted)
    assert asked.headers["location"].startswith("/auth/code/?next=")
    assert "cmhub_session" not in browser.cookies
    step = asked.headers["set-cookie"]
    assert re.match(r"cmhub_session_step=[\w-]{43}; HttpOnly; Max-Age=600; Path=/;", step)
    page = await browser.get(asked.headers["location"])
    assert "Enter your code" in page.text
    wrong = await browser.post("/auth/code/", data={"code": "000000", "next": wanted})
    assert wrong.status_code == 422
    assert "This code is wrong or was used already." in wrong.text
    right = await browser.post("/auth/code/", data={"code": code_of(key), "next": wanted})
    assert (right.status_code, right.headers["location"]) == (303, wanted)
    assert "cmhub_session" in browser.cookies
    assert "cmhub_session_step" not in browser.cookies


async def test_half_signed_in_opens_nothing(
    browser: httpx.AsyncClient, agency: NewAgency, ana: Colleague
) -> None:
    await enrol(ana.info)
    await _sign_in(browser, ana.email)
    browser.cookies.set("cmhub_session", browser.cookies["cmhub_session_step"])
    for path in ("/start/", "/me/second-factor/", f"/files/{agency.slug}/riviere/logo/a.png"):
        answer = await browser.get(path)
        assert answer.headers.get("location", "").startswith("/auth/sign-in/") or (
            answer.status_code in (401, 404)
        ), path
    assert (await browser.get("/")).headers["location"] == "/en/"


async def test_without_a_step_there_is_no_code_to_give(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/auth/code/")).headers["location"] == "/auth/sign-in/"
    late = await browser.post("/auth/code/", data={"code": "123456"})
    assert late.headers["location"].startswith("/auth/sign-in/?done=step")
    assert "Too much time has passed." in (await browser.get(late.headers["location"])).text


async def test_a_recovery_code_can_be_typed_instead(
    browser: httpx.AsyncClient, ana: Colleague
) -> None:
    _, codes = await enrol(ana.info)
    await _sign_in(browser, ana.email)
    page = (await browser.get("/auth/code/?recovery=yes")).text
    assert "Recovery code" in page
    assert "inputmode" not in page
    assert (await browser.post("/auth/code/", data={"code": codes[0]})).status_code == 303
    assert "cmhub_session" in browser.cookies


async def test_turning_it_on_shows_the_recovery_codes_once(
    browser: httpx.AsyncClient, ana: Colleague
) -> None:
    await _sign_in(browser, ana.email)
    page = (await browser.get("/me/second-factor/")).text
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    sealed = re.search(r'name="offer" value="([^"]+)"', page)
    assert key is not None
    assert sealed is not None
    assert '<svg class="qr"' in page
    form = {"do": "on", "offer": sealed.group(1), "password": PASSWORD}
    wrong = await browser.post("/me/second-factor/", data={**form, "code": "000000"})
    assert wrong.status_code == 422
    assert key.group(1) in wrong.text, "the scanned code must stay good"
    done = await browser.post("/me/second-factor/", data={**form, "code": code_of(key.group(1))})
    codes = re.findall(r"<code>([\w-]{19})</code>", done.text)
    assert len(codes) == 10
    assert done.headers["cache-control"] == "no-store"
    after = (await browser.get("/me/second-factor/")).text
    assert "10 recovery codes are left." in after
    assert not any(code in after for code in codes)
    form = {"do": "off", "password": PASSWORD, "code": codes[0]}
    off = await browser.post("/me/second-factor/", data=form)
    assert off.headers["location"] == "/me/security/"
    assert "Scan this code" in (await browser.get("/me/second-factor/")).text


async def test_another_site_cannot_turn_it_off(browser: httpx.AsyncClient, ana: Colleague) -> None:
    _, codes = await enrol(ana.info)
    browser.cookies.set("cmhub_session", ana.token)
    form = {"do": "off", "password": PASSWORD, "code": codes[0]}
    evil = {"origin": "https://evil.example"}
    for path in ("/me/second-factor/", "/auth/code/", "/join/x", "/auth/email/x"):
        assert (await browser.post(path, data=form, headers=evil)).status_code == 403


# the new address


async def test_a_new_address_is_confirmed_by_a_button(
    browser: httpx.AsyncClient, ana: Colleague
) -> None:
    new = new_email()
    await profile.ask_email(ana.info, new, PASSWORD)
    link = link_in((await deliver(new))[0])
    for _ in range(2):
        assert "Confirm your new address" in (await browser.get(link)).text
    done = await browser.post(link)
    assert done.headers["location"] == "/auth/sign-in/?done=moved"
    assert (await browser.get(link)).status_code == 410
    info = await sessions.resolve_session(ana.token)
    assert info is not None
    assert info.email == new
