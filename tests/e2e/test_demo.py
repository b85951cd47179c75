"""The demo as a director sees it: simulated networks that answer, and an account to reconnect."""

import json
import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.served import Served, served

pytestmark = pytest.mark.e2e
PASSWORD = "cmhub-demo"
LATER = 30_000


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with served("", demo=True) as one:
        yield one


@pytest.fixture(scope="module")
def page(browser: Browser, app: Served) -> Iterator[Page]:
    """Signed in as the owner of Lumen, who reads French."""
    context = browser.new_context(
        base_url=app.url, locale="fr-FR", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(LATER)
    one = context.new_page()
    one.goto("/auth/sign-in/")
    one.fill("#email", "owner@lumen.example")
    one.fill("#password", PASSWORD)
    one.click("button.primary")
    one.locator("h1").wait_for()
    yield one
    context.close()


def _there(app: Served, room: str, text: str) -> list[dict[str, object]]:
    """Return what the sandbox's own journal has of a text in a room."""
    path = app.folder / "sandbox" / "homeserver.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines() if text in line]
    return [one for one in records if one.get("room", "").startswith(room)]


def _until(find: Callable[[], object]) -> None:
    until = time.monotonic() + LATER / 1000
    while not find():
        assert time.monotonic() < until
        time.sleep(0.2)


def test_a_reply_on_a_simulated_channel_comes_back_as_sent(page: Page, app: Served) -> None:
    page.goto("/w/lumen/seralune/inbox/?state=open")
    row = page.locator("[data-row]").first
    expect(row.get_by_text("Simulé", exact=True)).to_be_visible()
    row.click()
    article = page.get_by_role("article")
    expect(article.get_by_text("Simulé", exact=True)).to_be_visible()
    expect(article.get_by_text(re.compile("sur le compte @seralune"))).to_be_visible()
    words = "Bonjour, nous vous appelons ce matin. Pouvez-vous nous laisser un numéro ?"
    page.fill("#reply", words)
    page.get_by_role("button", name="Envoyer la réponse").click()
    sent = article.locator("[data-team='true']").filter(has_text=words)
    expect(sent).to_have_count(1)
    expect(article.get_by_text("Envoi en cours")).to_have_count(0, timeout=LATER)
    expect(article.get_by_text("Séralune, par Hélène Vasseur").last).to_be_visible()
    _until(lambda: _there(app, "!seralune-", words))
    (event,) = _there(app, "!seralune-", words)
    assert event["sender"] == "@seralune:community.example"
    # Somebody of the community answers, as people do.
    after = article.locator("[data-team='true'] ~ li:not([data-team='true'])")
    expect(after.last).to_be_visible(timeout=LATER)


def test_what_is_simulated_says_so_on_the_page_of_accounts(page: Page) -> None:
    page.goto("/w/lumen/sorlin-mobilites/connections/")
    accounts = page.locator("main li.surface")
    expect(accounts).to_have_count(2)
    expect(accounts.get_by_text("Simulé", exact=True)).to_have_count(2)
    expect(accounts.get_by_text(re.compile(r"Forum \(simulé\)"))).to_have_count(1)
    page.goto("/w/lumen/sorlin-mobilites/connections/?connect=matrix")
    expect(page.get_by_role("heading", name="Connecter Matrix")).to_be_visible()


def test_an_account_that_was_turned_away_is_connected_again(page: Page, app: Served) -> None:
    page.goto("/w/lumen/musee-de-vauclerc/connections/")
    account = page.locator("main li.surface").filter(has_text="@musee.vauclerc").first
    expect(account.get_by_text("À reconnecter")).to_be_visible()
    account.get_by_role("link", name="Reconnecter").click()
    expect(page.get_by_role("heading", name=re.compile("Instagram"))).to_be_visible()
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Connecter le compte").click()
    page.get_by_role("button", name="Lire ces").click()
    account = page.locator("main li.surface").filter(has_text="@musee.vauclerc").first
    expect(account.get_by_text("En service")).to_be_visible()
    # What was said meanwhile arrives by itself.
    page.goto("/w/lumen/musee-de-vauclerc/inbox/?state=open")
    missed = page.locator("[data-row]").filter(has_text="@musee.vauclerc")
    expect(missed.first).to_be_visible(timeout=LATER)


def test_a_network_that_is_simulated_cannot_be_connected_anew(page: Page) -> None:
    page.goto("/w/lumen/sentiers-cie/connections/?connect=simulated_discord&server=http://x")
    page.fill("[name=address]", "http://localhost/sandbox/matrix")
    page.fill("[name=user]", "sentiers")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Connecter le compte").click()
    expect(page.locator(".fault[role=alert]")).to_be_visible()
