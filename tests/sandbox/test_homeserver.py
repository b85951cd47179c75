"""The stand-in's own promises: what it keeps, and for whom it is there at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cmhub.sandbox.homeserver import Homeserver, Journal
from cmhub.sandbox.homeserver.making import create_room
from tests.sandbox.running import RunningStandIn


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[RunningStandIn]:
    server = RunningStandIn(tmp_path)
    server.start()
    yield server
    server.kill()


def test_it_keeps_everything_when_it_is_killed(stand_in: RunningStandIn) -> None:
    anna = stand_in.register("anna", "pass word")
    room = anna.create_room("General")
    body = {"msgtype": "m.text", "body": "Once"}
    path = ("rooms", room, "send", "m.room.message", "key-1")
    first = anna.call("PUT", *path, body=body)
    deleted = anna.send(room, "Never mind")
    anna.redact(room, deleted)
    stand_in.kill()
    stand_in.start()
    anna.http = stand_in.http
    assert anna.texts(room) == ["Once"]
    assert anna.call("PUT", *path, body=body) == first
    assert anna.event(room, deleted)["content"] == {}


def test_what_was_deleted_is_not_in_the_file_either(stand_in: RunningStandIn) -> None:
    anna = stand_in.register("anna", "pass word")
    room = anna.create_room("General")
    anna.redact(room, anna.send(room, "My address is a secret"))
    stand_in.kill()
    stand_in.start()
    anna.http = stand_in.http
    assert anna.texts(room) == []
    (journal,) = (stand_in.folder / "sandbox").glob("*.jsonl")
    assert "secret" not in journal.read_text()


def test_it_survives_a_line_that_was_not_written_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "sandbox" / "homeserver.jsonl"
    server = Homeserver(Journal(path))
    user = server.register("anna", "pass word")
    room = create_room(server, user, {"name": "General"})
    server.put(room, user, "m.room.message", {"body": "Whole"})
    with path.open("ab") as file:
        file.write('{"is":"event","room":"é'.encode()[:-1])
    again = Homeserver(Journal(path))
    again.put(room, user, "m.room.message", {"body": "After"})
    events = Homeserver(Journal(path)).rooms[room].events
    assert [event.content["body"] for event in events if "body" in event.content] == [
        "Whole",
        "After",
    ]


def test_it_begins_anew_when_its_journal_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "homeserver.jsonl"
    serving = Homeserver(Journal(path))
    serving.register("anna")
    other = Homeserver(None)
    other.register("ben")
    Journal(path).replace(other.records())
    serving.look_again()
    assert list(serving.users) == ["@ben:community.example"]


@pytest.mark.parametrize(
    "environment",
    [
        {"CMHUB_DATABASE_URL": "postgresql://cmhub_app@database.example/cmhub"},
        {"CMHUB_BASE_URL": "https://cmhub.example.org"},
    ],
)
def test_it_is_only_there_on_ones_own_machine(tmp_path: Path, environment: dict[str, str]) -> None:
    server = RunningStandIn(tmp_path, environment)
    server.start()
    try:
        for path in ("/_matrix/client/versions", "/_matrix/client/v3/sync"):
            assert server.http.get(path).status_code == 404
    finally:
        server.kill()


def test_another_sites_name_does_not_open_it(stand_in: RunningStandIn) -> None:
    path = "/_matrix/client/versions"
    assert stand_in.http.get(path).status_code == 200
    assert stand_in.http.get(path, headers={"host": "evil.example"}).status_code == 404


def test_what_it_does_not_know_it_refuses(stand_in: RunningStandIn) -> None:
    answer = stand_in.http.get("/_matrix/client/v3/nothing")
    assert (answer.status_code, answer.json()["errcode"]) == (404, "M_UNRECOGNIZED")
    answer = stand_in.http.get("/_matrix/client/v3/account/whoami")
    assert (answer.status_code, answer.json()["errcode"]) == (401, "M_MISSING_TOKEN")
