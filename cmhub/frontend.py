"""Build the front end once, and only again when what it is made of has changed.

The build is kept under `.web`; a stamp beside it holds the digest of its sources.
"""

import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / ".web"
BUILT = WEB / "build" / "client"
_STAMP = WEB / "cmhub.stamp"
_SOURCES = (
    "rxconfig.py",
    "bunfig.toml",
    ".npmrc",
    "reflex.lock/bun.lock",
    "requirements/base.txt",
    "assets/**/*",
    "cmhub/__init__.py",
    "cmhub/cmhub.py",
    "cmhub/frontend.py",
    "cmhub/locales/__init__.py",
    "cmhub/pages/**/*.py",
    "cmhub/components/**/*.py",
    "cmhub/state/**/*.py",
)
_MINUTES = 10
_BAKED = re.compile(r"""([`"'])(http|ws)://localhost:\d+(?=/)""")


class BuildError(Exception):
    """The front end could not be built; the message is a sentence for the host."""


def _files() -> Iterator[Path]:
    for pattern in _SOURCES:
        yield from sorted(path for path in ROOT.glob(pattern) if path.is_file())


def digest() -> str:
    """Return the SHA-256 (hex) of everything that the front end is made of."""
    found = hashlib.sha256()
    for path in _files():
        found.update(f"{path.relative_to(ROOT)}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def is_built() -> bool:
    """Say whether the built front end is that of the present sources."""
    if not (BUILT / "index.html").is_file() or not _STAMP.is_file():
        return False
    return _STAMP.read_text().strip() == digest()


def build() -> None:
    """Build the front end; raise BuildError when it cannot be, or is not what it should be."""
    wanted = digest()
    _STAMP.unlink(missing_ok=True)
    _export()
    _refuse_heavy_libraries()
    _follow_the_page()
    _STAMP.write_text(f"{wanted if wanted == digest() else digest()}\n")


def _export() -> None:
    # Nothing is prerendered: pages hold the data of who is signed in, and their words depend on
    # the reader's language, which the build does not know.
    command = [
        sys.executable,
        "-m",
        "reflex",
        "export",
        "--frontend-only",
        "--no-zip",
        "--no-ssr",
    ]
    try:
        done = subprocess.run(
            [*command, "--loglevel", "warning"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_MINUTES * 60,
            check=False,
        )
    except subprocess.TimeoutExpired as slow:
        raise BuildError(f"The front end was not built within {_MINUTES} minutes.") from slow
    if done.returncode != 0 or not (BUILT / "index.html").is_file():
        raise BuildError(f"The front end could not be built:\n{done.stdout[-4000:]}")


def _refuse_heavy_libraries() -> None:
    package = json.loads((WEB / "package.json").read_text())
    names = {*package.get("dependencies", {}), *package.get("devDependencies", {})}
    if heavy := sorted(name for name in names if name.startswith("@radix-ui")):
        raise BuildError(f"A component brings in {', '.join(heavy)}; use rx.el instead.")


def _follow_the_page() -> None:
    """Let the pages speak to whatever origin they came from.

    Reflex writes the address of the server into one asset at the build; a build must serve on
    any host and port.
    """
    found = list((BUILT / "assets").glob("reflex-env-*.js"))
    if len(found) != 1:
        raise BuildError("The front end does not say where its server is; was Reflex updated?")
    script = found[0].read_text()
    followed = _BAKED.sub(r"location.origin.replace(/^http/,`\2`)+\1", script)
    if "localhost" in followed or followed == script:
        raise BuildError("The front end names its server in a new way; was Reflex updated?")
    found[0].write_text(followed)
    packed = found[0].with_name(f"{found[0].name}.gz")
    packed.write_bytes(gzip.compress(followed.encode(), mtime=0))


def main() -> int:
    """Build when needed; return the exit code of the command."""
    if is_built():
        print("front end: up to date")
        return 0
    try:
        build()
    except BuildError as fault:
        print(fault, file=sys.stderr)
        return 1
    print("front end: built")
    return 0


if __name__ == "__main__":
    sys.exit(main())
