"""The hours of a workspace: kept, told to the audit, read as a calendar."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.errors import Conflict, Invalid, NotFound
from cmhub.models import AuditEvent, new_id
from cmhub.services import hours
from cmhub.services.business_hours import DAY, is_open
from tests.support.agency import NewAgency

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
OFFICE = [*[[(540, 1080)]] * 5, [], []]


async def _data(session: AsyncSession, tag: str) -> list[dict[str, object]]:
    rows = await session.scalars(select(AuditEvent).where(AuditEvent.tag == tag))
    return [row.data for row in rows]


async def _save(session: AsyncSession, agency: NewAgency, **changed: Any) -> bool:
    given = {"week": OFFICE, "country": "FR", "region": "", **changed}
    return await hours.save_hours(session, agency.owner, agency.workspace_id, **given)


async def test_a_new_workspace_is_open_around_the_clock(
    uow: AsyncSession, agency: NewAgency
) -> None:
    calendar = await hours.read_calendar(uow, agency.owner, agency.workspace_id)
    assert is_open(calendar, datetime(2026, 12, 25, 3, tzinfo=UTC))


async def test_it_keeps_the_week_and_tells_what_changed(
    uow: AsyncSession, agency: NewAgency
) -> None:
    assert await _save(uow, agency)
    assert not await _save(uow, agency)
    seen = await hours.read_hours(uow, agency.owner, agency.workspace_id, language="fr", now=NOW)
    assert (seen.week is not None, seen.country, seen.open) == (True, "FR", True)
    assert seen.closes_at == datetime(2026, 11, 27, 17, tzinfo=UTC)
    assert [one.name for one in seen.holidays][:2] == ["Noël", "Jour de l'an"]
    (data,) = await _data(uow, "workspace:hours")
    changes: Any = data["changes"]
    assert changes["country"] == ["", "FR"]
    assert changes["hours"][0] is None
    assert changes["hours"][1][0] == "mon 09:00-18:00"
    assert await _save(uow, agency, week=None)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"week": [[(600, 540)], *[[]] * 6]}, "ranges"),
        ({"week": [[(0, 100), (50, 200)], *[[]] * 6]}, "ranges"),
        ({"week": [[(at, at + 1) for at in range(0, 70, 10)], *[[]] * 6]}, "many_ranges"),
        ({"country": "ZZ"}, "country_unknown"),
        ({"country": "FR", "region": "BY"}, "country_unknown"),
        ({"country": "", "region": "6AE"}, "country_unknown"),
    ],
)
async def test_it_refuses_hours_that_make_no_sense(
    uow: AsyncSession, agency: NewAgency, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await _save(uow, agency, **changed)
    assert caught.value.params["reason"] == reason


async def test_a_special_day_comes_and_goes(uow: AsyncSession, agency: NewAgency) -> None:
    owner, space = agency.owner, agency.workspace_id
    await _save(uow, agency)
    made = await hours.add_special_day(
        uow, owner, space, day=date(2026, 12, 25), name=" Vente de Noël ", ranges=[(600, 720)]
    )
    with pytest.raises(Conflict):
        await hours.add_special_day(
            uow, owner, space, day=date(2026, 12, 25), name="Encore", ranges=[]
        )
    with pytest.raises(Invalid):
        await hours.add_special_day(uow, owner, space, day=date(2026, 12, 26), name=" ", ranges=[])
    calendar = await hours.read_calendar(uow, owner, space)
    assert is_open(calendar, datetime(2026, 12, 25, 9, 30, tzinfo=UTC))
    removed = await hours.remove_special_day(uow, owner, space, made)
    assert (removed.name, removed.ranges) == ("Vente de Noël", ((600, 720),))
    calendar = await hours.read_calendar(uow, owner, space)
    assert not is_open(calendar, datetime(2026, 12, 25, 9, 30, tzinfo=UTC))
    with pytest.raises(NotFound):
        await hours.remove_special_day(uow, owner, space, new_id())
    assert len(await _data(uow, "workspace:special_day")) == 1
    assert len(await _data(uow, "workspace:special_day_remove")) == 1


async def test_past_special_days_are_not_shown(uow: AsyncSession, agency: NewAgency) -> None:
    today = NOW.date()
    for days in (-1, 0, 1):
        await hours.add_special_day(
            uow, agency.owner, agency.workspace_id, day=today + timedelta(days=days),
            name="Inventaire", ranges=[],
        )  # fmt: skip
    seen = await hours.read_hours(uow, agency.owner, agency.workspace_id, language="en", now=NOW)
    assert [one.day for one in seen.special] == [today, today + timedelta(days=1)]
    assert seen.opens_at == datetime(2026, 11, 28, 23, tzinfo=UTC)


def test_countries_and_regions_have_names_in_the_readers_language() -> None:
    assert ("DE", "Allemagne") in hours.countries("fr")
    assert ("DE", "Germany") in hours.countries("en")
    assert ("6AE", "Alsace") in hours.regions("FR")
    assert ("BY", "Bayern") in hours.regions("DE")
    assert hours.regions("") == []


@pytest.mark.parametrize(
    ("typed", "end", "found"),
    [("09:00", False, 540), ("00:00", False, 0), ("00:00", True, DAY), ("23:59:00", True, 1439)],
)
def test_it_reads_times_of_a_form(typed: str, *, end: bool, found: int) -> None:
    assert hours.minutes(typed, end=end) == found


@pytest.mark.parametrize("typed", ["", "9", "24:00", "12:60", "ab:cd", "-1:00"])
def test_it_refuses_what_is_no_time(typed: str) -> None:
    with pytest.raises(Invalid):
        hours.minutes(typed)
