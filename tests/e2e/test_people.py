"""People come, prove who they are, and go, in real browsers."""

import email
import email.policy
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from secrets import token_hex

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.people import code_of
from tests.support.served import Served, served

pytestmark = pytest.mark.e2e
PASSWORD = "vingt chevaux calmes"
LATER = 15_000


@dataclass(slots=True)
class Place:
    """A served agency: its owner's cookie, its addresses, and who was invited."""

    app: Served
    session: str
    agency: str
    workspace: str
    email: str
    codes: list[str] = field(default_factory=list[str])

    @property
    def people(self) -> str:
        return f"/a/{self.agency}/people/"

    @property
    def inside(self) -> str:
        return f"/w/{self.agency}/{self.workspace}"


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with served("") as app:
        made = app.crew("settle")
        yield Place(
            app,
            made["session"],
            made["agency_slug"],
            made["workspace_slug"],
            f"ana.{token_hex(3)}@exemple.example",
        )


def _page(browser: Browser, place: Place, session: str = "") -> Page:
    context = browser.new_context(
        base_url=place.app.url, locale="en-GB", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(LATER)
    known = {"cmhub_lang": "en"} | ({"cmhub_session": session} if session else {})
    for name, value in known.items():
        context.add_cookies([{"name": name, "value": value, "url": place.app.url}])
    return context.new_page()


def _mails(place: Place, to: str) -> list[str]:
    found: list[str] = []
    for path in sorted((place.app.folder / "outbox").glob("*.eml"), reverse=True):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = mail.get_body(("plain",))
        if to in str(mail["To"]) and body is not None:
            found.append(body.get_content())
    return found


def _mail(place: Place, to: str, pattern: str) -> str:
    """The newest mail to an address that has the pattern; what it found there."""
    until = time.monotonic() + LATER / 1000
    while time.monotonic() < until:
        for words in _mails(place, to):
            if found := re.search(pattern, words):
                return found.group()
        time.sleep(0.1)
    raise AssertionError(f"no such mail to {to} came\n{place.app.logged()[-3000:]}")


def _sign_in(page: Page, place: Place) -> None:
    page.goto("/auth/sign-in/")
    page.fill("#email", place.email)
    page.fill("#password", PASSWORD)
    page.click("button.primary")


@pytest.fixture(scope="module")
def owner(browser: Browser, place: Place) -> Page:
    return _page(browser, place, place.session)


@pytest.fixture(scope="module")
def ana(browser: Browser, place: Place) -> Page:
    """The browser of who is invited, which nobody has used before."""
    return _page(browser, place)


def test_an_invitation_leads_to_exactly_its_role(owner: Page, ana: Page, place: Place) -> None:
    owner.goto(place.people)
    owner.get_by_role("link", name="Invite people").click()
    panel = owner.get_by_role("dialog", name="Invite people")
    panel.get_by_label("E-mail address").fill("nobody")
    panel.get_by_role("button", name="Send invitation").click()
    expect(panel).to_contain_text("Enter an e-mail address like")
    panel.get_by_label("E-mail address").fill(place.email)
    panel.get_by_role("button", name="Send invitation").click()
    expect(panel.get_by_role("alert")).to_contain_text("Choose at least one role.")
    panel.get_by_label("Rivière").select_option("analyst")
    panel.get_by_role("button", name="Send invitation").click()
    expect(owner.get_by_text(f"Invitation sent to {place.email}.")).to_be_visible()
    expect(owner.get_by_role("listitem").filter(has_text=place.email)).to_contain_text("Analyst")

    ana.goto(_mail(place, place.email, r"https?://\S+/join/\S+"))
    expect(ana.get_by_role("heading", name="Join Agence Été")).to_be_visible()
    ana.fill("#name", "Ana Lévesque")
    ana.fill("#password", PASSWORD)
    ana.get_by_role("button", name="Create account and join").click()
    ana.wait_for_url(f"**{place.inside}/**")
    expect(ana.get_by_role("link", name="Inbox").first).to_be_visible()
    ways = ana.get_by_role("navigation", name="Main menu")
    expect(ways.get_by_role("link", name="Settings")).to_have_count(0)
    ana.goto(f"{place.inside}/settings/people/")
    expect(ana.get_by_text("Only managers change the settings").first).to_be_visible()
    expect(ana.get_by_text("Zoé d’Été")).to_have_count(0)

    owner.goto(place.people)
    row = owner.get_by_role("row").filter(has_text="Ana Lévesque")
    expect(row).to_contain_text("Analyst")
    expect(owner.get_by_text("Waiting invitations")).to_have_count(0)


def test_roles_change_at_once_and_are_taken_back(owner: Page, ana: Page, place: Place) -> None:
    owner.goto(place.people)
    owner.get_by_role("row").filter(has_text="Ana Lévesque").get_by_role("link").click()
    panel = owner.get_by_role("dialog", name="Roles")
    panel.get_by_label("Rivière").select_option("manager")
    panel.get_by_role("button", name="Save roles").click()
    expect(owner.get_by_role("row").filter(has_text="Ana Lévesque")).to_contain_text("Manager")
    ana.goto(f"{place.inside}/settings/people/")
    expect(ana.get_by_role("row").filter(has_text="Ana Lévesque")).to_contain_text("Manager")
    expect(ana.get_by_label("Role of Ana Lévesque")).to_have_count(0)
    owner.get_by_role("button", name="Undo").click()
    expect(owner.get_by_role("row").filter(has_text="Ana Lévesque")).to_contain_text("Analyst")


def test_a_workspace_gives_and_changes_roles(owner: Page, place: Place) -> None:
    owner.goto(f"{place.inside}/settings/people/")
    owner.get_by_label("Role of Ana Lévesque").select_option("moderator")
    expect(owner.get_by_text("Roles of Ana Lévesque changed.")).to_be_visible()
    owner.get_by_role("button", name="Undo").click()
    expect(owner.get_by_label("Role of Ana Lévesque")).to_have_value("analyst")
    owner.get_by_role("button", name="Remove Ana Lévesque from this workspace").click()
    question = owner.get_by_role("alertdialog")
    expect(question).to_contain_text("Ana Lévesque is in no other workspace")
    question.get_by_role("button", name="Cancel").click()


def test_the_last_owner_stays(owner: Page, place: Place) -> None:
    owner.goto(place.people)
    owner.get_by_role("row").filter(has_text="Zoé d’Été").get_by_role("link").click()
    panel = owner.get_by_role("dialog", name="Roles")
    panel.get_by_label("Admin").check()
    panel.get_by_role("button", name="Save roles").click()
    expect(panel.get_by_role("alert")).to_contain_text("An agency needs an owner.")
    owner.goto("/me/")
    owner.get_by_role("button", name="Leave Agence Été").click()
    owner.get_by_role("alertdialog", name="Leave").get_by_role("button", name="Leave").click()
    expect(owner.get_by_text("An agency needs an owner.")).to_be_visible()
    owner.get_by_role("button", name="Delete the account…").click()
    question = owner.get_by_role("alertdialog", name="Delete the account")
    question.get_by_label("Your password").fill(PASSWORD)
    question.get_by_role("button", name="Delete the account").click()
    expect(question).to_contain_text("You are the last owner of Agence Été")


def test_a_second_factor_is_turned_on_and_asked_for(ana: Page, place: Place) -> None:
    ana.goto("/me/security/")
    ana.get_by_role("link", name="Turn on the second factor").click()
    key = ana.locator(".key code").inner_text()
    ana.get_by_label("Code on your phone").fill(code_of(key, -1))
    ana.fill("#password", PASSWORD)
    ana.get_by_role("button", name="Turn on").click()
    codes = place.codes = ana.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    ana.get_by_role("link", name="I have kept them").click()
    expect(ana.get_by_text("10 recovery codes left")).to_be_visible()
    for label, code, way in (
        ("Code", code_of(key), ""),
        ("Recovery code", codes[0], "Use a recovery code"),
    ):
        ana.context.clear_cookies(name="cmhub_session")
        _sign_in(ana, place)
        expect(ana.get_by_role("heading", name="Enter your code")).to_be_visible()
        ana.goto("/me/security/")
        ana.wait_for_url("**/auth/sign-in/**")
        ana.goto("/auth/code/")
        if way:
            ana.get_by_role("link", name=way).click()
        ana.get_by_label(label).fill(code)
        ana.get_by_role("button", name="Sign in").click()
        ana.wait_for_url(f"**{place.inside}/**")
    ana.goto("/me/security/")
    expect(ana.get_by_text("9 recovery codes left")).to_be_visible()


def test_an_ended_session_is_out_at_once(browser: Browser, ana: Page, place: Place) -> None:
    other = _page(browser, place)
    _sign_in(other, place)
    expect(other.get_by_role("heading", name="Enter your code")).to_be_visible()
    other.get_by_role("link", name="Use a recovery code").click()
    other.get_by_label("Recovery code").fill(place.codes[1])
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(f"**{place.inside}/**")
    expect(other.get_by_text("Ana Lévesque").first).to_be_visible()
    ana.goto("/me/security/")
    expect(ana.get_by_text("This browser")).to_be_visible()
    ana.get_by_role("button", name=re.compile("^End the session of")).first.click()
    # Nobody touches the other browser.
    other.wait_for_url(re.compile("/auth/sign-in/"))
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    other.context.close()


def test_a_new_address_is_proven_and_the_old_one_told(ana: Page, place: Place) -> None:
    new = f"ana.{token_hex(3)}@ailleurs.example"
    ana.goto("/me/")
    ana.get_by_label("New address").fill(new)
    ana.get_by_label("Your password").first.fill("not this one")
    ana.get_by_role("button", name="Send the link").click()
    expect(ana.get_by_text("This is not your password.")).to_be_visible()
    ana.get_by_label("New address").fill(new)
    ana.get_by_label("Your password").first.fill(PASSWORD)
    ana.get_by_role("button", name="Send the link").click()
    expect(ana.get_by_text(f"{new} waits to be confirmed.")).to_be_visible()
    ana.goto(_mail(place, new, r"https?://\S+/auth/email/\S+"))
    ana.get_by_role("button", name="Confirm the new address").click()
    expect(ana.get_by_text(f"You sign in with {new}")).to_be_visible()
    assert new in _mail(place, place.email, r"(?s)has the address.*?opens it no more")
    place.email = new


def test_who_leaves_is_out(ana: Page, place: Place) -> None:
    ana.goto("/me/")
    ana.get_by_role("button", name="Leave Agence Été").click()
    ana.get_by_role("alertdialog", name="Leave").get_by_role("button", name="Leave").click()
    expect(ana.get_by_text("You have left Agence Été.")).to_be_visible()
    ana.goto(f"{place.inside}/inbox/")
    expect(ana.get_by_role("heading", name="There is nothing here")).to_be_visible()
