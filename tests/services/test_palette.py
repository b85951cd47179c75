"""Palette and counts: parts offer what they find and count, each only to who may see it."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission, Role
from cmhub.db import unit_of_work
from cmhub.errors import NotFound
from cmhub.services import counts, inbox, palette
from cmhub.services.filtering import InboxFilter
from cmhub.services.palette import MOST, Hit
from tests.support.tenants import Tenant, make_tenant


@pytest.fixture(scope="module")
async def tenants(pool: None) -> tuple[Tenant, Tenant]:
    return await make_tenant(), await make_tenant()


@pytest.fixture
def ours(tenants: tuple[Tenant, Tenant]) -> Tenant:
    return tenants[0]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A provider alone, which finds too much and notes what it was asked."""
    words_asked = list[str]()
    monkeypatch.setattr(palette, "_PROVIDERS", [])

    @palette.provides
    async def find_many(
        _session: AsyncSession, actor: Actor, workspace_id: UUID | None, words: str
    ) -> Sequence[Hit]:
        words_asked.append(words)
        return [Hit("members", f"{words} {number}", "members/") for number in range(20)]

    return words_asked


async def _find(actor: Actor, workspace_id: UUID | None, words: str) -> tuple[Hit, ...]:
    async with unit_of_work(actor) as session:
        return await palette.find_anything(session, actor, workspace_id, words)


async def test_it_shows_a_few_of_what_a_part_finds(ours: Tenant, asked: list[str]) -> None:
    found = await _find(ours.first.alone, ours.first.id, "  anna   lévesque ")
    assert [hit.title for hit in found] == [f"anna lévesque {n}" for n in range(MOST)]
    assert asked == ["anna lévesque"]


@pytest.mark.parametrize("words", ["", " ", "a"])
async def test_it_asks_nobody_for_a_letter(ours: Tenant, asked: list[str], words: str) -> None:
    assert await _find(ours.first.alone, ours.first.id, words) == ()
    assert asked == []


async def test_it_asks_for_no_more_than_a_line(ours: Tenant, asked: list[str]) -> None:
    await _find(ours.first.alone, ours.first.id, "x" * 5000)
    assert len(asked[0]) == 100


async def test_it_looks_in_no_workspace_of_somebody_else(
    tenants: tuple[Tenant, Tenant], asked: list[str]
) -> None:
    ours, theirs = tenants
    for actor, place in ((ours.actor, theirs.first.id), (ours.first.alone, ours.second.id)):
        with pytest.raises(NotFound):
            await _find(actor, place, "anna")
        async with unit_of_work(actor) as session:
            with pytest.raises(NotFound):
                await counts.count_waiting(session, actor, place)
    assert asked == []


async def test_the_menu_counts_open_threads(ours: Tenant) -> None:
    actor = ours.first.alone
    async with unit_of_work(actor) as session:
        found = await counts.count_waiting(session, actor, ours.first.id)
        stands = await inbox.count_states(session, actor, ours.first.id, InboxFilter())
    assert found["inbox"] == stands["open"]


async def test_who_may_not_open_it_is_not_told_how_much_waits(ours: Tenant) -> None:
    client = Actor(
        agency_id=ours.actor.agency_id, workspaces={ours.first.id: frozenset({Role.CLIENT})}
    )
    assert not client.may(Permission.INBOX_READ, ours.first.id)
    async with unit_of_work(client) as session:
        assert "inbox" not in await counts.count_waiting(session, client, ours.first.id)


async def test_the_agency_has_counts_of_its_own(
    ours: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "_COUNTERS", dict(counts._COUNTERS))

    @counts.counts("agency_tasks", Permission.TASK_READ, "tasks", agency=True)
    async def count_all(_session: AsyncSession, actor: Actor, workspace_id: UUID | None) -> int:
        assert workspace_id is None
        return len(actor.workspaces)

    async with unit_of_work(ours.actor) as session:
        whole = await counts.count_waiting(session, ours.actor, None)
        one = await counts.count_waiting(session, ours.actor, ours.first.id)
    assert whole["agency_tasks"] == len(ours.actor.workspaces)
    assert "inbox" not in whole
    assert "agency_tasks" not in one
    assert "tasks" in counts.topics()
