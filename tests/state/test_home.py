"""Home keeps in place what is being read."""

from dataclasses import replace

from cmhub.services.home.usual import Usual
from cmhub.services.home.weeks import Trend
from cmhub.state.agency_home import SpaceRow, chosen, settled, trend_view
from cmhub.state.home import Row, merge

ROW = Row("a", "warn", "home.thread.waits", {}, "", "", "inbox/", "2026-06-10T10:00:00+00:00")
SPACE = SpaceRow(
    "1", "/w/a/b", "Nord", "", "good", 0, ROW, replace(ROW, since=""), 0, ROW, ROW, 0, (), 10.0
)


def test_rows_stay_where_they_are() -> None:
    shown = [ROW, replace(ROW, id="b"), replace(ROW, id="c")]
    fresh = [replace(ROW, id="d"), replace(ROW, id="c", severity="bad"), ROW]
    rows, arrived = merge(shown, fresh)
    assert [row.id for row in rows] == ["a", "b", "c"]
    assert [row.settled for row in rows] == [False, True, False]
    assert (rows[2].severity, arrived) == ("bad", 1)


def test_what_comes_back_is_not_settled() -> None:
    assert merge([replace(ROW, settled=True)], [ROW]) == ([ROW], 0)
    assert merge([], []) == ([], 0)


def test_the_agencys_rows_are_filtered_and_ordered() -> None:
    burning = replace(SPACE, id="2", name="Ouest", severity="bad", count=2, waits=1)
    burning = replace(burning, waiting=ROW)
    broken = replace(SPACE, id="3", name="Été", broken=1, messages=99.0)
    rows = [burning, SPACE, broken]
    assert chosen(rows, "all", "need") == rows
    assert chosen(rows, "burning", "need") == [burning]
    assert chosen(rows, "waiting", "need") == [burning]
    assert chosen(rows, "connections", "need") == [broken]
    assert chosen(rows, "all", "messages")[0] == broken
    assert chosen(rows, "all", "waiting")[0] == burning
    assert [row.name for row in chosen(rows, "all", "name")] == ["Été", "Nord", "Ouest"]


def test_a_row_that_gets_worse_does_not_jump() -> None:
    calm, other = SPACE, replace(SPACE, id="2")
    worse = replace(other, severity="bad", count=1)
    rows, changed = settled([calm, other], [worse, calm])
    assert [row.id for row in rows] == ["1", "2"]
    assert (rows[1].severity, changed) == ("bad", 1)


def _trend(name: str, last: float, *, complete: bool = True) -> Trend:
    return Trend(name, (None, *(10.0,) * 7, last), Usual(10, 8, 12), 20, complete)


def test_a_trend_is_drawn_from_where_it_is_known() -> None:
    drawn = trend_view(_trend("messages", 20.0))
    assert drawn.solid.startswith("M12.5,50.0L25,50.0")
    assert drawn.solid.endswith("L100,0.0")
    assert drawn.band == "M0,40.0H100V60.0H0Z"
    assert (drawn.move, drawn.tone, drawn.dashed) == ("up", "good", "")


def test_more_unanswered_threads_are_no_good_news() -> None:
    assert trend_view(_trend("unanswered", 20.0)).tone == "warn"
    assert trend_view(_trend("unanswered", 2.0)).tone == "good"
    assert trend_view(_trend("messages", 2.0)).tone == "warn"


def test_a_week_that_was_not_read_whole_is_dashed_and_has_not_moved() -> None:
    drawn = trend_view(_trend("messages", 2.0, complete=False))
    assert (drawn.move, drawn.tone) == ("", "")
    assert drawn.dashed == "M87.5,16.7L100,83.3"
    assert not drawn.solid.endswith("83.3")
