"""New processes take over while people work: open pages stay, and nobody is turned away."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import browser
from tests.support.house import Houses
from tests.support.served import Served

__all__ = ["browser"]
pytestmark = pytest.mark.production
_PATIENCE = 60.0


class _Visitor:
    """Asks again and again, and notes what went wrong."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked = 0
        self.faults: list[str] = []
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.wait(0.05):
            self.asked += 1
            try:
                with urlopen(f"{self.url}/healthz", timeout=5) as answer:
                    answer.read()
            except (URLError, OSError) as fault:
                self.faults.append(str(fault))


@contextmanager
def _visiting(app: Served) -> Iterator[_Visitor]:
    visitor = _Visitor(app.url)
    thread = threading.Thread(target=visitor.run)
    thread.start()
    yield visitor
    visitor.stop.set()
    thread.join()


def _open(browser: Browser, app: Served) -> Page:
    context = browser.new_context(base_url=app.url, locale="en")
    context.add_cookies([{"name": "cmhub_session", "value": "token-of-ana", "url": app.url}])
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto("/w/lumen/riviere/inbox/?state=done")
    page.locator("[aria-current='page']", has_text="Done").wait_for()
    page.evaluate("window.stayed = true")
    return page


def _replaced(app: Served, before: set[int]) -> bool:
    """Whether the processes of before have gone and as many others are there."""
    now = set(app.pids("spawn_main"))
    return not now & before and len(now) >= len(before)


def test_open_pages_survive_a_rolling_restart(
    app: Served, houses: Houses, browser: Browser
) -> None:
    pages = [_open(browser, app) for _ in range(3)]
    before = set(app.pids("spawn_main"))
    with _visiting(app) as visitor:
        os.kill(app.process.pid, signal.SIGHUP)
        deadline = time.monotonic() + _PATIENCE
        while not _replaced(app, before):
            assert time.monotonic() < deadline, (before, app.pids("spawn_main"))
            pages[0].wait_for_timeout(200)
        for page in pages:
            page.get_by_role("link", name="Waiting").first.click()
            page.locator("[aria-current='page']", has_text="Waiting").wait_for()
            assert page.evaluate("window.stayed") is True, "it was loaded anew"
            assert page.get_by_text("connection is lost").count() == 0
            page.context.close()
    assert (visitor.asked > 50, visitor.faults) == (True, [])
    assert app.process.poll() is None
