"""Business hours across weekends, holidays and changes of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmhub.services.business_hours import (
    DAY,
    Calendar,
    Week,
    business_time,
    check_ranges,
    closing,
    is_open,
    named_holidays,
    next_opening,
    public_holidays,
)

PARIS = ZoneInfo("Europe/Paris")
OFFICE: Week = (*[((9 * 60, 12 * 60), (14 * 60, 18 * 60))] * 5, (), ())
ZONES = [
    "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia",
    "America/St_Johns", "Africa/Casablanca", "UTC",
]  # fmt: skip
CLOCK_CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
)


def paris(*when: int) -> datetime:
    return datetime(*when, tzinfo=PARIS)  # pyright: ignore[reportArgumentType]


def test_it_is_open_when_the_clock_on_the_wall_says_so() -> None:
    calendar = Calendar(PARIS, OFFICE)
    assert is_open(calendar, paris(2026, 11, 27, 9))
    assert is_open(calendar, datetime(2026, 11, 27, 16, 59, tzinfo=UTC))
    for closed in (paris(2026, 11, 27, 8, 59), paris(2026, 11, 27, 12), paris(2026, 11, 28, 10)):
        assert not is_open(calendar, closed)


def test_the_next_opening_is_now_or_after_the_weekend() -> None:
    calendar = Calendar(PARIS, OFFICE)
    now = paris(2026, 11, 27, 10, 30)
    assert next_opening(calendar, now) == now
    assert next_opening(calendar, paris(2026, 11, 27, 12, 30)) == paris(2026, 11, 27, 14)
    assert next_opening(calendar, paris(2026, 11, 27, 19)) == paris(2026, 11, 30, 9)
    assert closing(calendar, now) == paris(2026, 11, 27, 12)
    assert closing(calendar, paris(2026, 11, 27, 13)) is None


def test_what_never_opens_and_what_never_closes_have_no_time() -> None:
    shut = Calendar(PARIS, ((),) * 7)
    assert next_opening(shut, paris(2026, 1, 1)) is None
    always = Calendar(PARIS)
    assert is_open(always, paris(2026, 12, 25, 3))
    assert closing(always, paris(2026, 1, 1)) is None
    assert closing(Calendar(PARIS, (((0, DAY),),) * 7), paris(2026, 1, 1)) is None


def test_a_night_shift_goes_on_over_midnight() -> None:
    night = Calendar(PARIS, (((0, 120), (22 * 60, DAY)),) * 7)
    assert closing(night, paris(2026, 11, 27, 23)) == paris(2026, 11, 28, 2)
    assert business_time(night, paris(2026, 11, 27, 20), paris(2026, 11, 28, 20)) == timedelta(
        hours=4
    )


def test_it_counts_only_open_time() -> None:
    calendar = Calendar(PARIS, OFFICE)
    friday, monday = paris(2026, 11, 27, 17), paris(2026, 11, 30, 10, 30)
    assert business_time(calendar, friday, monday) == timedelta(hours=2, minutes=30)
    assert business_time(calendar, monday, friday) == timedelta()
    week = business_time(calendar, paris(2026, 11, 23), paris(2026, 11, 30))
    assert week == timedelta(hours=35)


@pytest.mark.parametrize(
    ("day", "slept", "night"),
    [(date(2026, 3, 29), 0, 23), (date(2026, 10, 25), 2, 25), (date(2026, 6, 1), 1, 24)],
)
def test_a_skipped_hour_has_no_length_and_a_repeated_one_counts_twice(
    day: date, slept: int, night: int
) -> None:
    start = datetime.combine(day, time(), PARIS)
    end = datetime.combine(day + timedelta(days=1), time(), PARIS)
    two_to_three = Calendar(PARIS, (((120, 180),),) * 7)
    assert business_time(two_to_three, start, end) == timedelta(hours=slept)
    assert business_time(Calendar(PARIS), start, end) == timedelta(hours=night)


def test_a_day_that_an_island_skipped_is_not_there() -> None:
    apia = ZoneInfo("Pacific/Apia")
    calendar = Calendar(apia, (((0, DAY),),) * 7, {date(2011, 12, 30): ()})
    start, end = datetime(2011, 12, 29, tzinfo=apia), datetime(2012, 1, 1, tzinfo=apia)
    assert business_time(calendar, start, end) == timedelta(hours=48)


def test_public_holidays_are_closed_and_a_special_day_comes_first() -> None:
    christmas = date(2026, 12, 25)
    calendar = Calendar(PARIS, OFFICE, {}, "FR")
    assert not is_open(calendar, paris(2026, 12, 25, 10))
    opened = Calendar(PARIS, OFFICE, {christmas: ((600, 720),)}, "FR")
    assert is_open(opened, paris(2026, 12, 25, 10))
    assert not is_open(opened, paris(2026, 12, 25, 14))
    closed = Calendar(PARIS, OFFICE, {date(2026, 11, 27): ()})
    assert next_opening(closed, paris(2026, 11, 26, 18)) == paris(2026, 11, 30, 9)


def test_holidays_are_those_of_the_region_in_the_readers_language() -> None:
    stephen = date(2026, 12, 26)
    assert stephen not in public_holidays("FR", "", 2026)
    assert stephen in public_holidays("FR", "6AE", 2026)
    assert named_holidays("FR", "", 2026, "fr")[date(2026, 5, 1)] == "Fête du Travail"
    assert named_holidays("FR", "", 2026, "en")[date(2026, 5, 1)] == "Labor Day"
    assert public_holidays("XX", "", 2026) == frozenset()


# the same by plain counting


def _ranges() -> st.SearchStrategy[tuple[tuple[int, int], ...]]:
    """At most three ranges of whole quarters of an hour, apart from each other."""
    marks = st.lists(st.integers(0, 96), max_size=6, unique=True).map(sorted)
    return marks.map(
        lambda found: tuple(
            (15 * found[at], 15 * found[at + 1]) for at in range(0, len(found) - 1, 2)
        )
    )


calendars = st.builds(
    lambda zone, week: Calendar(ZoneInfo(zone), tuple(week)),
    st.sampled_from(ZONES),
    st.lists(_ranges(), min_size=7, max_size=7),
)
moments = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes),
    st.sampled_from(CLOCK_CHANGES),
    st.integers(-3 * DAY, 3 * DAY),
)


@given(calendars, moments, st.integers(0, 2 * DAY))
def test_it_counts_what_counting_minutes_counts(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    counted = sum(is_open(calendar, start + timedelta(minutes=one)) for one in range(minutes))
    end = start + timedelta(minutes=minutes)
    assert business_time(calendar, start, end) == timedelta(minutes=counted)


@given(calendars, moments, st.integers(0, 4 * DAY), st.integers(0, 4 * DAY))
def test_time_is_the_sum_of_its_parts(
    calendar: Calendar, start: datetime, first: int, second: int
) -> None:
    middle = start + timedelta(minutes=first)
    end = middle + timedelta(minutes=second)
    whole = business_time(calendar, start, end)
    assert whole == business_time(calendar, start, middle) + business_time(calendar, middle, end)
    assert timedelta() <= whole <= end - start


@given(calendars, moments)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    calendar: Calendar, start: datetime
) -> None:
    opening = next_opening(calendar, start)
    if opening is None:
        assert calendar.week == ((),) * 7
        return
    assert is_open(calendar, opening)
    assert opening >= start
    assert business_time(calendar, start, opening) == timedelta()
    assert (opening == start) == is_open(calendar, start)


@given(calendars, moments)
def test_it_closes_at_the_end_of_what_is_open(calendar: Calendar, start: datetime) -> None:
    ends = closing(calendar, start)
    if ends is None:
        assert not is_open(calendar, start) or calendar.week == (((0, DAY),),) * 7
        return
    assert business_time(calendar, start, ends) == ends - start > timedelta()
    assert not is_open(calendar, ends)


@pytest.mark.parametrize(
    "wrong", [[(60, 60)], [(120, 60)], [(-1, 5)], [(0, 1441)], [(0, 90), (60, 120)]]
)
def test_ranges_that_make_no_sense_are_refused(wrong: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        check_ranges(wrong)


def test_ranges_that_touch_are_one() -> None:
    assert check_ranges([(720, 900), (540, 720)]) == ((540, 900),)
