"""History comes in by the page, what is bad of it is told, and everything goes out again."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.served import Served, served

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with served("") as one:
        yield one


@pytest.fixture(scope="module")
def agency(app: Served) -> dict[str, str]:
    return app.crew("settle")


@pytest.fixture
def page(browser: Browser, app: Served, agency: dict[str, str]) -> Iterator[Page]:
    context = browser.new_context(
        base_url=app.url, locale="fr-FR", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(20_000)
    context.add_cookies([{"name": "cmhub_session", "value": agency["session"], "url": app.url}])
    yield context.new_page()
    context.close()


def _settings(agency: dict[str, str], tab: str) -> str:
    return f"/w/{agency['agency_slug']}/{agency['workspace_slug']}/settings/{tab}/"


def _history(path: Path, messages: int, *bad: str) -> Path:
    lines = [
        json.dumps(
            {
                "id": str(number),
                "channel": "général",
                "author": {"id": f"u{number % 40}", "name": f"Membre n° {number % 40}"},
                "text": f"Où trouver la notice {number} ?",
                "posted_at": f"2026-03-{number % 28 + 1:02}T08:15:00Z",
            }
        )
        for number in range(messages)
    ]
    path.write_text("\n".join([*lines, *bad]), encoding="utf-8")
    return path


def test_a_file_comes_in_while_its_page_is_open(
    page: Page, agency: dict[str, str], tmp_path: Path
) -> None:
    page.goto(_settings(agency, "import"))
    expect(page.get_by_text("Aucun fichier importé")).to_be_visible()
    file = _history(tmp_path / "histoire d’été.jsonl", 6000, '=HYPERLINK("http://x")', "{}")
    page.get_by_label("Fichier", exact=True).set_input_files(file)
    page.get_by_role("button", name="Importer le fichier").click()
    run = page.get_by_role("listitem").filter(has_text="histoire d’été.jsonl")
    expect(run.get_by_text("Terminé")).to_be_visible(timeout=40_000)
    expect(run).to_contain_text("6\u202f000 nouveaux messages")
    expect(run).to_contain_text("2 lignes inutilisables")
    with page.expect_download() as download:
        run.get_by_role("link", name="Les télécharger avec les raisons").click()
    told = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert [one["line"] for one in told] == [6001, 6002]
    assert all(one["reason"] for one in told)


def test_the_same_file_again_adds_nothing(
    page: Page, agency: dict[str, str], tmp_path: Path
) -> None:
    page.goto(_settings(agency, "import"))
    file = _history(tmp_path / "encore.jsonl", 6000)
    page.get_by_label("Fichier", exact=True).set_input_files(file)
    page.get_by_role("button", name="Importer le fichier").click()
    run = page.get_by_role("listitem").filter(has_text="encore.jsonl")
    expect(run.get_by_text("Terminé")).to_be_visible(timeout=40_000)
    expect(run).to_contain_text("6\u202f000 étaient déjà là")


def test_what_is_no_export_is_told(page: Page, agency: dict[str, str], tmp_path: Path) -> None:
    page.goto(_settings(agency, "import"))
    file = tmp_path / "photo.zip"
    file.write_bytes(b"\x00\x01\x02")
    page.get_by_label("Fichier", exact=True).set_input_files(file)
    page.get_by_role("button", name="Importer le fichier").click()
    run = page.get_by_role("listitem").filter(has_text="photo.zip")
    expect(run.get_by_text("Échec")).to_be_visible()
    expect(run).to_contain_text("Ce n’est pas un export que CMHub connaît")


def test_everything_goes_out_and_comes_in_elsewhere(
    page: Page, app: Served, agency: dict[str, str], tmp_path: Path
) -> None:
    page.goto(_settings(agency, "export"))
    page.get_by_role("button", name="Exporter l’espace").click()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("link", name="Télécharger").click(timeout=60_000)
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    slug = agency["workspace_slug"]
    with zipfile.ZipFile(path) as archive:
        assert f"{slug}/workspace.json" in archive.namelist()
        assert len(archive.read(f"{slug}/messages.jsonl").splitlines()) == 6000
    told = app.cmhub(
        "import", str(path), "--agency", agency["agency_slug"], "--workspace", "copie", "--create"
    )
    assert told.startswith("6000 imported, 0 known, 0 rejected")
    whole = tmp_path / "all.zip"
    told = app.cmhub("export", "--agency", agency["agency_slug"], str(whole))
    assert told.startswith("12000 messages")
