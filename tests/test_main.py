"""The command line: its exit codes, and what it says."""

import os
import subprocess
import sys


def cmhub(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cmhub", *arguments]
    environment = {**os.environ, **settings}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_it_lists_its_commands() -> None:
    done = cmhub("--help")
    assert done.returncode == 0
    for name in ("serve", "worker", "migrate", "demo", "import", "doctor"):
        assert f"  {name} " in done.stdout


def test_it_answers_wrong_usage_with_2() -> None:
    done = cmhub("serve", "--port", "many")
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_it_answers_a_wrong_setting_with_1_and_a_sentence_that_names_it() -> None:
    done = cmhub("migrate", CMHUB_BASE_URL="nonsense")
    assert done.returncode == 1
    assert "CMHUB_BASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_says_why_several_web_processes_cannot_be() -> None:
    done = cmhub("serve", "--workers", "2")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
