"""History from a file: what is good goes in, once; what is not is told line by line."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from cmhub.db import unit_of_work
from cmhub.errors import Invalid, NotFound
from cmhub.models import AuditEvent
from cmhub.services.importing import BATCH, Imported, import_file
from cmhub.services.workspaces import find_workspace
from tests.support.agency import NewAgency


def _line(key: str, **fields: Any) -> str:
    message = {
        "id": key,
        "channel": "general",
        "author": {"id": "u1", "name": "Ana"},
        "text": "Bonjour",
        "posted_at": "2026-03-01T08:15:00Z",
    }
    merged = {name: value for name, value in {**message, **fields}.items() if value is not ...}
    return json.dumps(merged)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history é.jsonl"


def _write(path: Path, *lines: str | bytes) -> Path:
    path.write_bytes(
        b"".join((one if isinstance(one, bytes) else one.encode()) + b"\n" for one in lines)
    )
    return path


async def _import(agency: NewAgency, path: Path, **options: Any) -> Imported:
    return await import_file(path, agency.slug, agency.workspace_slug, **options)


async def _rows(agency: NewAgency, query: str) -> list[tuple[Any, ...]]:
    async with unit_of_work(agency.owner) as session:
        return [tuple(row) for row in (await session.execute(text(query))).all()]


def _rejects(path: Path) -> list[dict[str, Any]]:
    lines = path.with_name(path.name + ".rejected").read_text().splitlines()
    return [json.loads(line) for line in lines]


async def test_it_brings_everything_of_a_line(agency: NewAgency, path: Path) -> None:
    _write(
        path,
        _line("m1"),
        _line(
            "m2",
            reply_to="m1",
            author={"id": "b1", "name": "Robot", "bot": True},
            reactions=[{"author": "u1", "name": "👍"}],
            attachments=[{"url": "https://x.example/a.png", "type": "image/png", "name": "a"}],
            language="fr",
            edited_at="2026-03-01T10:00:00+01:00",
            mood="bright",
        ),
        _line("m3", text=..., deleted=True, channel="aide"),
        "",
    )
    done = await _import(agency, path)
    assert done == Imported(3, 0, 0, None)
    assert await _rows(agency, "select root, message_count from thread order by root") == [
        ("m1", 2),
        ("m3", 0),
    ]
    (second,) = await _rows(
        agency,
        "select m.language, m.edited_at::text, m.extra ->> 'mood', p.bot from message m"
        " join member p on p.id = m.member_id where m.external_id = 'm2'",
    )
    assert (second[0], second[2], second[3]) == ("fr", "bright", True)
    assert "09:00:00" in second[1]
    assert await _rows(agency, "select name from channel order by name") == [
        ("aide",),
        ("general",),
    ]
    assert await _rows(agency, "select media_type from attachment") == [("image/png",)]
    assert await _rows(agency, "select network, state from connection") == [("import", "history")]


async def test_the_same_file_twice_changes_nothing(agency: NewAgency, path: Path) -> None:
    _write(path, *(_line(f"m{n}", reactions=[{"author": "u2", "name": "👍"}]) for n in range(9)))
    assert await _import(agency, path) == Imported(9, 0, 0, None)
    days = await _rows(agency, "select member_id, messages, reactions from member_day order by 1")
    assert await _import(agency, path) == Imported(0, 9, 0, None)
    assert await _rows(agency, "select count(*) from message") == [(9,)]
    assert (
        await _rows(agency, "select member_id, messages, reactions from member_day order by 1")
        == days
    )


BAD: list[tuple[str | bytes, str]] = [
    ("no json", "not JSON"),
    ("[1, 2]", "not a JSON object"),
    ("[" * 100_000, "nested too deeply"),
    (b'{"id": "\xff\xfe"}', "not UTF-8"),
    (_line("x", id=...), "id is missing"),
    (_line("x", id=""), "id is missing"),
    (_line("x", id="\x00"), "id is missing"),
    (_line("x", channel=...), "channel is missing"),
    (_line("x", author=...), "author is missing"),
    (_line("x", author="ana"), "author is missing"),
    (_line("x", author={"name": "Ana"}), "author.id is missing"),
    (_line("x", posted_at=...), "posted_at is missing"),
    (_line("x", posted_at="yesterday"), "posted_at is not a time in ISO 8601"),
    (_line("x", posted_at="2026-03-01T08:15:00"), "posted_at has no time zone"),
    (_line("x", posted_at="0001-01-01T00:00:00+14:00"), "posted_at is out of range"),
    (_line("x", edited_at="2026-03-01"), "edited_at has no time zone"),
    (_line("x", text=["a"]), "text is not text"),
    (_line("x", id=True), "id is not text"),
    (_line("x", id="日" * 400), "id is longer than 1000 bytes"),
    (_line("x", reply_to="y" * 1001), "reply_to is longer than 1000 bytes"),
    (_line("x", reactions={"a": 1}), "reactions is not a list"),
    (_line("x", reactions=["a"]), "a reaction is not an object"),
    (_line("x", reactions=[{"name": "a"}]), "author is missing"),
    (_line("x", attachments="a"), "attachments is not a list"),
    (_line("x", attachments=[1]), "an attachment is not an object"),
    (_line("x", attachments=[{}]), "url is missing"),
    ('{"id": ' + "9" * 5000 + "}", "not JSON"),
]


async def test_what_cannot_be_used_is_told_by_number_and_reason(
    agency: NewAgency, path: Path
) -> None:
    lines: list[str | bytes] = []
    for number, (line, _) in enumerate(BAD):
        lines += [line, _line(f"good{number}")]
    done = await _import(agency, _write(path, *lines))
    assert (done.imported, done.known, done.rejected) == (len(BAD), 0, len(BAD))
    assert done.rejected_file == path.with_name(path.name + ".rejected")
    told = _rejects(path)
    assert [entry["line"] for entry in told] == list(range(1, 2 * len(BAD), 2))
    for entry, (line, reason) in zip(told, BAD, strict=True):
        assert entry["reason"].startswith(reason), entry["reason"]
        assert isinstance(line, bytes) or entry["text"] == line


async def test_a_file_that_is_good_now_has_no_rejects_any_more(
    agency: NewAgency, path: Path
) -> None:
    await _import(agency, _write(path, "bad"))
    assert (await _import(agency, _write(path, _line("m1")))).rejected_file is None
    assert not path.with_name(path.name + ".rejected").exists()


async def test_odd_characters_do_not_stop_it(agency: NewAgency, path: Path) -> None:
    odd = "a\x00b\ud800c\u202e"
    _write(
        path,
        _line(
            "m1",
            text=odd,
            author={"id": "u1", "name": odd},
            language=odd,
            thread="t\x00",
            reactions=[{"author": odd, "name": odd}],
            attachments=[{"url": odd, "type": odd, "name": odd}],
            more={odd: [odd, "\\u0000", 1.5]},
        ),
        _line("m2", more=float("inf")),
        _line("m3", more=float("nan")),
        b'{"id": "m4", "channel": "general", "author": {"id": "u1"}, "text": "a\\u0000b",'
        b' "posted_at": "2026-03-01T08:15:00Z", "more": 1e999}',
    )
    assert (await _import(agency, path)).imported == 4
    rows = await _rows(agency, "select body from message where external_id in ('m1', 'm4')")
    assert sorted(row[0] for row in rows) == ["ab", "ab?c\u202e"]


async def test_a_huge_line_goes_in(agency: NewAgency, path: Path) -> None:
    words = "très long " * 1_000_000
    assert (await _import(agency, _write(path, _line("m1", text=words)))).imported == 1
    assert await _rows(agency, "select length(body) from message") == [(len(words),)]


async def test_many_lines_are_many_transactions(agency: NewAgency, path: Path) -> None:
    seen: list[int] = []
    _write(path, *(_line(f"m{n}", reply_to=f"m{n - 1}" if n else None) for n in range(BATCH + 5)))
    done = await _import(agency, path, progress=seen.append)
    assert (done.imported, seen) == (BATCH + 5, [BATCH, BATCH + 5])
    assert await _rows(agency, "select root, message_count from thread") == [("m0", BATCH + 5)]


async def test_one_channel_for_all(agency: NewAgency, path: Path) -> None:
    _write(path, _line("m1"), _line("m2", channel=...))
    assert (await _import(agency, path, channel="archive")).imported == 2
    assert await _rows(agency, "select name from channel") == [("archive",)]


async def test_it_makes_the_workspace_only_when_told(agency: NewAgency, path: Path) -> None:
    _write(path, _line("m1"))
    with pytest.raises(NotFound):
        await import_file(path, agency.slug, "nouveau")
    assert (await import_file(path, agency.slug, "nouveau", create=True)).imported == 1
    assert (await import_file(path, agency.slug, "nouveau", create=True)).known == 1
    found = await find_workspace(agency.slug, "nouveau")
    assert found is not None
    assert found.workspace_id is not None


async def test_it_makes_no_workspace_at_another_address(agency: NewAgency, path: Path) -> None:
    _write(path, _line("m1"))
    with pytest.raises(Invalid) as caught:
        await import_file(path, agency.slug, "Été 2026", create=True)
    assert caught.value.params["proposed"] == "ete-2026"
    found = await find_workspace(agency.slug, "ete-2026")
    assert found is not None
    assert found.workspace_id is None


async def test_an_agency_that_is_not_there_is_not_found(path: Path, pool: None) -> None:
    with pytest.raises(NotFound):
        await import_file(_write(path, _line("m1")), "no-such-agency", "x", create=True)


async def test_a_file_that_is_not_there_is_told(agency: NewAgency, path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        await _import(agency, path)
    assert caught.value.params["reason"] == "unreadable_file"


async def test_an_import_is_recorded(agency: NewAgency, path: Path) -> None:
    await _import(agency, _write(path, _line("m1"), "bad"))
    async with unit_of_work(agency.owner) as session:
        event = (
            await session.scalars(select(AuditEvent).where(AuditEvent.tag == "history:import"))
        ).one()
    assert event.data == {"file": path.name, "lines": 2, "added": 1, "rejected": 1}
    assert (event.actor, event.workspace_id) == ("CMHub", agency.workspace_id)
