"""The pages for everybody: whole in both languages, leading nowhere else, and light."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from xml.etree import ElementTree

import httpx
import pytest
from starlette.applications import Starlette

from cmhub.locales import LANGUAGES, catalogue, text
from cmhub.services.plans import PLANS
from cmhub.web import routes
from cmhub.web.content import HELP, article
from cmhub.web.public import addresses
from tests.support.agency import NewAgency
from tests.support.settings import SetVariable

BASE = "http://localhost:8000"
HEAVIEST = 150 * 1024
PAGES = [f"/{language}/{path}" for language in LANGUAGES for path in addresses()]


class _Page(HTMLParser):
    """What a page links to and loads, and its anchors."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(shown)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.anchors.add(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        if tag in ("img", "script"):
            self.loads.append(given["src"])
        if tag == "source":
            self.loads.append(given["srcset"])
        if tag == "link" and given["rel"] in ("icon", "stylesheet"):
            self.loads.append(given["href"])


@pytest.fixture
async def browser(pool: None) -> AsyncIterator[httpx.AsyncClient]:
    carrier = httpx.ASGITransport(app=Starlette(routes=routes))
    async with httpx.AsyncClient(transport=carrier, base_url=BASE) as one:
        yield one


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_whole(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 200
    language, _, rest = path.removeprefix("/").partition("/")
    assert f'<html lang="{language}">' in answer.text
    assert f'<link rel="canonical" href="{BASE}{path}">' in answer.text
    for other in LANGUAGES:
        address = f"{BASE}/{other}/{rest}"
        assert f'<link rel="alternate" hreflang="{other}" href="{address}">' in answer.text
    assert not re.search(r"\bpublic\.[a-z_]+", answer.text), "a text is missing"
    assert not re.search(r"\{[a-z]+\}", _words(answer.text)), "a place was not filled"


def _words(shown: str) -> str:
    return re.sub(r"<pre>.*?</pre>", "", shown, flags=re.DOTALL)


@pytest.mark.parametrize("path", PAGES)
async def test_links_lead_somewhere_and_nothing_is_asked_of_others(
    browser: httpx.AsyncClient, path: str
) -> None:
    shown = _Page((await browser.get(path)).text)
    for link in shown.links:
        target = httpx.URL(f"{BASE}{path}").join(link)
        assert target.host == "localhost", link
        if target.path == path and target.fragment:
            assert target.fragment in shown.anchors, link
            continue
        answer = await browser.get(str(target))
        assert answer.status_code in (200, 302, 303), link
    for load in shown.loads:
        assert load.startswith("/"), load
        if load.startswith("/static/"):
            assert (await browser.get(load)).status_code == 200, load


async def test_titles_and_descriptions_are_their_own(browser: httpx.AsyncClient) -> None:
    for part in (r"<title>(.*?)</title>", r'name="description" content="(.*?)"'):
        found = [re.findall(part, (await browser.get(path)).text) for path in PAGES]
        assert all(len(one) == 1 and one[0] for one in found)
        assert len({one[0] for one in found}) == len(PAGES)


async def test_the_sitemap_lists_them_all(browser: httpx.AsyncClient) -> None:
    listed = ElementTree.fromstring((await browser.get("/sitemap.xml")).text)
    name = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
    assert {one.text for one in listed.iter(name)} == {f"{BASE}{path}" for path in PAGES}
    robots = (await browser.get("/robots.txt")).text
    assert f"Sitemap: {BASE}/sitemap.xml" in robots
    assert "Disallow: /w/" in robots


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_address_without_a_language_leads_to_the_readers(
    browser: httpx.AsyncClient, language: str
) -> None:
    for path in ("/", "/pricing/", "/help", "/help/import/?q=a"):
        answer = await browser.get(path, headers={"accept-language": f"{language}-CA, de;q=0.5"})
        wanted = path if path.endswith("/") or "?" in path else f"{path}/"
        assert (answer.status_code, answer.headers["location"]) == (302, f"/{language}{wanted}")


async def test_who_is_signed_in_is_led_to_work(
    browser: httpx.AsyncClient, agency: NewAgency
) -> None:
    form = {"email": agency.email, "password": "vingt chevaux calmes"}
    await browser.post("/auth/sign-in/", data=form, headers={"origin": BASE})
    assert (await browser.get("/")).headers["location"].startswith(f"/w/{agency.slug}/")


async def test_it_is_kept_until_it_changes(browser: httpx.AsyncClient) -> None:
    first = await browser.get("/en/pricing/")
    again = await browser.get("/en/pricing/", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "public" in again.headers["cache-control"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_landing_page_is_light(browser: httpx.AsyncClient, language: str) -> None:
    answer = await browser.get(f"/{language}/")
    shown = _Page(answer.text)
    # Of the two pictures of the hero a browser loads one.
    loads = [load for load in shown.loads if load.startswith("/static/") and "dark" not in load]
    weight = len(answer.content) + sum([len((await browser.get(one)).content) for one in loads])
    assert weight < HEAVIEST


@pytest.mark.parametrize("language", LANGUAGES)
async def test_prices_come_from_the_plans(browser: httpx.AsyncClient, language: str) -> None:
    shown = (await browser.get(f"/{language}/pricing/")).text
    written = {"en": "€{}", "fr": "{}\u00a0€"}[language]
    for plan in PLANS:
        assert written.format(plan.monthly_cents // 100) in shown
        assert text("public.pricing.workspaces", language, n=plan.workspaces) in shown


async def test_help_is_found_by_its_words(browser: httpx.AsyncClient) -> None:
    found = (await browser.get("/fr/help/", params={"q": "supprimer DEFINITIVE"})).text
    assert "/fr/help/measures/" in found
    assert "/fr/help/start/" not in found
    nothing = (await browser.get("/en/help/", params={"q": '<script>"'})).text
    assert "<script>" not in nothing
    assert "0 articles" in nothing


async def test_the_publisher_is_named_or_said_to_be_missing(
    browser: httpx.AsyncClient, set_variable: SetVariable
) -> None:
    assert str(catalogue("fr")["public.missing"]) in (await browser.get("/fr/legal/")).text
    set_variable("CMHUB_PUBLISHER", "Été & Fils <SARL>")
    assert "Été &amp; Fils &lt;SARL&gt;" in (await browser.get("/fr/legal/")).text


def test_both_languages_say_the_same_number_of_things() -> None:
    for name in HELP:
        english, french = article("en", name), article("fr", name)
        assert len(english.sections) == len(french.sections), name
        assert english.body.count("<li>") == french.body.count("<li>"), name
        assert english.body.count("<tr>") == french.body.count("<tr>"), name


@pytest.mark.parametrize("name", [*HELP, "terms", "privacy", "legal", "accessibility"])
def test_french_articles_are_set_as_french(name: str) -> None:
    found = article("fr", name)
    words = re.sub(r"<(pre|code)>.*?</\1>|<[^>]+>", "", found.body, flags=re.DOTALL)
    for one in (found.title, found.summary, words):
        assert "'" not in one
        assert not re.search(r"[^\u00a0\u202f/htps\d][;?!»](\s|$)", one)
