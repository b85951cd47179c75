"""A hundred thousand messages, twice."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from cmhub.db import unit_of_work
from cmhub.services.importing import import_file
from tests.support.agency import NewAgency

MESSAGES = 100_000
_COUNTS = """
    select (select count(*) from message), (select count(*) from thread),
        (select count(*) from member), (select count(*) from identity),
        (select count(*) from reaction),
        (select md5(string_agg(d::text, '' order by d.day, d.channel_id, d.member_id))
            from (select day, channel_id, member_id, messages, reactions from member_day) d)
"""


def _write(path: Path) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        for number in range(MESSAGES):
            line = {
                "id": str(number),
                "channel": f"salon {number % 5}",
                "author": {"id": f"m{number * 7919 % 2000}"},
                "text": f"Où est la notice n° {number} ?",
                "posted_at": (begin + timedelta(seconds=97 * number)).isoformat(),
            }
            if number % 4:
                line["reply_to"] = str(number - number % 4 * 5)
            if number % 10 == 0:
                line["reactions"] = [{"author": f"m{number % 300}", "name": "👍"}]
            file.write(json.dumps(line) + "\n")


async def _counts(agency: NewAgency) -> tuple[object, ...]:
    async with unit_of_work(agency.owner) as session:
        return tuple((await session.execute(text(_COUNTS))).one())


async def test_a_hundred_thousand_messages_twice_are_the_same(
    agency: NewAgency, tmp_path: Path
) -> None:
    path = tmp_path / "large.jsonl"
    _write(path)
    first = await import_file(path, agency.slug, agency.workspace_slug)
    counts = await _counts(agency)
    again = await import_file(path, agency.slug, agency.workspace_slug)
    assert (first.imported, first.rejected) == (MESSAGES, 0)
    assert (again.imported, again.known, again.rejected) == (0, MESSAGES, 0)
    assert counts[0] == MESSAGES
    assert await _counts(agency) == counts
