import logging

from cmhub.state.limits import EventLimit
from cmhub.state.quiet import NoSecrets, scrubbed


def test_it_lets_a_burst_pass_and_then_stops() -> None:
    limit = EventLimit(burst=5, rate=0.001)
    assert [limit.take("tab") for _ in range(7)] == [True] * 5 + [False] * 2
    assert limit.take("another")


def test_it_fills_up_again() -> None:
    limit = EventLimit(burst=1, rate=1e9)
    assert all(limit.take("tab") for _ in range(5))


def test_it_takes_secrets_out_of_a_log_record() -> None:
    words = (
        "headers {'cookie': 'cmhub_session=abc; x=1', 'authorization': 'Bearer def'} password=ghi"
    )
    assert not {"abc", "def", "ghi"} & set(scrubbed(words).replace("'", " ").split())
    assert scrubbed("12 tabs, nothing secret") == "12 tabs, nothing secret"


def test_it_takes_secrets_out_of_a_traceback() -> None:
    try:
        raise ValueError("__Host-cmhub_session=abcdef")
    except ValueError as error:
        found = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "failed %s", ("cmhub_lang=fr",), found)
    assert NoSecrets().filter(record)
    shown = logging.Formatter().format(record)
    assert "abcdef" not in shown
    assert "ValueError" in shown
