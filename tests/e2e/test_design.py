"""Every component in every state, for whoever reads, and nowhere in production."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.served import Served, served

pytestmark = pytest.mark.e2e
READERS = [
    (language, theme, width)
    for language in ("en", "fr")
    for theme in ("light", "dark")
    for width in (1440, 390)
]


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with served("", CMHUB_DESIGN_PAGE="true") as one:
        yield one


def _page(
    browser: Browser, app: Served, language: str = "en", theme: str = "light", width: int = 1440
) -> Page:
    context = browser.new_context(base_url=app.url, viewport={"width": width, "height": 900})
    for name, value in (("cmhub_lang", language), ("cmhub_theme", theme)):
        context.add_cookies([{"name": name, "value": value, "url": app.url}])
    page = context.new_page()
    page.goto("/design/")
    page.locator("#charts .bars").first.wait_for()
    return page


@pytest.mark.parametrize(("language", "theme", "width"), READERS)
def test_no_component_has_a_fault(
    browser: Browser, app: Served, language: str, theme: str, width: int
) -> None:
    page = _page(browser, app, language, theme, width)
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    found = [
        f"{one['id']} {one['nodes'][0]['html'][:150]}"
        for one in Axe().run(page).response["violations"]
    ]
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert found == []
    assert not page.evaluate(wide)
    assert told == []
    words = page.locator("main").inner_text()
    assert not re.search(r"\b(?:app|design)\.[a-z_]+", words), "a text is missing"
    page.context.close()


def test_rows_are_selected_by_keyboard(browser: Browser, app: Served) -> None:
    page = _page(browser, app)
    rows, bar = page.locator(".row-way"), page.locator(".bulk-bar")
    rows.nth(0).focus()
    expect(bar).to_be_hidden()
    page.keyboard.press("Space")
    expect(bar).to_contain_text("1 selected")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+Space")
    expect(bar).to_contain_text("3 selected")
    expect(page.get_by_label("Select all rows")).to_be_checked()
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.context.close()


def test_rows_are_selected_by_pointer(browser: Browser, app: Served) -> None:
    page = _page(browser, app)
    boxes, bar = page.locator("[data-select]"), page.locator(".bulk-bar")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Save changes").click()
    expect(bar).to_be_hidden()
    page.get_by_label("Select all rows").click()
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Clear selection").click()
    expect(boxes.nth(1)).not_to_be_checked()
    page.context.close()


def test_a_menu_is_worked_by_keyboard(browser: Browser, app: Served) -> None:
    page = _page(browser, app)
    button = page.locator("[popovertarget='design-menu']")
    button.focus()
    page.keyboard.press("ArrowDown")
    items = page.locator("#design-menu [role=menuitem]")
    expect(items.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(items.nth(2)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.nth(0)).to_be_focused()
    page.keyboard.press("r")
    expect(items.nth(2)).to_be_focused()
    page.keyboard.press("Escape")
    expect(items.nth(0)).to_be_hidden()
    expect(button).to_be_focused()
    page.context.close()


def test_a_menu_stays_in_the_window(browser: Browser, app: Served) -> None:
    page = _page(browser, app, width=390)
    page.locator("[popovertarget='row-3']").click()
    box = page.locator("#row-3").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 900
    page.context.close()


def test_a_drawer_takes_and_gives_back_the_focus(browser: Browser, app: Served) -> None:
    page = _page(browser, app)
    button = page.get_by_role("button", name="Open drawer")
    button.click()
    drawer = page.get_by_role("dialog", name="Open drawer")
    expect(drawer).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(button).to_be_focused()
    page.context.close()


def test_a_chart_says_each_day_to_pointer_and_keyboard(browser: Browser, app: Served) -> None:
    page = _page(browser, app)
    for chart in ("design-bars", "design-line"):
        bars = page.locator(f"[aria-labelledby='{chart}-title']")
        said = page.locator(".surface", has=bars).locator("[data-said]")
        bars.locator(".slot").nth(14).hover()
        expect(said).to_contain_text("November 15: 44")
        bars.focus()
        page.keyboard.press("ArrowLeft")
        expect(said).to_contain_text("November 14: 26")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        expect(said).to_contain_text("not known")
    page.get_by_text("Show as a table").first.click()
    expect(page.get_by_role("row", name="Sunday, November 15 44")).to_be_visible()
    page.context.close()


def test_filters_and_order_go_into_the_address(browser: Browser, app: Served) -> None:
    page = _page(browser, app)
    page.get_by_role("searchbox").fill("anna")
    page.wait_for_url("**/design/?q=anna")
    page.get_by_role("search").get_by_label("State").select_option("open")
    page.wait_for_url("**/design/?q=anna&state=open")
    page.get_by_role("columnheader").get_by_role("link", name="Name").click()
    page.wait_for_url("**/design/?q=anna&state=open&sort=name")
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url("**sort=name&after=3")
    page.get_by_role("link", name="Clear filters").click()
    page.wait_for_url("**/design/?sort=name&after=3")
    page.go_back()
    page.wait_for_url("**q=anna&state=open&sort=name&after=3")
    page.context.close()


def test_severe_content_is_veiled_until_it_is_opened(browser: Browser, app: Served) -> None:
    page = _page(browser, app)
    veil = page.locator(".veil")
    hidden = veil.locator("p")
    expect(hidden).to_be_hidden()
    veil.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(hidden).to_be_visible()
    page.context.close()


def test_an_upload_says_what_went_wrong_and_keeps_the_form(browser: Browser, app: Served) -> None:
    page = _page(browser, app)
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": b"a,b\n"}
    )
    page.get_by_role("button", name="Send file").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be sent")
    page.context.close()


def test_elsewhere_it_is_not_there(browser: Browser) -> None:
    with served("") as app:
        page = browser.new_page()
        for path in ("/design", "/design/"):
            answer = page.goto(app.url + path)
            assert answer is not None
            assert answer.status == 404
            expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
        page.close()
