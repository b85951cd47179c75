"""The benches run; how fast is for them to say."""

import subprocess
import sys

from tests.support.app import ROOT


def _run(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    # Sizes as small as these may miss what is required of real ones.
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_it_measures_ingest_beside_a_bare_insert() -> None:
    said = _run("ingest", "--batches", "1", "--live-batches", "2")
    assert "history, 1000 messages a batch" in said
    assert "live, 20 messages a batch" in said
    assert "of the baseline's rate: " in said


def test_it_measures_a_filter_click_beside_a_plain_page() -> None:
    said = _run("inbox", "--threads", "300", "--rounds", "1", "--clicks", "12")
    assert "done, page 20: " in said
    assert "filter click at 1,500 messages, 12 each" in said
    assert "allowed: at most " in said


def test_it_measures_the_agencys_home_beside_its_rows_one_by_one() -> None:
    said = _run("home", "--spaces", "3", "--members", "30", "--daily", "5", "--rounds", "1")
    assert "agency's Home at 3 workspaces and 1,500 messages" in said
    assert "one by one" in said


def test_it_measures_search_beside_a_scan() -> None:
    said = _run("search", "--threads", "300", "--rounds", "1")
    assert "search_messages at 1,500 messages" in said
    assert "ILIKE under row-level security, xylophone" in said
    assert "allowed: at most 20 ms for a word: " in said
