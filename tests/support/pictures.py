"""Pictures of the demo for the README and for the public pages, taken anew:

python -m tests.support.pictures
"""

import io
import json
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.app import ROOT
from tests.support.browser import chromium
from tests.support.served import Served, served

_STATIC = ROOT / "cmhub" / "web" / "static"
_DOCS = ROOT / "docs" / "images"
_SIZE = {"width": 1280, "height": 800}
_CARD = (1200, 630)


def _open(browser: Browser, app: Served, email: str, language: str, theme: str, width: int) -> Page:
    context = browser.new_context(
        base_url=app.url,
        locale=language,
        viewport={"width": width, "height": _SIZE["height"]},
        device_scale_factor=1.5,
    )
    for name, value in (("cmhub_lang", language), ("cmhub_theme", theme)):
        context.add_cookies([{"name": name, "value": value, "url": app.url}])
    page = context.new_page()
    page.goto("/auth/sign-in/")
    page.fill("#email", email)
    page.fill("#password", "cmhub-demo")
    page.click("button.primary")
    page.wait_for_url("**/w/**")
    page.locator("h1").wait_for()
    return page


def _shown(page: Page, address: str) -> bytes:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)
    return page.screenshot()


def _inbox(page: Page, address: str) -> bytes:
    page.goto(address)
    page.locator("[data-row]").first.wait_for()
    page.locator("[data-row]").nth(1).click()
    page.get_by_role("article").wait_for()
    page.wait_for_timeout(400)
    return page.screenshot()


def _webp(picture: bytes, path: Path) -> None:
    with Image.open(io.BytesIO(picture)) as one:
        one.convert("RGB").resize((_SIZE["width"], _SIZE["height"]), Image.Resampling.LANCZOS).save(
            path, "WEBP", quality=72, method=6
        )


def _card(picture: bytes) -> None:
    """The picture that other sites show with a link."""
    with Image.open(io.BytesIO(picture)) as one:
        wide = one.convert("RGB").resize((_CARD[0], _CARD[0] * one.height // one.width))
        wide.crop((0, 0, *_CARD)).quantize(128).save(_STATIC / "card.png", optimize=True)


def main() -> None:
    """Serve the demo and take them all."""
    with served("", demo=True) as app, sync_playwright() as playwright:
        owners = {
            one["agency"]: one["email"]
            for one in json.loads(app.cmhub("demo", "--json"))
            if one["role"] == "owner"
        }
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for language, agency in (("en", "harbor"), ("fr", "lumen")):
            for theme in ("light", "dark"):
                page = _open(browser, app, owners[agency], language, theme, _SIZE["width"])
                base = "/".join(page.url.split("/")[:6])
                shot = _inbox(page, f"{base}/inbox/")
                _webp(shot, _STATIC / f"screen-{language}-{theme}.webp")
                if (language, theme) == ("en", "light"):
                    _card(shot)
                    (_DOCS / "inbox.png").write_bytes(shot)
                if (language, theme) == ("fr", "light"):
                    (_DOCS / "activity.png").write_bytes(_shown(page, f"{base}/activity/"))
                page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
