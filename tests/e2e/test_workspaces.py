"""Settings, archive, audit and failed operations, as an owner goes through them."""

import io
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.served import Served, served

pytestmark = pytest.mark.e2e
POOR, SHADE = "#ffd400", "#735f00"
SOON = 15_000


@dataclass(frozen=True, slots=True)
class House:
    """A served CMHub with an agency in it, and its owner's page."""

    app: Served
    page: Page
    made: dict[str, Any]

    @property
    def workspace(self) -> str:
        return f"/w/{self.made['agency_slug']}/{self.made['workspace_slug']}"

    @property
    def agency(self) -> str:
        return f"/a/{self.made['agency_slug']}"

    def go(self, path: str) -> Page:
        self.page.goto(path)
        expect(self.page.locator("h1")).to_be_visible()
        expect(self.page.locator(".skeleton")).to_have_count(0)
        return self.page

    def told(self, words: str) -> None:
        expect(self.page.get_by_role("status").filter(has_text=words)).to_be_visible()


@pytest.fixture(scope="module")
def house(browser: Browser) -> Iterator[House]:
    with served("") as app:
        made = app.crew("settle")
        context = browser.new_context(
            base_url=app.url, locale="en-GB", viewport={"width": 1440, "height": 900},
            color_scheme="light",
        )  # fmt: skip
        context.set_default_timeout(SOON)
        for name, value in (("cmhub_session", made["session"]), ("cmhub_lang", "en")):
            context.add_cookies([{"name": name, "value": value, "url": app.url}])
        yield House(app, context.new_page(), made)
        context.close()


def _primary(page: Page) -> str:
    style = "getComputedStyle(document.documentElement).getPropertyValue('--color-primary').trim()"
    return page.evaluate(style)


def _switcher(page: Page) -> Locator:
    return page.locator("details", has=page.locator(".switch"))


# colour and logo


def test_a_poor_colour_is_refused_with_a_shade_that_works(house: House) -> None:
    page = house.go(f"{house.workspace}/settings/")
    page.locator("#brand").fill(POOR)
    help_ = page.get_by_text("cannot be read well")
    expect(help_).to_contain_text(f"Text in {POOR}")
    page.get_by_role("button", name="Save settings").click()
    expect(help_).to_be_visible()
    assert _primary(page) == "#0b6176"
    page.get_by_role("button", name=f"Use {SHADE}").click()
    expect(page.locator("#brand")).to_have_value(SHADE)
    expect(help_).to_have_count(0)
    page.get_by_role("button", name="Save settings").click()
    house.told("The settings are saved.")
    tile = _switcher(page).locator(".tile").first
    expect(tile).to_have_css("background-color", "rgb(115, 95, 0)")


def test_the_colour_is_there_before_the_page_has_a_state(house: House) -> None:
    context = house.page.context
    page = context.new_page()
    page.route(re.compile(r"/_event"), lambda route: route.abort())
    page.route_web_socket(re.compile(r"/_event"), lambda socket: socket.close())
    page.goto(f"{house.workspace}/inbox/")
    assert _primary(page) == SHADE
    page.close()


def test_the_dark_theme_has_a_shade_of_its_own(house: House) -> None:
    context = house.page.context
    context.add_cookies([{"name": "cmhub_theme", "value": "dark", "url": house.app.url}])
    page = house.go(f"{house.workspace}/inbox/")
    assert _primary(page) not in (SHADE, "#0b6176", "#6cc0d5")
    context.add_cookies([{"name": "cmhub_theme", "value": "light", "url": house.app.url}])


def test_the_agencys_own_pages_keep_cmhubs_colour(house: House) -> None:
    page = house.go(f"{house.workspace}/inbox/")
    _switcher(page).locator("summary").click()
    _switcher(page).get_by_role("link", name="Agence Été").first.click()
    page.wait_for_url(f"**{house.agency}/**")
    expect(page.locator("style[data-brand]")).to_have_text("")
    page.goto(f"{house.agency}/workspaces/")
    expect(page.get_by_role("heading", name="Workspaces", level=1)).to_be_visible()
    assert _primary(page) == "#0b6176"


def _png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (300, 300), "crimson").save(written, "PNG")
    return written.getvalue()


def test_a_logo_is_previewed_kept_removed_and_put_back(house: House) -> None:
    page = house.go(f"{house.workspace}/settings/")
    picture = page.locator(".picked img").first
    page.locator("#logo").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": _png()}
    )
    expect(picture).to_have_attribute("src", re.compile("^blob:"))
    page.get_by_role("button", name="Upload logo").click()
    house.told("The logo is saved.")
    shown = _switcher(page).locator("summary img")
    expect(shown).to_have_attribute("src", re.compile(r"^/files/.*/logo/\w+\.png$"))
    assert shown.evaluate("one => one.decode().then(() => one.naturalWidth)") == 256
    page.get_by_role("button", name="Remove logo").click()
    expect(shown).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(shown).to_be_visible()


def test_what_is_no_picture_is_told_beside_the_field(house: House) -> None:
    page = house.go(f"{house.workspace}/settings/")
    page.locator("#logo").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": b"<svg/>"}
    )
    page.get_by_role("button", name="Replace logo").click()
    expect(page.locator("#logo-error")).to_contain_text("cannot be read as a picture")


# hours


def test_business_hours_are_kept_and_wrong_ones_told_at_their_day(house: House) -> None:
    page = house.go(f"{house.workspace}/settings/hours/")
    page.get_by_label("In business hours").check()
    monday = page.locator(".weekday").first
    monday.get_by_label("Closes, Monday").fill("08:00")
    page.get_by_role("button", name="Save hours").click()
    expect(monday.get_by_role("alert")).to_contain_text("end before they begin")
    monday.get_by_label("Closes, Monday").fill("12:30")
    monday.get_by_role("button", name="Add hours on Monday").click()
    expect(monday.get_by_label("Closes, Monday")).to_have_count(2)
    expect(monday.get_by_label("Closes, Monday").first).to_have_value("12:30")
    page.get_by_label("Country").select_option("FR")
    page.get_by_label("Region").select_option("6AE")
    page.get_by_role("button", name="Save hours").click()
    house.told("The hours are saved.")
    page = house.go(f"{house.workspace}/settings/hours/")
    expect(page.get_by_label("Opens, Monday").last).to_have_value("19:00")
    expect(page.get_by_label("Region")).to_have_value("6AE")
    expect(page.get_by_text("Fête du Travail")).to_be_visible()


def test_a_special_day_comes_and_goes(house: House) -> None:
    page = house.go(f"{house.workspace}/settings/hours/")
    page.get_by_label("Day", exact=True).fill("2099-05-04")
    page.get_by_label("What for").fill("Stocktaking")
    page.get_by_role("button", name="Add day").click()
    row = page.get_by_role("listitem").filter(has_text="Stocktaking")
    expect(row).to_contain_text("Closed")
    row.get_by_role("button", name="Remove day").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()


# archive


def _in_switcher(page: Page, name: str, *, times: int) -> None:
    expect(_switcher(page).locator("li").filter(has_text=name)).to_have_count(times)


def test_a_new_workspace_begins_at_its_form(house: House) -> None:
    page = house.go(f"{house.agency}/workspaces/")
    page.get_by_role("link", name="New workspace").first.click()
    expect(page.locator("form[action='/start/'] #client")).to_be_visible()


def test_an_archived_workspace_is_gone_until_it_is_restored(house: House) -> None:
    page = house.go(f"{house.agency}/workspaces/")
    _in_switcher(page, "Rivière", times=1)
    page.get_by_role("button", name="Actions for Rivière").click()
    page.get_by_role("menuitem", name="Archive workspace").click()
    house.told("Rivière is archived.")
    _in_switcher(page, "Rivière", times=0)
    page.goto(f"{house.workspace}/inbox/")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    page = house.go(f"{house.agency}/workspaces/")
    page.get_by_role("button", name="Restore workspace").click()
    house.told("Rivière is restored.")
    _in_switcher(page, "Rivière", times=1)
    house.go(f"{house.workspace}/inbox/")
    assert _primary(page) == SHADE


def test_a_deletion_shows_its_date_and_can_be_cancelled(house: House) -> None:
    page = house.go(f"{house.agency}/workspaces/")
    page.get_by_role("button", name="Actions for Rivière").click()
    page.get_by_role("menuitem", name="Archive workspace").click()
    page.get_by_role("button", name="Delete workspace").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("In 14 days 0 messages will be gone for good")
    question.get_by_role("button", name="Delete in 14 days").click()
    expect(page.get_by_text("Will be deleted for good on")).to_be_visible()
    page.get_by_role("button", name="Cancel deletion").click()
    house.told("Rivière will not be deleted.")
    page.get_by_role("button", name="Restore workspace").click()
    expect(page.get_by_role("heading", name="Archived")).to_have_count(0)


# audit


def test_the_audit_tells_before_and_after_and_is_exported_as_filtered(house: House) -> None:
    page = house.go(f"{house.agency}/audit/")
    page.get_by_label("Kind").select_option("workspace")
    expect(page).to_have_url(re.compile("kind=workspace"))
    expect(page.get_by_text("set a logo")).to_have_count(0)
    row = page.get_by_role("row").filter(has_text="changed the workspace’s settings").first
    row.get_by_text("1 change").click()
    expect(row.get_by_role("definition")).to_contain_text(SHADE)
    with page.expect_download() as began:
        page.get_by_role("link", name="Export JSON Lines").click()
    lines = Path(began.value.path()).read_text().splitlines()
    tags = {json.loads(line)["tag"] for line in lines}
    assert {tag.split(":")[0] for tag in tags} == {"workspace"}
    assert {"workspace:settings", "workspace:archive", "workspace:hours"} <= tags
    page.get_by_role("searchbox", name="Search").fill("nothing like that")
    expect(page.get_by_text("No event fits the filter")).to_be_visible()
    page.get_by_role("link", name="Clear filter").first.click()
    expect(page.get_by_text("set a logo").first).to_be_visible()


# failed operations


def test_a_failed_mail_is_tried_again_and_arrives(house: House) -> None:
    with psycopg.connect(house.made["database"], autocommit=True) as database:
        database.execute(
            "insert into jobs.pgqueuer (priority, status, entrypoint, payload, attempts)"
            " values (0, 'failed', 'mail.reset', %s, 8)",
            [json.dumps([house.made["user"], None, None]).encode()],
        )
    before = _mails(house)
    page = house.go(f"{house.agency}/jobs/")
    expect(page.get_by_text("1 operation needs a look")).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="Mail for a new password")
    expect(row).to_contain_text("tried 8 times")
    row.get_by_role("button", name="Put aside").click()
    expect(page.get_by_text("Nothing has failed")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    row.get_by_role("button", name="Try again").click()
    house.told("1 operation is tried again.")
    until = time.monotonic() + 20
    while len(_mails(house)) == len(before) and time.monotonic() < until:
        time.sleep(0.1)
    assert len(_mails(house)) == len(before) + 1


def _mails(house: House) -> list[Path]:
    return list((house.app.folder / "outbox").glob("*.eml"))
