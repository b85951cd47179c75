"""Where Chromium is, and how it gets there: `python -m tests.support.browser`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_INSTALL = (
    ["apt-get", "update", "-qq"],
    ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", "chromium"],
)


def find_chromium() -> Path | None:
    """Return the program of an installed Chromium or Chrome."""
    found = (shutil.which(name) for name in _NAMES)
    return next((Path(path) for path in found if path), None)


def chromium() -> Path:
    """Return Chromium's program; raise RuntimeError with what to do when there is none."""
    if (found := find_chromium()) is None:
        raise RuntimeError("The browser tests need Chromium: install it and have it on the path.")
    return found


def install() -> None:
    """Install Chromium where this can be done without asking: on Debian, as root."""
    if find_chromium() is not None or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    print("installing Chromium for the browser tests", flush=True)
    for command in _INSTALL:
        subprocess.run(
            command,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )


if __name__ == "__main__":
    install()
    try:
        chromium()
    except RuntimeError as missing:
        sys.exit(str(missing))
