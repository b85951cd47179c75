"""Charts are drawn from numbers that are computed before they are sent."""

from datetime import date, timedelta

from cmhub.state.charts import Point, line, marks, shares, spark

FIRST = date(2026, 3, 1)


def _points(*values: float | None, last_complete: bool = True) -> list[Point]:
    last = len(values) - 1
    return [
        Point(FIRST + timedelta(days=place), value, last_complete or place < last)
        for place, value in enumerate(values)
    ]


def test_the_highest_bar_is_the_top_of_the_axis() -> None:
    assert [one.height for one in marks(_points(5, 20, 0))] == [25, 100, 0]


def test_a_day_without_a_value_is_a_gap_and_not_a_zero() -> None:
    gap = marks(_points(1, None, 2))[1]
    assert not gap.known
    drawn = line(_points(10, 10, None, 5, 5))
    assert drawn.solid.count("M") == 2


def test_the_day_that_has_not_ended_is_drawn_apart() -> None:
    drawn = line(_points(10, 5, 2, last_complete=False))
    assert drawn.solid == "M16.67 0L50 50"
    assert drawn.dashed == "M50 50L83.33 80"
    assert (drawn.last, drawn.last_height) == (2, 20)


def test_the_axis_holds_the_baseline_too() -> None:
    days = [Point(FIRST, 5, low=5, high=20), Point(FIRST + timedelta(days=1), 10, low=5, high=20)]
    drawn = line(days)
    assert drawn.top == 20
    assert drawn.band == "M25 0L75 0L75 75L25 75Z"


def test_nothing_makes_an_empty_chart() -> None:
    assert marks([]) == ()
    assert line([]).solid == ""
    assert shares([("a", 0)]) == ()
    assert spark([]) == ""


def test_a_whole_of_zeros_divides_by_nothing() -> None:
    assert [one.height for one in marks(_points(0, 0))] == [0, 0]
    assert spark([3, 3, 3]).count("L") == 2


def test_shares_add_up_to_the_whole() -> None:
    parts = shares([("Matrix", 1), ("Discord", 1), ("Slack", 2)])
    assert [one.percent for one in parts] == [25, 25, 50]
    assert [one.place for one in parts] == [0, 1, 2]


def test_about_four_days_are_labelled_always() -> None:
    labelled = [one.labelled for one in marks(_points(*range(30)))]
    assert labelled[-1] == "always"
    assert 3 <= labelled.count("always") <= 5
    assert labelled.count("always") + labelled.count("wide") <= 9
