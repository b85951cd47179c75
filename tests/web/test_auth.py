"""The way in by plain forms, as a browser sends them."""

import html
import os
import re
from collections.abc import AsyncIterator
from secrets import token_hex
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette

from cmhub.sandbox import mail
from cmhub.services import mailing
from cmhub.services.accounts import UserView
from cmhub.web import routes
from cmhub.web.forms import local_path
from tests.support.agency import PASSWORD, NewAgency
from tests.support.mails import deliver, link_in
from tests.support.settings import SetVariable

pytestmark = pytest.mark.usefixtures("pool")

_HOST = "http://localhost:8000"
_APP = Starlette(routes=[*routes, *mail.routes])
NEW_PASSWORD = "treize lampes bleues"


def _browser(address: str = "127.0.0.1", base: str = _HOST) -> httpx.AsyncClient:
    carrier = httpx.ASGITransport(app=_APP, client=(address, 4000))
    headers = {"accept-language": "en", "origin": base}
    return httpx.AsyncClient(transport=carrier, base_url=base, headers=headers)


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with _browser(token_hex(8)) as one:
        yield one


def _email() -> str:
    return f"{token_hex(6)}@exemple.example"


def _filled(email: str, **other: str) -> dict[str, str]:
    form = {"name": "Zoé", "agency_name": "Été", "email": email, "password": PASSWORD}
    return {**form, "time_zone": "Europe/Paris", **other}


def _words(answer: httpx.Response) -> str:
    return html.unescape(answer.text)


async def _sign_in(browser: httpx.AsyncClient, agency: NewAgency, **other: str) -> httpx.Response:
    form = {"email": agency.email, "password": PASSWORD, **other}
    answer = await browser.post("/auth/sign-in/", data=form)
    await browser.post("/preferences", data={"language": "en"})
    return answer


async def test_the_way_in_from_sign_up_to_the_first_workspace(browser: httpx.AsyncClient) -> None:
    email = _email()
    sent = await browser.post("/auth/sign-up/", data=_filled(email, agency_name="L’Écho"))
    assert (sent.status_code, sent.headers["location"]) == (303, "/auth/sent/?for=confirm")
    link = link_in((await deliver(email))[0])
    assert "Confirm address" in (await browser.get(link)).text
    confirmed = await browser.post(link)
    assert (confirmed.status_code, confirmed.headers["location"]) == (303, "/start/")
    start = await browser.get("/start/")
    assert "Your first workspace" in start.text
    assert "L’Écho" in _words(start)
    zone = {"time_zone": "Europe/Paris"}
    made = await browser.post("/start/", data={"name": "L’Œil", "client": "Œil SA", **zone})
    found = re.fullmatch(r"/w/(l-echo[\w-]*)/l-oeil/connections/", made.headers["location"])
    assert found is not None
    home = await browser.get("/")
    assert home.headers["location"] == f"/w/{found.group(1)}/l-oeil/home/"


async def test_it_answers_a_known_address_like_an_unknown_one(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    pages = ("/auth/sign-up/", _filled), ("/auth/forgot/", _only), ("/auth/confirm/", _only)
    for path, form in pages:
        known, unknown = [
            await browser.post(path, data=form(email), follow_redirects=True)
            for email in (agency.email, _email())
        ]
        assert known.status_code == unknown.status_code == 200
        assert known.url == unknown.url
        assert known.text == unknown.text


def _only(email: str) -> dict[str, str]:
    return {"email": email}


async def test_it_answers_a_wrong_password_like_an_unknown_address(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    known, unknown = [
        await browser.post("/auth/sign-in/", data={"email": email, "password": "not that one"})
        for email in (agency.email, _email())
    ]
    assert known.status_code == unknown.status_code == 422
    emails = re.compile(r"[\w.]+@[\w.]+")
    assert emails.sub("", known.text) == emails.sub("", unknown.text)
    assert "The e-mail address or the password is wrong." in known.text


async def test_opening_the_mailed_link_changes_nothing(browser: httpx.AsyncClient) -> None:
    email = _email()
    await browser.post("/auth/sign-up/", data=_filled(email))
    link = link_in((await deliver(email))[0])
    for _ in range(3):
        assert (await browser.get(link)).status_code == 200
    form = {"email": email, "password": PASSWORD}
    refused = await browser.post("/auth/sign-in/", data=form)
    assert refused.status_code == 422
    assert "Your address is not confirmed yet." in refused.text
    assert "Send the e-mail again" in refused.text


async def test_a_link_that_was_used_leads_to_a_new_one(browser: httpx.AsyncClient) -> None:
    email = _email()
    await browser.post("/auth/sign-up/", data=_filled(email))
    link = link_in((await deliver(email))[0])
    await browser.post(link)
    assert (await browser.get(link)).headers["location"] == "/"
    browser.cookies.clear()
    for again in (await browser.get(link), await browser.post(link)):
        assert again.status_code == 410
        assert "set-cookie" not in again.headers
        assert "/auth/confirm/" in again.text


async def test_a_reset_ends_sessions_and_asks_to_sign_in(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    await _sign_in(browser, agency)
    await browser.post("/auth/forgot/", data={"email": agency.email})
    link = link_in((await deliver(agency.email))[0])
    short = await browser.post(link, data={"password": "short"})
    assert short.status_code == 422
    assert "Use at least 10 characters." in short.text
    assert "short" not in short.text
    done = await browser.post(link, data={"password": NEW_PASSWORD})
    assert done.headers["location"] == "/auth/sign-in/?done=reset"
    assert (await browser.get("/")).headers["location"] == "/en/"
    assert (await browser.get(link)).status_code == 410
    form = {"email": agency.email, "password": NEW_PASSWORD}
    assert (await browser.post("/auth/sign-in/", data=form)).status_code == 303


async def test_the_cookie_is_for_this_host_and_no_script(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    cookie = (await _sign_in(browser, agency)).headers.get_list("set-cookie")[0]
    assert re.fullmatch(
        r"cmhub_session=[\w-]{43}; HttpOnly; Max-Age=5184000; Path=/; SameSite=lax", cookie
    )


async def test_the_cookie_is_bound_to_tls_where_there_is_tls(
    browser: httpx.AsyncClient, agency: NewAgency, set_variable: SetVariable
) -> None:
    set_variable("CMHUB_BASE_URL", "https://cmhub.example")
    origin = {"origin": "https://cmhub.example"}
    form = {"email": agency.email, "password": PASSWORD}
    answer = await browser.post("/auth/sign-in/", data=form, headers=origin)
    cookie = answer.headers.get_list("set-cookie")[0]
    assert cookie.startswith("__Host-cmhub_session=")
    assert cookie.endswith("; HttpOnly; Max-Age=5184000; Path=/; SameSite=lax; Secure")


async def test_signing_in_gives_a_new_session_and_ends_the_old(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    await _sign_in(browser, agency)
    first = browser.cookies["cmhub_session"]
    await _sign_in(browser, agency)
    assert browser.cookies["cmhub_session"] != first
    async with _browser() as other:
        other.cookies.set("cmhub_session", first)
        home = await other.get("/", headers={"accept-language": "en"})
        assert home.headers["location"] == "/en/"


async def test_signing_in_brings_the_language_of_the_account(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    await browser.post("/preferences", data={"language": "en"})
    form = {"email": agency.email, "password": PASSWORD}
    await browser.post("/auth/sign-in/", data=form)
    assert '<html lang="fr">' in (await browser.get("/start/")).text


async def test_signing_out_takes_the_session_and_its_cookie(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    await _sign_in(browser, agency)
    token = browser.cookies["cmhub_session"]
    answer = await browser.post("/auth/sign-out/")
    assert answer.status_code == 303
    assert "cmhub_session" not in browser.cookies
    browser.cookies.set("cmhub_session", token)
    assert (await browser.get("/")).headers["location"] == "/en/"
    assert (await browser.get("/auth/sign-out/")).status_code == 405


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://localhost:8000.evil.example"},
        {"origin": _HOST, "sec-fetch-site": "cross-site"},
    ],
)
async def test_it_refuses_a_form_that_another_site_sent(
    headers: dict[str, str], browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    form = {"email": agency.email, "password": PASSWORD}
    for path in ("/auth/sign-in/", "/auth/sign-out/", "/auth/forgot/", "/start/"):
        answer = await browser.post(path, data=form, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/auth/sign-in/",
        "/" + "a" * 500,
        "",
        None,
    ],
)
async def test_it_leads_nowhere_but_here(
    wanted: str | None, browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    assert local_path(wanted) == ""
    if wanted:
        answer = await _sign_in(browser, agency, next=wanted)
        assert answer.headers["location"] == "/"


async def test_it_goes_on_to_where_one_wanted(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    wanted = f"/w/{agency.slug}/riviere/inbox/?state=open&q=a%2Fb"
    shown = await browser.get("/auth/sign-in", params={"next": wanted}, follow_redirects=True)
    assert html.escape(wanted) in shown.text
    assert (await _sign_in(browser, agency, next=wanted)).headers["location"] == wanted
    again = await browser.get("/auth/sign-in/", params={"next": wanted})
    assert again.headers["location"] == wanted


async def test_it_says_when_to_try_again(browser: httpx.AsyncClient) -> None:
    form = {"email": _email(), "password": "not that one"}
    for _ in range(10):
        await browser.post("/auth/sign-in/", data=form)
    answer = await browser.post("/auth/sign-in/", data=form)
    assert answer.status_code == 429
    assert re.search(r"Too many attempts\. Try again in \d+ s\.", answer.text)


async def test_it_keeps_what_was_typed_but_the_password(browser: httpx.AsyncClient) -> None:
    name = """<script>alert("l'été")</script>"""
    answer = await browser.post("/auth/sign-up/", data=_filled("nobody", name=name))
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert html.escape(name) in answer.text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    assert PASSWORD not in answer.text
    assert 'aria-describedby="email-hint email-fault"' in answer.text
    assert "<title>Error: Create your account" in answer.text


async def test_names_cannot_bring_markup_into_a_page_or_a_mail(
    browser: httpx.AsyncClient,
) -> None:
    email, bad = _email(), "<img src=x onerror=alert(1)>"
    await browser.post("/auth/sign-up/", data=_filled(email, name=bad, agency_name=bad))
    mails = await deliver(email)
    await browser.post(link_in(mails[0]))
    start = await browser.get("/start/")
    assert html.escape(bad) in start.text
    assert "<img" not in start.text
    letter = mailing.letter(UserView(uuid4(), email, bad, "en"), "confirm", "/x").html
    assert html.escape(bad) in letter
    assert "<img" not in letter


@pytest.mark.skipif("CMHUB_TEST_OWNER_URL" in os.environ, reason="the database is not ours")
async def test_the_mails_are_shown_to_who_sits_here(browser: httpx.AsyncClient) -> None:
    email, bad = _email(), "<img src=x onerror=alert(1)>"
    await browser.post("/auth/sign-up/", data=_filled(email, name=bad))
    link = link_in((await deliver(email))[0])
    async with _browser() as at_home:
        page = await at_home.get("/sandbox/mail/")
    assert f'<a href="{_HOST}{link}">' in page.text
    assert html.escape(bad) in page.text
    assert "<img" not in page.text


async def test_long_input_is_refused_with_a_sentence(browser: httpx.AsyncClient) -> None:
    long = await browser.post("/auth/sign-up/", data=_filled(_email(), name="é" * 3000))
    assert long.status_code == 422
    assert "Use at most 120 characters." in long.text
    assert (await browser.post("/auth/sign-in/", data={"email": "x" * 40_000})).status_code == 413
    assert (await browser.post("/auth/sign-in/", json={"email": "x"})).status_code == 415
    many = {f"field{number}": "x" for number in range(40)}
    assert (await browser.post("/auth/sign-in/", data=many)).status_code == 400


async def test_it_speaks_the_readers_language(browser: httpx.AsyncClient) -> None:
    french = await browser.get("/auth/sign-in/", headers={"accept-language": "fr-CA,en;q=0.5"})
    assert '<html lang="fr">' in french.text
    assert "Mot de passe oublié\u00a0?" in french.text
    browser.cookies.set("cmhub_lang", "en")
    english = await browser.get("/auth/sign-in/", headers={"accept-language": "fr"})
    assert '<html lang="en">' in english.text


async def test_nothing_of_it_is_stored_or_runs_inline(browser: httpx.AsyncClient) -> None:
    for path in ("/auth/sign-up/", "/auth/sign-in/", "/auth/forgot/", "/auth/sent/"):
        answer = await browser.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src)", answer.text)


async def test_its_style_sheet_is_kept_for_ever(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/auth/sign-in/")
    found = re.search(r"/static/site-[0-9a-f]{16}\.css", page.text)
    assert found is not None
    sheet = await browser.get(found.group())
    assert sheet.headers["content-type"].startswith("text/css")
    assert "immutable" in sheet.headers["cache-control"]
    assert "--color-primary" in sheet.text
    assert (await browser.get("/static/site-0000000000000000.css")).status_code == 404


async def test_a_workspace_form_tells_each_fault(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    await _sign_in(browser, agency)
    answer = await browser.post("/start/", data={"client": "Œil", "time_zone": "Nowhere"})
    assert answer.status_code == 422
    assert "Enter a name for the workspace." in answer.text
    assert "Choose a time zone from the list." in answer.text
    assert 'value="Œil"' in answer.text


async def test_nobody_makes_a_workspace_in_anothers_agency(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    await _sign_in(browser, agency)
    form = {"name": "Sud", "client": "Sud", "time_zone": "Europe/Paris", "agency": "harbor"}
    made = await browser.post("/start/", data=form)
    assert made.headers["location"] == f"/w/{agency.slug}/sud/connections/"


async def test_home_leads_to_the_last_workspace_if_it_is_theirs(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    await _sign_in(browser, agency)
    for last in (f"{agency.slug}/riviere", f"{agency.slug}/other", "harbor/pier", "//evil", ""):
        browser.cookies.set("cmhub_last", last)
        home = await browser.get("/")
        assert home.headers["location"] == f"/w/{agency.slug}/riviere/home/"


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("192.0.2.7", _HOST),
        ("127.0.0.1", "http://evil.example"),
        ("127.0.0.1", "http://192.0.2.7:8000"),
        ("127.0.0.1", "http://localhost.evil.example"),
    ],
)
async def test_no_stranger_sees_the_mails(address: str, base: str) -> None:
    async with _browser(address, base) as stranger:
        assert (await stranger.get("/sandbox/mail/")).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CMHUB_SMTP_URL", "smtp://localhost"),
        ("CMHUB_DATABASE_URL", "postgresql://db/cmhub"),
        ("CMHUB_BASE_URL", "https://cmhub.example"),
    ],
)
async def test_the_mails_are_shown_nowhere_but_on_ones_own_machine(
    name: str, value: str, set_variable: SetVariable
) -> None:
    set_variable(name, value)
    async with _browser() as one:
        assert (await one.get("/sandbox/mail/")).status_code == 404


async def test_it_tells_whether_it_lives_and_is_ready(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/healthz")).text == "ok\n"
    ready = await browser.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"database": True, "migrations": True, "worker": False}


async def test_focus_goes_to_the_first_field_that_is_wrong(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/auth/sign-up/", data=_filled("nobody", password="short"))
    focused = re.findall(r'<input id="(\w+)"[^>]* autofocus', answer.text)
    assert focused == ["email"]
