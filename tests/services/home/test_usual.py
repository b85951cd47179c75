"""What is usual, and what is not."""

import pytest

from cmhub.services.home.usual import (
    Usual,
    size_of,
    usual_count,
    usual_share,
    usual_time,
)

CALM = (100.0, 104.0, 97.0, 101.0, 99.0, 103.0, 98.0, 100.0)


def test_the_usual_of_counts_is_their_median_with_room_for_chance() -> None:
    found = usual_count(CALM)
    assert found is not None
    assert found.level == 100
    assert (found.low, found.high) == (80, 120), "twice the square root of a hundred"


def test_a_restless_past_makes_a_wide_band() -> None:
    calm, restless = usual_count(CALM), usual_count((40.0, 160.0, 90.0, 210.0, 60.0, 120.0))
    assert calm is not None
    assert restless is not None
    assert restless.high - restless.low > 2 * (calm.high - calm.low)


def test_one_wild_week_changes_little() -> None:
    assert usual_count((*CALM[:-1], 5000.0)) == Usual(
        100.5, 100.5 - 2 * 100.5**0.5, 100.5 + 2 * 100.5**0.5
    )


@pytest.mark.parametrize(
    "before", [(), (100.0,) * 3, (None,) * 5 + (100.0,) * 3, (10.0,) * 8, (0.0,) * 8]
)
def test_too_few_weeks_or_things_say_nothing(before: tuple[float | None, ...]) -> None:
    assert usual_count(before) is None


@pytest.mark.parametrize(
    ("value", "move"), [(100, ""), (119, ""), (124, ""), (126, "up"), (76, ""), (74, "down")]
)
def test_a_move_leaves_the_band_and_is_worth_a_word(value: float, move: str) -> None:
    found = usual_count(CALM)
    assert found is not None
    assert found.move_of(value) == move


def test_a_share_stays_between_nothing_and_all() -> None:
    found = usual_share((0.95, 0.97, 0.96, 0.95, 0.99), 20)
    assert found is not None
    assert (found.level, found.high) == (0.96, 1.0)
    assert found.low == pytest.approx(0.96 - 2 * (0.96 * 0.04 / 20) ** 0.5)
    assert usual_share((0.95,) * 8, 9) is None, "nine threads are not enough"


def test_times_are_held_against_each_other_by_their_ratio() -> None:
    found = usual_time((3600.0,) * 6, 25)
    assert found is not None
    assert found.level == pytest.approx(3600)
    assert found.high / found.level == pytest.approx(found.level / found.low)
    assert (found.move_of(3 * 3600), found.move_of(4000), found.move_of(900)) == ("up", "", "down")
    assert usual_time((3600.0,) * 6, 9) is None


@pytest.mark.parametrize(
    ("value", "word"),
    [(130, "more"), (184, "more"), (200, "doubled"), (300, "times"), (50, "halved"), (70, "less"),
     (20, "less")],
)  # fmt: skip
def test_a_change_has_a_word(value: float, word: str) -> None:
    assert size_of(value, 100) == word
