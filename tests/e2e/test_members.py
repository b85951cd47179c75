"""Members and search in a browser: found, opened, merged, parted, and a hit followed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.served import Served, served

pytestmark = pytest.mark.e2e


@dataclass(frozen=True, slots=True)
class Place:
    """A served workspace with a few members, and the session of its owner."""

    app: Served
    address: str
    session: str


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with served("") as app:
        made = app.crew("settle")
        app.crew(
            "hear",
            **made,
            messages=[
                ["m1", "zoé", "Où est la clé de l’élève ?", None],
                ["m2", "camille", "The keys are under the doormat, thanks", "m1"],
                ["m3", "cam", "Merci beaucoup, c’est noté", "m1"],
                ["m4", "robin", "Rien à voir", None],
            ],
        )
        address = f"/w/{made['agency_slug']}/{made['workspace_slug']}"
        yield Place(app, address, made["session"])


@pytest.fixture
def page(browser: Browser, place: Place) -> Iterator[Page]:
    context = browser.new_context(
        base_url=place.app.url, locale="fr", viewport={"width": 1280, "height": 800}
    )
    context.add_cookies(
        [
            {"name": "cmhub_session", "value": place.session, "url": place.app.url},
            {"name": "cmhub_lang", "value": "fr", "url": place.app.url},
        ]
    )
    context.set_default_timeout(20_000)
    one = context.new_page()
    yield one
    context.close()


def _faults(page: Page) -> list[str]:
    page.wait_for_load_state("networkidle")
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    found = [
        f"{one['id']} {one['nodes'][0]['html'][:150]}"
        for one in Axe().run(page).response["violations"]
    ]
    return [*found, "too wide"] if page.evaluate(wide) else found


def test_a_member_is_found_by_name_and_opened(page: Page, place: Place) -> None:
    page.goto(f"{place.address}/members/")
    expect(page.locator("[data-row]")).to_have_count(4)
    assert _faults(page) == []
    page.keyboard.press("/")
    page.keyboard.type("ZOE")
    expect(page.locator("[data-row]")).to_have_count(1)
    assert "q=ZOE" in page.url
    page.locator("[data-row]").click()
    page.get_by_role("heading", name="Zoé", level=1).wait_for()
    expect(page.get_by_text("Où est la clé")).to_be_visible()
    assert _faults(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert _faults(page) == []
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(1)


def test_nobody_found_says_so_and_offers_all(page: Page, place: Place) -> None:
    page.goto(f"{place.address}/members/?q=personne")
    page.get_by_role("link", name="Afficher tous les membres").click()
    expect(page.locator("[data-row]")).to_have_count(4)


def test_two_members_are_merged_taken_back_and_parted_later(page: Page, place: Place) -> None:
    page.goto(f"{place.address}/members/?q=camille")
    page.locator("[data-row]").click()
    for ending in ("Annuler", "Annuler la fusion"):
        page.get_by_role("button", name="Fusionner avec un autre").click()
        dialog = page.get_by_role("dialog", name="Trouver la même personne")
        dialog.get_by_role("searchbox").fill("cam")
        dialog.get_by_role("button", name="Chercher").click()
        dialog.get_by_role("link").first.click()
        sheet = page.get_by_role("dialog", name=re.compile("même personne"))
        expect(sheet.get_by_text("@cam:example.org")).to_be_visible()
        assert _faults(page) == []
        sheet.get_by_role("button", name="Fusionner Cam avec Camille").click()
        expect(page.get_by_role("heading", name="Membres fusionnés")).to_be_visible()
        expect(page.get_by_text("Merci beaucoup, c’est noté")).to_be_visible()
        page.get_by_role("button", name=ending, exact=True).click()
        expect(page.get_by_role("heading", name="Membres fusionnés")).to_have_count(0)
        expect(page.get_by_text("Merci beaucoup, c’est noté")).to_have_count(0)
        page.reload()
        page.get_by_role("button", name="Fusionner avec un autre").wait_for()


@pytest.mark.parametrize(
    ("words", "found"),
    [("eleve", "élève"), ("ÉLÈVES", "élève"), ("key", "keys"), ("« sous le", None)],
)
def test_search_finds_in_both_languages_without_accents(
    page: Page, place: Place, words: str, found: str | None
) -> None:
    page.goto(f"{place.address}/search/")
    page.get_by_role("searchbox").fill(words)
    if found is None:
        expect(page.get_by_role("heading", name="Aucun message")).to_be_visible()
    else:
        expect(page.locator("mark")).to_have_text([found])
    assert _faults(page) == []


def test_a_hit_leads_to_its_message(page: Page, place: Place) -> None:
    page.goto(f"{place.address}/inbox/")
    page.locator("[data-row]").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("noté")
    page.keyboard.press("Enter")
    page.locator("[data-row]").click()
    expect(page.locator("[data-found]")).to_contain_text("Merci beaucoup")
    assert "#m-" in page.url
