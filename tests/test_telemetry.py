"""What a served CMHub tells those who watch it, and whom it tells."""

import json
import time
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.support.collector import Collector, collecting
from tests.support.served import Served, served
from tests.support.tab import Tab

TOKEN = "seven plain words for whoever watches it"
EMAIL = "nobody-in-particular@example.org"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as one:
        yield one


@pytest.fixture(scope="module")
def app(collector: Collector) -> Iterator[Served]:
    with served("", CMHUB_METRICS_TOKEN=TOKEN, CMHUB_OTLP_URL=collector.url) as one:
        tab = Tab(one.url)
        tab.ask("reflex___state____state.hydrate_and_load")
        tab.close()
        # Somebody asks for a mail, so that the worker has a job.
        form = f"name=Ana&email={EMAIL}&password=vingt+chevaux+calmes&agency_name=Ana"
        headers = {"Origin": one.url, "Content-Type": "application/x-www-form-urlencoded"}
        with urlopen(Request(f"{one.url}/auth/sign-up/", form.encode(), headers)) as answer:
            assert answer.url.endswith("/auth/sent/?for=confirm")
        yield one


def _figures(app: Served, token: str | None = TOKEN) -> str:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urlopen(Request(f"{app.url}/metrics", headers=headers)) as answer:
        return answer.read().decode()


def _value(figures: str, begin: str) -> float:
    return sum(float(line.split()[-1]) for line in figures.splitlines() if line.startswith(begin))


@pytest.mark.parametrize("token", [None, "another", ""])
def test_figures_are_for_those_with_the_token(app: Served, token: str | None) -> None:
    with pytest.raises(HTTPError, match="401"):
        _figures(app, token)


def test_web_and_worker_count_together(app: Served) -> None:
    deadline = time.monotonic() + 15
    figures = _figures(app)
    while not _value(figures, 'cmhub_job_seconds_count{kind="mail.confirm",outcome="done"'):
        assert time.monotonic() < deadline, figures
        time.sleep(0.2)
        figures = _figures(app)
    assert _value(figures, 'cmhub_request_seconds_count{area="auth",method="POST"') == 1
    assert _value(figures, 'cmhub_event_seconds_count{handler="state.hydrate_and_load"') >= 1
    assert _value(figures, "cmhub_database_up") == 1
    assert _value(figures, "cmhub_jobs_failed") == 0


def test_what_nobody_foresaw_is_counted_as_one(app: Served) -> None:
    for path in ("nothing-1", "nothing-2"):
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{app.url}/assets/{path}.js")
    figures = _figures(app)
    assert "nothing-1" not in figures
    assert _value(figures, 'cmhub_request_seconds_count{area="other",method="GET"') >= 2


def test_spans_reach_the_collector_and_hold_no_words(app: Served, collector: Collector) -> None:
    deadline = time.monotonic() + 20
    wanted = {"request", "job", "unit of work", "reflex___state____state.hydrate_and_load"}
    while not wanted <= collector.spans.keys():
        assert time.monotonic() < deadline, collector.spans.keys()
        time.sleep(0.2)
    ids = {one.span_id for one in collector.spans["request"]}
    assert any(one.parent_span_id in ids for one in collector.spans["unit of work"])
    for secret in (EMAIL, "chevaux", TOKEN):
        assert secret.encode() not in collector.raw


def test_a_line_of_the_log_names_its_trace(app: Served) -> None:
    lines = [json.loads(line) for line in app.logged().splitlines() if line.startswith("{")]
    asked = [line for line in lines if line.get("path") == "/auth/sign-up/"]
    assert asked
    assert all(len(line["trace"]) == 32 for line in asked)
