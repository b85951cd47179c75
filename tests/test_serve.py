"""What serving looks after: the child beside it, and its own end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from cmhub import embedded
from cmhub.serve import kept_alive, kept_running
from tests.support.folders import open_folder

_NOTE = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n')"
_WAIT = "; import time; time.sleep(60)"
_PARENT = """
import os, subprocess, sys
child = [sys.executable, "-c", sys.argv[1], str(os.getpid())]
print(subprocess.Popen(child).pid, flush=True)
sys.stdin.read()
"""
_CHILD = """
import sys, time
from cmhub.serve import end_with
end_with(int(sys.argv[1]))
time.sleep(60)
"""


def wait_for(truth: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


def pids(notes: Path) -> list[int]:
    return [int(line) for line in notes.read_text().split()] if notes.exists() else []


def test_it_starts_a_child_again_that_was_killed(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with kept_alive([sys.executable, "-c", _NOTE + _WAIT, str(notes)]):
        wait_for(lambda: len(pids(notes)) == 1)
        os.kill(pids(notes)[0], signal.SIGKILL)
        wait_for(lambda: len(pids(notes)) == 2)
    assert not runs(pids(notes)[1])


def test_it_starts_a_child_anew_when_told_to(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with kept_alive([sys.executable, "-c", _NOTE + _WAIT, str(notes)]) as renew:
        wait_for(lambda: len(pids(notes)) == 1)
        renew()
        wait_for(lambda: len(pids(notes)) == 2)
        assert not runs(pids(notes)[0])
        assert runs(pids(notes)[1])


def test_it_waits_longer_each_time_for_a_child_that_keeps_ending(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with kept_alive([sys.executable, "-c", _NOTE, str(notes)]):
        wait_for(lambda: len(pids(notes)) == 2)
        time.sleep(1)
        assert len(pids(notes)) == 2


def test_it_starts_a_database_again_that_was_killed() -> None:
    with open_folder() as folder:
        cluster = embedded.start(folder)
        with kept_running(cluster):
            os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            wait_for(lambda: not cluster.is_running())
            wait_for(cluster.is_running)
        psycopg.connect(cluster.superuser_url).close()
        cluster.stop()


def test_a_child_ends_with_its_killed_parent() -> None:
    command = [sys.executable, "-c", _PARENT, _CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert runs(child)
        parent.kill()
        wait_for(lambda: not runs(child))
