"""A real Matrix homeserver (Synapse) for tests, in its own virtual environment and folder.

The environment is installed once into a cache folder outside the clone. The server listens on the
loopback address only, keeps everything in a temporary folder and dies with the tests.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements" / "synapse.txt"
SERVER_NAME = "synapse.test"
_START_SECONDS = 90
_ATTEMPTS = 3
_NO_LIMIT = {"per_second": 10_000, "burst_count": 10_000}

# The kernel ends the server when its parent ends, however that happens.
_LAUNCH = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class SynapseUnavailable(Exception):
    """Synapse could not be installed or started; the sentence says why."""


def cache_folder() -> Path:
    """Return where installed servers are kept between runs."""
    named = os.environ.get("CMHUB_TEST_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "cmhub"


def installed_python() -> Path:
    """Return the interpreter of Synapse's environment, installing it the first time.

    Raises:
        SynapseUnavailable: the installation failed.
    """
    wanted = REQUIREMENTS.read_bytes() + sys.version.encode()
    digest = hashlib.sha256(wanted).hexdigest()[:16]
    folder = cache_folder() / f"synapse-{digest}"
    complete = folder / "complete"
    with _locked(cache_folder() / "synapse.lock"):
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder)
            complete.touch()
    return folder / "bin" / "python"


@contextmanager
def _locked(path: Path) -> Generator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _install(folder: Path) -> None:
    """Install by uv where the project has it, and by pip otherwise or when uv fails."""
    uv = Path(sys.prefix) / "bin" / "uv"
    python = str(folder / "bin" / "python")
    requirements = ["--require-hashes", "-r", str(REQUIREMENTS)]
    if uv.exists():
        made = _run([str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)])
        command = [str(uv), "pip", "install", "--quiet", "--python", python, *requirements]
        if made is None and _run(command) is None:
            return
        shutil.rmtree(folder, ignore_errors=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    fault = _run([sys.executable, "-m", "venv", str(folder)]) or _run(pip)
    if fault is not None:
        raise SynapseUnavailable(f"Synapse could not be installed into {folder}: {fault}")


def _run(command: list[str]) -> str | None:
    """Run a command; return what it said last when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr[-2000:] or f"exit {done.returncode}"


@dataclass(slots=True)
class Member:
    """An ordinary Matrix client of a test."""

    user_id: str
    password: str
    token: str
    http: httpx.Client = field(repr=False)

    def call(
        self, method: str, *path: str, body: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """Ask the client-server API as this user."""
        url = "/_matrix/client/v3/" + "/".join(quote(part, safe="") for part in path)
        headers = {"authorization": f"Bearer {self.token}"}
        json_body: Mapping[str, object] | None = body if body is not None or method == "GET" else {}
        answer = self.http.request(method, url, json=json_body, headers=headers)
        if answer.status_code != 200:
            raise AssertionError(f"{method} {url}: {answer.status_code} {answer.text}")
        return answer.json()

    def create_room(self, name: str, *, public: bool = True, **options: object) -> str:
        """Create a room and return its id."""
        preset = "public_chat" if public else "private_chat"
        body = {"name": name, "preset": preset, **options}
        return self.call("POST", "createRoom", body=body)["room_id"]

    def send(self, room: str, text: str, **content: object) -> str:
        """Send a text message and return its event id."""
        return self.send_event(
            room, "m.room.message", {"msgtype": "m.text", "body": text, **content}
        )

    def send_event(self, room: str, kind: str, content: Mapping[str, object]) -> str:
        """Send any event and return its id."""
        key = secrets.token_hex(8)
        return self.call("PUT", "rooms", room, "send", kind, key, body=content)["event_id"]

    def send_in_thread(self, room: str, root: str, text: str) -> str:
        """Send a message into a thread, as clients that know threads do."""
        relation = {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": root},
        }
        return self.send(room, text, **{"m.relates_to": relation})

    def edit(self, room: str, target: str, text: str) -> str:
        """Edit a message and return the id of the edit."""
        content: dict[str, object] = {
            "m.new_content": {"msgtype": "m.text", "body": text},
            "m.relates_to": {"rel_type": "m.replace", "event_id": target},
        }
        return self.send(room, f"* {text}", **content)

    def react(self, room: str, target: str, name: str) -> str:
        """React to a message and return the id of the reaction."""
        relation = {"rel_type": "m.annotation", "event_id": target, "key": name}
        return self.send_event(room, "m.reaction", {"m.relates_to": relation})

    def redact(self, room: str, target: str, reason: str = "") -> str:
        """Redact an event and return the id of the redaction."""
        body = {"reason": reason} if reason else {}
        path = ("rooms", room, "redact", target, secrets.token_hex(8))
        return self.call("PUT", *path, body=body)["event_id"]

    def join(self, room: str) -> None:
        """Join a room by id or address."""
        self.call("POST", "join", room)

    def leave(self, room: str) -> None:
        """Leave a room."""
        self.call("POST", "rooms", room, "leave")

    def invite(self, room: str, user_id: str) -> None:
        """Invite a user."""
        self.call("POST", "rooms", room, "invite", body={"user_id": user_id})

    def set_name(self, name: str) -> None:
        """Choose a display name."""
        self.call("PUT", "profile", self.user_id, "displayname", body={"displayname": name})

    def set_state(self, room: str, kind: str, content: Mapping[str, object], key: str = "") -> None:
        """Set a state of a room."""
        self.call("PUT", "rooms", room, "state", kind, key, body=content)

    def state(self, room: str, kind: str, key: str = "") -> dict[str, Any]:
        """Return a state of a room."""
        return self.call("GET", "rooms", room, "state", kind, key)

    def set_level(self, room: str, user_id: str, level: int) -> None:
        """Give a user a power level."""
        levels = self.state(room, "m.room.power_levels")
        users = {**levels.get("users", {}), user_id: level}
        self.set_state(room, "m.room.power_levels", {**levels, "users": users})

    def event(self, room: str, event_id: str) -> dict[str, Any]:
        """Return an event as the homeserver has it now."""
        return self.call("GET", "rooms", room, "event", event_id)

    def texts(self, room: str) -> list[str]:
        """Return the texts of the newest 100 messages, oldest first."""
        path = f"/_matrix/client/v3/rooms/{quote(room, safe='')}/messages"
        params: dict[str, str | int] = {"dir": "b", "limit": 100}
        headers = {"authorization": f"Bearer {self.token}"}
        chunk = self.http.get(path, params=params, headers=headers).json()["chunk"]
        return [event["content"]["body"] for event in chunk if "body" in event["content"]][::-1]

    def log_out(self) -> None:
        """Make the token worthless."""
        self.call("POST", "logout")


class Synapse:
    """A running homeserver; use it as a context, in the main thread."""

    def __init__(self, **settings: object) -> None:
        """Prepare one; ``settings`` are put over those of its configuration."""
        self._settings = settings
        self._secret = secrets.token_hex(16)
        self._folder = Path(tempfile.mkdtemp(prefix="cmhub-synapse-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The address of the homeserver."""
        return f"http://{self.authority}"

    @property
    def authority(self) -> str:
        """Host and port, as the settings of allowed addresses want it."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        try:
            self._start(installed_python())
        except BaseException:
            self.stop()
            raise
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()
        self.stop()

    def _start(self, python: Path) -> None:
        for _ in range(_ATTEMPTS):
            self.port = _free_port()
            config = self._write_config()
            server = [str(python), "-m", "synapse.app.homeserver", "-c", str(config)]
            command = [sys.executable, "-c", _LAUNCH, str(os.getpid()), *server]
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    command,
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            if self._answers():
                return
        said = self._log.read_text(errors="replace")[-2000:]
        raise SynapseUnavailable(f"Synapse did not start. It said last:\n{said}")

    @property
    def _log(self) -> Path:
        return self._folder / "log.txt"

    def _answers(self) -> bool:
        """Wait for the first answer; False when the process ended, as with a port taken."""
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self._process is not None:
            if self._process.poll() is not None:
                return False
            try:
                found = httpx.get(f"{self.url}/_matrix/client/versions", trust_env=False)
                if found.status_code == 200:
                    return True
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        self._kill()
        return False

    def _write_config(self) -> Path:
        key = b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        (self._folder / "signing.key").write_text(f"ed25519 a_test {key}\n")
        path = self._folder / "homeserver.yaml"
        path.write_text(json.dumps(self._config() | self._settings))
        return path

    def _config(self) -> dict[str, object]:
        folder = self._folder
        listener = {
            "port": self.port,
            "bind_addresses": ["127.0.0.1"],
            "type": "http",
            "tls": False,
            "resources": [{"names": ["client"], "compress": False}],
        }
        return {
            "server_name": SERVER_NAME,
            "public_baseurl": f"{self.url}/",
            "listeners": [listener],
            "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
            "pid_file": str(folder / "homeserver.pid"),
            "media_store_path": str(folder / "media"),
            "signing_key_path": str(folder / "signing.key"),
            "registration_shared_secret": self._secret,
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "bcrypt_rounds": 4,
            "report_stats": False,
            "enable_metrics": False,
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "federation_domain_whitelist": [],
            "user_directory": {"enabled": False},
            "presence": {"enabled": False},
            **_limits_lifted(),
        }

    def register(self, user: str, password: str, admin: bool = False) -> Member:
        """Register a user by the shared secret and return a client that is signed in."""
        path = "/_synapse/admin/v1/register"
        nonce = self.http.get(path).json()["nonce"]
        parts = (nonce, user, password, "admin" if admin else "notadmin")
        mac = hmac.new(self._secret.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
        body = {
            "nonce": nonce,
            "username": user,
            "password": password,
            "admin": admin,
            "mac": mac,
        }
        answer = self.http.post(path, json=body)
        if answer.status_code != 200:
            raise AssertionError(f"{user} could not be registered: {answer.text}")
        content = answer.json()
        return Member(content["user_id"], password, content["access_token"], self.http)

    @contextmanager
    def frozen(self) -> Generator[None]:
        """Let the server take requests and answer none of them; it does them all afterwards."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the server and forget everything it kept."""
        self._kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _kill(self) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _limits_lifted() -> dict[str, object]:
    login = dict.fromkeys(("address", "account", "failed_attempts"), _NO_LIMIT)
    invites = dict.fromkeys(("per_room", "per_user", "per_issuer"), _NO_LIMIT)
    joins = {"local": _NO_LIMIT, "remote": _NO_LIMIT}
    single = ("rc_message", "rc_registration", "rc_admin_redaction", "rc_joins_per_room")
    return {
        **dict.fromkeys(single, _NO_LIMIT),
        "rc_login": login,
        "rc_invites": invites,
        "rc_joins": joins,
    }
