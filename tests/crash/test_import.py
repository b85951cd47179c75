"""An import that is killed, and one whose database is: begun again, it ends exactly."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.crash.scene import Scene, until

LINES = 12_000
_COUNT = "select count(*) from message where workspace_id = %(workspace)s"


def _entry(number: int) -> dict[str, Any]:
    return {
        "id": f"m{number}",
        "channel": "forum" if number % 3 else "aide",
        "author": {"id": f"u{number * 7 % 211}", "name": f"Membre {number * 7 % 211}"},
        "text": f"Message {number} : on se retrouve au col",
        "posted_at": f"2026-0{1 + number % 9}-{1 + number % 28:02}T{number % 24:02}:15:00+02:00",
        **({"reply_to": f"m{number - 30}"} if number % 5 == 0 and number >= 30 else {}),
        **({"deleted": True} if number % 97 == 0 else {}),
        **({"reactions": [{"author": "u1", "name": "+1"}]} if number % 11 == 0 else {}),
    }


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("import") / "history.jsonl"
    path.write_text("".join(json.dumps(_entry(number)) + "\n" for number in range(LINES)))
    return path


def _imported_more(scene: Scene, than: int) -> None:
    until(lambda: scene.one(_COUNT) > than, "a batch is imported")


def test_it_writes_each_line_once_however_often_it_is_killed(scene: Scene, history: Path) -> None:
    for _ in range(3):
        before = scene.one(_COUNT)
        run = scene.importing(str(history))
        _imported_more(scene, before)
        scene.pause(0, 0.5)
        run.kill()
        run.communicate()
        assert run.returncode == -9
        scene.check_sums()
    assert 0 < scene.one(_COUNT) < LINES


def test_it_says_in_a_sentence_that_the_database_has_gone(scene: Scene, history: Path) -> None:
    before = scene.one(_COUNT)
    run = scene.importing(str(history))
    _imported_more(scene, before)
    scene.pause(0, 0.3)
    scene.kill("database")
    said, fault = run.communicate(timeout=60)
    assert (run.returncode, said) == (1, "")
    assert "The database does not answer" in fault
    assert "Traceback" not in fault
    until(lambda: scene.one(_COUNT) >= before, "the database is back")


def test_another_try_ends_with_every_line_there_once(scene: Scene, history: Path) -> None:
    before = scene.one(_COUNT)
    said = scene.importing(str(history)).communicate(timeout=90)[0]
    assert said == f"{LINES - before} imported, {before} known, 0 rejected\n"
    rows = scene.rows(
        "select external_id, body, deleted_at is not null from message"
        " where workspace_id = %(workspace)s order by external_id"
    )
    entries = [_entry(number) for number in range(LINES)]
    wanted = [(one["id"], one["text"], one.get("deleted", False)) for one in entries]
    assert rows == sorted(wanted)
    scene.check_sums()
    again = scene.importing(str(history)).communicate(timeout=90)[0]
    assert again == f"0 imported, {LINES} known, 0 rejected\n"
    scene.check_sums()
