"""Files made to do harm: what is told, and what never happens."""

import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cmhub.config import PROJECT
from cmhub.errors import Invalid
from cmhub.services.importing import Format, archives, guess_format
from cmhub.services.importing.guessing import READERS
from cmhub.services.importing.source import Good, Read, Rejected, Source
from tests.support.exports import discord_channel, discord_message, slack_export, zipped

LINE = {"id": "1", "channel": "c", "author": {"id": "a"}, "posted_at": "2026-03-01T08:00:00Z"}


def _read(path: Path, kind: Format | None = None) -> list[Read]:
    return list(READERS[kind or guess_format(path, path.name)](Source(path, path.name)))


def _rejected(read: list[Read]) -> list[tuple[int, str]]:
    return [(one.number, one.reason) for one in read if isinstance(one, Rejected)]


def _good(read: list[Read]) -> int:
    return sum(isinstance(one, Good) for one in read)


def _reason(path: Path, kind: Format | None = None) -> object:
    with pytest.raises(Invalid) as caught:
        _read(path, kind)
    return caught.value.params["reason"]


_MEASURE = """
import resource, sys
from pathlib import Path
from cmhub.services.importing.guessing import READERS, Format
from cmhub.services.importing.source import Source, Rejected
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
told = []
for one in READERS[Format(sys.argv[2])](Source(Path(sys.argv[1]), "x")):
    told.append(f"{one.number} {one.reason}" if isinstance(one, Rejected) else f"{one.number}")
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
print(grown, "|".join(told))
"""


@pytest.mark.parametrize("kind", [Format.jsonl, Format.csv, Format.mbox, Format.discord])
def test_a_record_of_a_hundred_megabytes_is_rejected_and_not_held(
    tmp_path: Path, kind: Format
) -> None:
    head, long, tail = {
        Format.jsonl: (json.dumps(LINE) + "\n", '{"id": "', "\n" + json.dumps(LINE)),
        Format.csv: ("date,author,text\n2026-03-01,a,x\n", "2026-03-01,a,", "\n2026-03-01,a,y\n"),
        Format.mbox: (
            "From a\nFrom: a@x\nDate: Sun, 01 Mar 2026 08:00:00 +0000\n\nx\n\n",
            "From b\nFrom: b@x\n\n",
            "\n\nFrom c\nFrom: c@x\nDate: Sun, 01 Mar 2026 08:00:00 +0000\n\nx\n",
        ),
        Format.discord: ('{"guild": {}, "channel": {}, "messages": [{"content": "', "", ""),
    }[kind]  # fmt: skip
    path = tmp_path / "long"
    with path.open("w") as file:
        file.write(head + long)
        for _ in range(100):
            file.write("x" * 1024 * 1024)
        file.write(tail)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path), kind],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    grown, _, told = done.stdout.strip().partition(" ")
    assert "longer than" in told
    assert int(grown) < 150, told
    if kind is not Format.discord:
        numbers = [one.split()[0] for one in told.split("|")]
        assert sorted(numbers) in (["1", "2", "3"], ["2", "3", "4"])


def test_a_bomb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "b.zip", {"channels.json": "[]", "general/1.json": b"0" * 50_000_000})
    assert _reason(path) == "archive_bomb"


def test_more_than_the_total_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    assert _reason(zipped(tmp_path / "b.zip", slack_export())) == "archive_bomb"


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_ENTRIES", 3)
    assert _reason(zipped(tmp_path / "b.zip", slack_export())) == "archive_entries"


def test_an_entry_that_lies_about_its_size_ends_there(tmp_path: Path) -> None:
    path = zipped(tmp_path / "s.zip", slack_export())
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("aide/2026-03-01.json").file_size
    place = data.rfind(b"aide/2026-03-01.json") - 46 + 24
    assert int.from_bytes(data[place : place + 4], "little") == size
    data[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    read = _read(path)
    assert _good(read) == 4
    assert "aide/2026-03-01.json" in _rejected(read)[0][1]


def test_paths_links_and_archives_in_an_archive_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "s.zip"
    zipped(path, slack_export())
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as nested:
        nested.writestr("x", "x")
    link = zipfile.ZipInfo("general/2026-03-09.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.json", "[]")
        archive.writestr("/etc/cron.d/evil.json", "[]")
        archive.writestr("C:\\evil.json", "[]")
        archive.writestr(link, "/etc/passwd")
        archive.writestr("general/more.zip", inner.getvalue())
    before = set(tmp_path.rglob("*"))
    read = _read(path)
    assert _good(read) == 5
    assert [reason for _, reason in _rejected(read)] == [
        "its path leads out of the archive",
        "its path leads out of the archive",
        "its path leads out of the archive",
        "it is a link",
        "it is an archive inside the archive",
    ]
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("cut", [10, 60, 400])
def test_a_broken_archive_is_told(tmp_path: Path, cut: int) -> None:
    path = zipped(tmp_path / "s.zip", slack_export())
    path.write_bytes(path.read_bytes()[:-cut])
    assert _reason(path) in ("unreadable_file", "unknown_format")


def test_rotten_bytes_in_an_archive_are_told(tmp_path: Path) -> None:
    path = zipped(tmp_path / "s.zip", {**slack_export(), "general/x.json": os.urandom(5000)})
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("general/2026-03-01.json").header_offset + 60
    path.write_bytes(data[:at] + b"\xff" * 40 + data[at + 40 :])
    read = _read(path)
    assert _good(read) >= 2
    assert len(_rejected(read)) == 2


def test_deep_json_breaks_nothing(tmp_path: Path) -> None:
    deep = "[" * 200_000
    path = tmp_path / "deep.jsonl"
    path.write_text(json.dumps(LINE) + "\n" + deep + "\n" + '{"a":' * 100_000 + "\n")
    assert [number for number, _ in _rejected(_read(path))] == [2, 3]
    for name, begin in (("a.json", '{"guild":{},"channel":'), ("b.json", '{"post_stream":')):
        other = tmp_path / name
        other.write_text(begin + deep)
        assert len(_rejected(_read(other))) == 1


@pytest.mark.parametrize("odd", ["a\x00b", "a\ud800b", "\u202eabc", "a\x1b[31mb", "𝕏" * 50])
def test_odd_characters_go_through_every_reader(tmp_path: Path, odd: str) -> None:
    message = discord_message(1, content=odd)
    message["author"]["nickname"] = odd
    files: dict[str, Any] = {
        "a.json": json.dumps(discord_channel(odd or "x", message)).encode(),
        "b.jsonl": json.dumps({**LINE, "text": odd, "channel": odd}).encode(),
        "c.csv": f"date,author,text\n2026-03-01,{odd},{odd}\n".encode("utf-8", "surrogatepass"),
    }
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        read = _read(path)
        assert len(read) == 1, name


def test_a_quote_that_never_ends_loses_one_row_not_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = ["date,author,text", '2026-03-01,a,"open', *["2026-03-01,a,fine"] * 100_000]
    path.write_text("\n".join(rows))
    read = _read(path)
    assert len(_rejected(read)) >= 1
    assert "field larger" in _rejected(read)[0][1]
    assert _good(read) > 40_000


def test_a_list_where_text_should_be_is_no_fault_of_ours(tmp_path: Path) -> None:
    files = slack_export()
    files["general/2026-03-03.json"] = [
        {"type": "message", "user": ["x"], "text": {"a": 1}, "ts": "1772352060.1"},
        {"type": "message", "user": "U1", "text": ["a"], "ts": 5, "reactions": {"a": 1}},
        {"type": "message", "user": "U1", "text": "ok", "ts": "1772352060.9", "reactions": [1, {}],
         "files": [None], "edited": "x"},
        "text", 7, None,
    ]  # fmt: skip
    read = _read(zipped(tmp_path / "s.zip", files))
    assert _good(read) == 6
    assert len(_rejected(read)) == 5
