"""The inbox in a browser: sorting, labels, notes, replies, views; and two people at once."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.served import Served, served

pytestmark = pytest.mark.e2e


@dataclass(frozen=True, slots=True)
class Demo:
    """The served demo, how its users sign in, and the workspace where they meet."""

    app: Served
    sign_ins: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with served("", demo=True) as app:
        listed = json.loads(app.cmhub("demo", "--json"))
        agency = listed[0]["agency"]
        yield Demo(app, {one["role"]: one for one in listed if one["agency"] == agency})


def _enter(browser: Browser, demo: Demo, role: str, width: int = 1440) -> Page:
    context = browser.new_context(
        base_url=demo.app.url, locale="en-GB", viewport={"width": width, "height": 900}
    )
    context.add_cookies([{"name": "cmhub_lang", "value": "en", "url": demo.app.url}])
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto("/auth/sign-in/")
    page.fill("#email", demo.sign_ins[role]["email"])
    page.fill("#password", demo.sign_ins[role]["password"])
    page.click("button.primary")
    page.locator("h1").wait_for()
    # Signing in brings the language that the account prefers.
    page.context.add_cookies([{"name": "cmhub_lang", "value": "en", "url": demo.app.url}])
    page.reload()
    page.locator("h1").wait_for()
    return page


@pytest.fixture(scope="module")
def place(demo: Demo) -> str:
    """The demo's busiest inbox, which the owner and the moderator may both enter."""
    return f"/w/{demo.sign_ins['owner']['agency']}/seralune"


@pytest.fixture(scope="module")
def owner(browser: Browser, demo: Demo, place: str) -> Page:
    return _enter(browser, demo, "owner")


def _inbox(page: Page, place: str, query: str = "") -> None:
    page.goto(f"{place}/inbox/{query}")
    # What was open before is shown until the address has been looked at.
    page.get_by_text("Choose a thread", exact=True).wait_for(state="attached")
    page.locator("[data-row]").first.wait_for(timeout=60_000)


def _rows(page: Page) -> Locator:
    return page.locator("[data-row]")


def _answerable(page: Page) -> Locator:
    """Open threads from the top until one can be answered."""
    for number in range(_rows(page).count()):
        _rows(page).nth(number).click()
        thread = page.get_by_role("article")
        thread.wait_for()
        expect(_rows(page).nth(number)).to_have_attribute("aria-current", "true")
        page.locator(".answer-box .answer-form, .answer-box .closed").first.wait_for()
        if page.locator("#reply").count():
            return thread
    raise AssertionError("no thread can be answered")


def _told(page: Page, words: str) -> None:
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


def _undo(page: Page) -> None:
    page.get_by_role("button", name="Undo").click()
    _told(page, "Taken back")


def test_a_thread_is_assigned_by_keyboard_and_found_under_mine(owner: Page, place: str) -> None:
    _inbox(owner, place)
    owner.keyboard.press("j")
    owner.get_by_role("article").wait_for()
    owner.keyboard.press("a")
    owner.get_by_role("menuitem", name=re.compile("you$")).click()
    _told(owner, "The thread is assigned")
    expect(owner.get_by_role("article").get_by_text("Assigned to")).to_be_visible()
    owner.get_by_role("link", name="Mine").click()
    expect(owner).to_have_url(re.compile("assignee=me"))
    expect(_rows(owner)).to_have_count(1)
    owner.get_by_role("link", name="Unassigned").click()
    expect(owner).to_have_url(re.compile("assignee=nobody"))
    owner.get_by_role("link", name="All", exact=True).click()
    expect(owner).not_to_have_url(re.compile("assignee"))


def test_a_snoozed_thread_rests_until_its_moment(owner: Page, place: str) -> None:
    _inbox(owner, place)
    owner.keyboard.press("j")
    owner.get_by_role("article").wait_for()
    owner.keyboard.press("h")
    owner.get_by_role("menuitem", name=re.compile("^Tomorrow morning.*09:00")).click()
    _told(owner, "The thread is snoozed")
    expect(owner.get_by_text(re.compile("Snoozed until .*09:00"))).to_be_visible()
    owner.get_by_role("link", name=re.compile("^Snoozed 1")).click()
    expect(_rows(owner)).to_have_count(1)
    _undo(owner)
    expect(owner.get_by_text("No thread here")).to_be_visible()


def test_a_chosen_date_is_taken_in_the_workspaces_zone(owner: Page, place: str) -> None:
    _inbox(owner, place)
    owner.keyboard.press("j")
    owner.get_by_role("article").wait_for()
    owner.keyboard.press("z")
    owner.get_by_role("menuitem", name="Choose date and time").click()
    dialog = owner.get_by_role("dialog", name="Snooze")
    dialog.get_by_label("Until").fill("2020-01-01T10:00")
    dialog.get_by_role("button", name="Snooze").click()
    expect(owner.get_by_text("Choose a moment in the future")).to_be_visible()
    _rows(owner).first.click()
    owner.keyboard.press("z")
    owner.get_by_role("menuitem", name="Choose date and time").click()
    day = owner.evaluate("new Date(Date.now() + 3 * 864e5).toISOString().slice(0, 10)")
    dialog.get_by_label("Until").fill(f"{day}T07:45")
    dialog.get_by_role("button", name="Snooze").click()
    expect(owner.get_by_text(re.compile("Snoozed until .*07:45"))).to_be_visible()
    _undo(owner)


def test_labels_are_made_put_on_filtered_merged_and_deleted(owner: Page, place: str) -> None:
    settings = f"{place}/settings/labels/"
    for name, color in (("Bug", "Red"), ("Idea", "Blue")):
        owner.goto(f"{settings}?label=new")
        owner.get_by_label("Name").fill(name)
        owner.get_by_text(color, exact=True).click()
        owner.get_by_role("button", name="Create label").click()
        expect(owner.get_by_role("listitem").filter(has_text=name)).to_be_visible()
    owner.goto(f"{settings}?label=new")
    owner.get_by_label("Name").fill("bug")
    owner.get_by_role("button", name="Create label").click()
    expect(owner.get_by_text("There is already a label named bug")).to_be_visible()
    _inbox(owner, place)
    owner.keyboard.press("j")
    owner.get_by_role("article").wait_for()
    owner.wait_for_load_state("networkidle")
    owner.keyboard.press("l")
    owner.get_by_role("menuitem", name="Bug").click()
    owner.get_by_role("menuitem", name="Idea").click()
    owner.keyboard.press("Escape")
    chips = owner.locator(".thread-labels .label-chip")
    for name in ("Bug", "Idea"):
        expect(chips.filter(has_text=re.compile(f"^{name}$"))).to_be_visible()
    owner.get_by_title("Filter").click()
    owner.locator("#filter-label").select_option(label="Bug")
    expect(owner).to_have_url(re.compile("label="))
    expect(_rows(owner)).to_have_count(1)
    owner.goto(settings)
    owner.get_by_role("button", name="Actions on Bug").click()
    owner.get_by_role("menuitem", name="Merge").click()
    expect(owner.get_by_text("1 thread gets the other label")).to_be_visible()
    owner.get_by_role("button", name="Merge labels").click()
    _told(owner, "Merged: 1 thread")
    owner.get_by_role("button", name="Actions on Idea").click()
    owner.get_by_role("menuitem", name="Delete").click()
    expect(owner.get_by_text("The label goes from 1 thread")).to_be_visible()
    owner.get_by_role("button", name="Delete label").click()
    _told(owner, "The label is deleted; 1 thread had it")
    expect(owner.get_by_role("listitem").filter(has_text="Idea")).to_have_count(0)


def test_a_note_calls_a_colleague_and_goes_to_nobody_else(owner: Page, place: str) -> None:
    _inbox(owner, place)
    thread = _answerable(owner)
    owner.locator("h1").click()
    owner.keyboard.press("n")
    field = owner.locator("#note")
    expect(field).to_be_focused()
    field.press_sequentially("Seen by @")
    name = owner.locator(".proposal .font-medium").first.inner_text()
    owner.keyboard.press("Enter")
    expect(field).to_have_value(f"Seen by @{name} ")
    owner.keyboard.press("Control+Enter")
    note = thread.locator(".note").filter(has_text="Seen by")
    expect(note.locator(".mention")).to_have_text(f"@{name}")
    note.get_by_role("button", name="Edit note").click()
    thread.get_by_role("textbox", name="Edit note").fill("Seen by nobody")
    thread.get_by_role("button", name="Save note").first.click()
    expect(thread.locator(".note").filter(has_text="Seen by nobody")).to_be_visible()
    thread.locator(".note").get_by_role("button", name="Delete note").click()
    expect(thread.locator(".note")).to_have_count(0)
    _undo(owner)
    expect(thread.locator(".note")).to_have_count(1)


def test_a_saved_reply_is_written_found_and_filled(owner: Page, place: str) -> None:
    owner.goto(f"{place}/settings/replies/?reply=new")
    owner.get_by_label("Shortcut", exact=True).fill("hello")
    owner.get_by_label("In English").fill("Hello {name}, {firstname}")
    owner.get_by_role("button", name="Save reply").click()
    expect(owner.get_by_text("There is no variable firstname")).to_be_visible()
    owner.get_by_label("In English").fill("Hello {name}, in {channel}.")
    owner.get_by_role("button", name="Save reply").click()
    expect(owner.get_by_role("listitem").filter(has_text="/hello")).to_be_visible()
    _inbox(owner, place)
    thread = _answerable(owner)
    member = thread.get_by_role("heading").first.inner_text()
    owner.keyboard.press("r")
    field = owner.locator("#reply")
    field.press_sequentially("/hel")
    expect(owner.get_by_role("option").filter(has_text="/hello")).to_be_visible()
    owner.keyboard.press("Enter")
    expect(field).to_have_value(re.compile(f"^Hello {re.escape(member)}, in "))
    field.fill("")
    thread.get_by_role("button", name="Saved replies").click()
    expect(owner.get_by_role("option").filter(has_text="/hello")).to_be_visible()
    owner.keyboard.press("Escape")
    field.fill("")
    field.blur()


def test_a_draft_is_there_when_one_comes_back(owner: Page, place: str) -> None:
    _inbox(owner, place)
    _answerable(owner)
    address = owner.url
    owner.locator("#reply").fill("Half an answer")
    owner.wait_for_timeout(1_500)
    owner.goto(f"{place}/activity/")
    owner.locator("h1").wait_for()
    owner.goto(address)
    expect(owner.locator("#reply")).to_have_value("Half an answer")
    owner.locator("#reply").fill("")
    owner.wait_for_timeout(1_500)
    owner.goto(address)
    expect(owner.locator("#reply")).to_have_value("")


def test_several_threads_are_sorted_at_once_and_put_back(owner: Page, place: str) -> None:
    _inbox(owner, place)
    before = [row.get_attribute("href") for row in _rows(owner).all()[:4]]
    _rows(owner).nth(0).focus()
    owner.keyboard.press("x")
    _rows(owner).nth(2).focus()
    owner.keyboard.press("Shift+Space")
    bar = owner.get_by_role("region", name="Selected rows")
    expect(bar.get_by_text("3 selected")).to_be_visible()
    owner.keyboard.press("e")
    _told(owner, "3 threads are done")
    expect(_rows(owner).first).to_have_attribute("href", before[3] or "")
    expect(bar).to_be_hidden()
    _undo(owner)
    expect(_rows(owner).first).to_have_attribute("href", before[0] or "")


def test_a_view_keeps_a_filter_under_a_name(owner: Page, place: str) -> None:
    _inbox(owner, place, "?state=open&waits=1h")
    owner.get_by_title("Filter").click()
    owner.get_by_role("button", name="Save view").click()
    dialog = owner.get_by_role("dialog", name="Save view")
    dialog.get_by_label("Name").fill("Waiting long")
    dialog.get_by_role("button", name="Save view").click()
    views = owner.get_by_role("navigation", name="Views")
    expect(views.get_by_role("link", name="Waiting long")).to_have_attribute("aria-current", "page")
    _inbox(owner, place)
    views.get_by_role("link", name="Waiting long").click()
    expect(owner).to_have_url(re.compile("waits=1h"))
    owner.get_by_title("Filter").click()
    owner.get_by_role("button", name="Rename view").click()
    dialog = owner.get_by_role("dialog", name="Rename view")
    dialog.get_by_label("Name").fill("Too long")
    dialog.get_by_role("button", name="Rename view").click()
    expect(views.get_by_role("link", name="Too long")).to_be_visible()
    owner.get_by_title("Filter").click()
    owner.get_by_role("button", name="Delete view").click()
    expect(views).to_be_hidden()
    _undo(owner)
    expect(views.get_by_role("link", name="Too long")).to_be_visible()


def test_two_people_see_each_other_and_do_not_answer_twice(
    browser: Browser, demo: Demo, owner: Page, place: str
) -> None:
    other = _enter(browser, demo, "moderator")
    _inbox(owner, place)
    _answerable(owner)
    other.goto(owner.url)
    other.get_by_role("article").wait_for()
    expect(owner.get_by_text("is looking")).to_be_visible(timeout=8_000)
    expect(other.get_by_text("is looking")).to_be_visible(timeout=8_000)
    owner.locator("#reply").fill("")
    owner.locator("#reply").press_sequentially("We look at it.")
    expect(other.get_by_text("is writing")).to_be_visible(timeout=8_000)
    other.locator("#reply").press_sequentially("I have answered.")
    other.keyboard.press("Control+Enter")
    expect(other.get_by_role("article").get_by_text("I have answered.").first).to_be_visible()
    owner.get_by_role("button", name="Send reply").click()
    asked = owner.get_by_role("alert").filter(has_text="has answered since you began")
    expect(asked).to_be_visible()
    expect(owner.locator("#reply")).to_have_value("We look at it.")
    owner.get_by_role("button", name="Send anyway").click()
    expect(owner.get_by_role("article").get_by_text("We look at it.").first).to_be_visible()
    expect(owner.locator("#reply")).to_have_value("")
    other.context.close()


def test_on_a_phone_the_menus_are_in_reach(browser: Browser, demo: Demo, place: str) -> None:
    page = _enter(browser, demo, "owner", width=390)
    _inbox(page, place)
    _rows(page).first.click()
    page.get_by_role("article").wait_for()
    for name in ("Assign", "Labels", "Snooze"):
        page.get_by_role("article").get_by_role("button", name=name).click()
        menu = page.get_by_role("menu", name=name)
        box = menu.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        page.keyboard.press("Escape")
    page.context.close()
