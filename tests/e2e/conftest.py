"""A real browser for the tests of whole pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.browser import chromium

_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser of the module's own: while one is open, no other event loop may run."""
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=chromium(), args=_QUIET)
        yield one
        one.close()
