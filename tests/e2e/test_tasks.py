"""Tasks and what one is told of them: two users, one workspace, and a real mail server."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.sync_api import Browser, Page, expect

from tests.support.app import free_port
from tests.support.served import Served, served

pytestmark = pytest.mark.e2e
SOON = 5_000
LATER = 20_000


@dataclass
class _Inbox:
    """What the mail server took in."""

    taken: list[EmailMessage] = field(default_factory=list[EmailMessage])

    async def handle_DATA(  # noqa: N802 - the name is the server's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"


@dataclass(frozen=True, slots=True)
class Place:
    """A served agency at work, its mails, and the cookies of two of its users."""

    app: Served
    inbox: _Inbox
    given: dict[str, Any]

    @property
    def base(self) -> str:
        """Where the workspace's pages begin."""
        return f"/w/{self.given['agency_slug']}/{self.given['workspace_slug']}"


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    box, port = _Inbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with served("", CMHUB_SMTP_URL=f"smtp://127.0.0.1:{port}?tls=none") as app:
            yield Place(app, box, app.crew("staff"))
    finally:
        controller.stop()


def _page(browser: Browser, place: Place, who: str, path: str) -> Page:
    context = browser.new_context(
        base_url=place.app.url,
        locale="en-GB",
        timezone_id="Europe/Paris",
        viewport={"width": 1440, "height": 900},
    )
    context.add_cookies(
        [
            {"name": "cmhub_session", "value": place.given[who], "url": place.app.url},
            {"name": "cmhub_lang", "value": "en", "url": place.app.url},
        ]
    )
    context.set_default_timeout(LATER)
    page = context.new_page()
    page.goto(place.base + path)
    page.locator("h1").wait_for()
    expect(page.locator(".skeleton")).to_have_count(0)
    return page


@pytest.fixture(scope="module")
def owner(browser: Browser, place: Place) -> Page:
    return _page(browser, place, "owner_session", f"/inbox/?thread={place.given['thread']}")


@pytest.fixture(scope="module")
def mia(browser: Browser, place: Place) -> Page:
    return _page(browser, place, "mia_session", "/tasks/")


def _dialog(page: Page) -> Any:
    return page.get_by_role("dialog", name="New task")


def _start(page: Page) -> Any:
    page.keyboard.press("t")
    dialog = _dialog(page)
    expect(dialog.get_by_label("What is to be done")).to_be_visible()
    expect(dialog.locator("select#new_assignee option").nth(1)).to_be_attached()
    return dialog


def _create(page: Page, words: str, **more: str) -> None:
    dialog = _start(page)
    dialog.get_by_label("What is to be done").fill(words)
    for name, value in more.items():
        box = dialog.locator(f"#new_{name}")
        if name in ("assignee", "repeats"):
            box.select_option(label=value)
        else:
            box.fill(value)
    dialog.get_by_role("button", name="Create task").click()
    expect(dialog).to_be_hidden()


def _today() -> date:
    """The day of the workspace's clock."""
    return datetime.now(ZoneInfo("Europe/Paris")).date()


def _row(page: Page, words: str) -> Any:
    return page.locator(".task-row", has_text=words)


def test_t_makes_a_task_about_the_open_thread_and_a_colleague_hears_of_it_at_once(
    owner: Page, mia: Page
) -> None:
    bell = mia.get_by_role("button", name=re.compile("^Notifications"))
    expect(bell.locator(".bell-count")).to_have_count(0)
    owner.get_by_role("article").wait_for()
    dialog = _start(owner)
    expect(dialog.get_by_text("About this thread")).to_be_visible()
    expect(dialog.get_by_text("Where is the key?")).to_be_visible()
    owner.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    began = time.monotonic()
    _create(owner, "Answer about the key", assignee="Mia", due_on=_today().isoformat())
    expect(bell.locator(".bell-count")).to_contain_text("1", timeout=SOON)
    print(f"made, told and on the other's screen after {time.monotonic() - began:.2f} s")
    expect(_row(mia, "Answer about the key")).to_be_visible(timeout=SOON)


def test_the_panel_leads_there_and_what_is_read_is_read(mia: Page, place: Place) -> None:
    mia.get_by_role("button", name=re.compile("^Notifications")).click()
    panel = mia.get_by_role("dialog", name="Notifications")
    told = panel.get_by_role("link", name=re.compile("gave you a task"))
    expect(told).to_contain_text("Answer about the key")
    told.click()
    expect(mia.get_by_role("article").get_by_label("What is to be done")).to_have_value(
        "Answer about the key"
    )
    expect(mia.locator(".sidebar .bell-count")).to_have_count(0)
    mia.get_by_role("article").get_by_role("link", name=re.compile("Where is the key")).click()
    expect(mia.get_by_role("heading", name="Inbox", level=1)).to_be_visible()
    assert place.given["thread"] in mia.url


def test_what_is_due_stands_under_today_and_is_done_and_taken_back(mia: Page, place: Place) -> None:
    mia.goto(f"{place.base}/tasks/")
    today = mia.locator("section", has=mia.locator("[data-section='today']")).last
    expect(today.get_by_text("Answer about the key")).to_be_visible()
    mia.get_by_role("button", name="Mark as done: Answer about the key").click()
    expect(mia.get_by_text("The task is done.")).to_be_visible()
    expect(_row(mia, "Answer about the key")).to_have_count(0)
    mia.get_by_role("button", name="Undo").click()
    expect(_row(mia, "Answer about the key")).to_be_visible()
    mia.get_by_role("link", name="Done").click()
    expect(mia.get_by_text("Nothing done yet")).to_be_visible()


def test_what_repeats_comes_again(mia: Page, place: Place) -> None:
    mia.goto(f"{place.base}/tasks/")
    mia.locator(".task-row").first.wait_for()
    today = _today()
    _create(mia, "Weekly report", due_on=today.isoformat(), repeats="Every week")
    expect(_row(mia, "Weekly report")).to_contain_text("Every week")
    mia.get_by_role("button", name="Mark as done: Weekly report").click()
    expect(mia.get_by_text("The next one is in the list.")).to_be_visible()
    following = (today + timedelta(days=7)).isoformat()
    expect(_row(mia, "Weekly report").locator(f"time[datetime='{following}']")).to_be_visible()


def test_a_task_is_written_anew_and_deleted_and_brought_back(mia: Page, place: Place) -> None:
    mia.goto(f"{place.base}/tasks/")
    _row(mia, "Weekly report").get_by_role("link").click()
    form = mia.get_by_role("article")
    form.get_by_label("Note").fill("Ask Zoé for the figures")
    form.get_by_label("Due on").fill("")
    form.get_by_role("button", name="Save task").click()
    expect(form.get_by_role("alert")).to_contain_text("needs a first date")
    expect(form.get_by_label("Note")).to_have_value("Ask Zoé for the figures")
    form.get_by_label("Repeats").select_option(label="Never")
    form.get_by_role("button", name="Save task").click()
    expect(mia.get_by_text("The task is saved.")).to_be_visible()
    undated = mia.locator("section", has=mia.locator("[data-section='undated']")).last
    expect(undated.get_by_text("Weekly report")).to_be_visible()
    form.get_by_role("button", name="Delete task").click()
    expect(_row(mia, "Weekly report")).to_have_count(0)
    mia.get_by_role("button", name="Undo").click()
    expect(_row(mia, "Weekly report")).to_be_visible()


def test_the_keyboard_walks_and_finishes(mia: Page, place: Place) -> None:
    mia.goto(f"{place.base}/tasks/")
    mia.locator("[data-row]").first.wait_for()
    mia.wait_for_load_state("networkidle")
    mia.keyboard.press("j")
    expect(mia.locator("[data-row]").first).to_have_attribute("aria-current", "true")
    first = mia.locator("[data-row]").first.locator(".task-text").inner_text()
    expect(mia.get_by_role("article").get_by_label("What is to be done")).to_have_value(first)
    mia.keyboard.press("e")
    expect(mia.get_by_text("The task is done.")).to_be_visible()
    expect(_row(mia, first)).to_have_count(0)
    mia.get_by_role("button", name="Undo").click()
    expect(_row(mia, first)).to_be_visible()


def test_an_agency_sees_the_tasks_of_all_its_workspaces(owner: Page, place: Place) -> None:
    owner.goto(f"/a/{place.given['agency_slug']}/tasks/?whose=all")
    row = _row(owner, "Answer about the key")
    expect(row).to_contain_text("Rivière")
    _create(owner, "For the whole agency")
    expect(_row(owner, "For the whole agency")).to_be_visible()
    row.get_by_role("link").click()
    form = owner.get_by_role("article")
    expect(form.get_by_label("What is to be done")).to_have_value("Answer about the key")
    form.get_by_role("button", name="Take task").click()
    expect(owner.get_by_text("The task is yours.")).to_be_visible()
    owner.get_by_role("button", name="Undo").click()
    expect(form.locator("#task_assignee option:checked")).to_have_text("Mia")
    assert owner.url.startswith(f"{place.app.url}{place.base}/tasks/")


def _mail(place: Place, words: str) -> EmailMessage:
    """The mail whose text holds the words, once it has come."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        for one in place.inbox.taken:
            body = one.get_body(("plain",))
            if body is not None and words in body.get_content():
                return one
        time.sleep(0.2)
    raise AssertionError(f"no mail came: {[str(one['Subject']) for one in place.inbox.taken]}")


def test_a_mail_comes_to_who_does_not_look_and_ends_by_one_click(
    owner: Page, mia: Page, place: Place
) -> None:
    owner.goto(f"{place.base}/tasks/")
    owner.locator("h1").wait_for()
    _create(owner, "Prepare the meeting", assignee="Mia")
    mail = _mail(place, "Prepare the meeting")
    assert str(mail["Subject"]).endswith("gave you a task")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = str(mail["List-Unsubscribe"]).strip("<>")
    assert httpx.get(link).status_code == 200, "looking changes nothing"
    mia.goto("/me/notifications/")
    assigned = mia.get_by_label("By mail: A task is given to me")
    expect(assigned).to_have_value("now")
    # As a mail program does it: no cookie, no origin.
    answer = httpx.post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    mia.reload()
    expect(assigned).to_have_value("never")
    expect(mia.get_by_label("By mail: My task is due")).to_have_value("now")


def test_one_chooses_how_one_is_told(mia: Page) -> None:
    mia.goto("/me/notifications/")
    mia.get_by_label("By mail: A task is given to me").select_option(label="Daily")
    mia.get_by_label("In the page: Somebody mentions me in a note").uncheck()
    mia.get_by_label("From").fill("22:00")
    mia.get_by_role("button", name="Save quiet hours").click()
    expect(mia.get_by_role("alert")).to_contain_text("both the beginning and the end")
    mia.get_by_label("Until").fill("07:00")
    mia.get_by_role("button", name="Save quiet hours").click()
    expect(mia.get_by_text("The quiet hours are saved.")).to_be_visible()
    mia.reload()
    expect(mia.get_by_label("By mail: A task is given to me")).to_have_value("daily")
    expect(mia.get_by_label("In the page: Somebody mentions me in a note")).not_to_be_checked()
    expect(mia.get_by_label("From")).to_have_value("22:00")
