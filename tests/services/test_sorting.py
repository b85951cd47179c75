"""Sorting: who a thread is given to, until when it rests, and how all that is taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from cmhub.actor import Role
from cmhub.db import doors, unit_of_work
from cmhub.errors import Forbidden, Invalid, NotFound
from cmhub.jobs.worker import sweep
from cmhub.models import Notification, Thread, new_id
from cmhub.queue import Work
from cmhub.services import sorting
from cmhub.services.inbox import InboxFilter, list_threads
from cmhub.services.sorting import Moved, snooze_choices
from tests.support.agency import NewAgency, make_agency
from tests.support.community import Community, ago, bring, make_community, said
from tests.support.desk import hire, look, thread_id, told

TOMORROW = timedelta(days=1)


@pytest.fixture
async def community(agency: NewAgency) -> Community:
    made = await make_community(agency.owner, agency.workspace_id)
    await bring(made, said("m1", at=ago(hours=2)), said("m2", at=ago(hours=1)))
    return made


def _soon() -> datetime:
    return datetime.now(UTC) + TOMORROW


async def _do(community: Community, verb: str, ids: Sequence[UUID], *given: Any) -> Any:
    actor = community.actor
    async with unit_of_work(actor) as session:
        service = getattr(sorting, verb)
        return await service(session, actor, community.workspace_id, ids, *given)


async def _back(community: Community, moved: Sequence[Moved]) -> int:
    actor = community.actor
    async with unit_of_work(actor) as session:
        return await sorting.put_back(session, actor, community.workspace_id, moved)


async def _let_time_pass(community: Community, root: str = "m1") -> None:
    """The moment of a snoozed thread has come."""
    async with unit_of_work(community.actor) as session:
        await session.execute(
            update(Thread)
            .where(Thread.root == root, Thread.snoozed_until.is_not(None))
            .values(snoozed_until=ago(seconds=1))
        )


async def _wake(community: Community, root: str = "m1") -> None:
    work = Work(await thread_id(community, root), community.actor.agency_id, community.workspace_id)
    await sorting.wake(work)


# assignment


async def test_a_thread_is_given_to_somebody_who_may_answer(community: Community) -> None:
    ben = await hire(community, "Ben", Role.MEDIATOR)
    ids = [await thread_id(community)]
    (moved,) = await _do(community, "assign_threads", ids, ben.user_id)
    row = await look(community)
    assert (row.assignee_id, row.assignee_name) == (ben.user_id, "Ben")
    assert (moved.before.assignee_id, moved.after.assignee_id) == (None, ben.user_id)
    assert await told(community, "thread:assign") == [{"user": str(ben.user_id), "name": "Ben"}]
    assert await _do(community, "assign_threads", ids, ben.user_id) == ()
    await _do(community, "assign_threads", ids, None)
    assert (await look(community)).assignee_id is None


async def test_who_is_given_a_thread_is_told(community: Community) -> None:
    ben = await hire(community, "Ben", Role.MEDIATOR)
    thread = await thread_id(community)
    for user in (community.actor.user_id, ben.user_id):
        await _do(community, "assign_threads", [thread], user)
    for actor, kinds in ((ben, ["thread_assigned"]), (community.actor, list[str]())):
        async with unit_of_work(actor) as session:
            rows = await session.scalars(
                select(Notification.kind).where(Notification.user_id == actor.user_id)
            )
            assert list(rows) == kinds


async def test_nobody_else_can_be_given_a_thread(community: Community) -> None:
    analyst = await hire(community, "Iris", Role.ANALYST)
    stranger = (await make_agency()).owner
    for user in (analyst.user_id, stranger.user_id, new_id()):
        with pytest.raises(NotFound):
            await _do(community, "assign_threads", [await thread_id(community)], user)
    assert (await look(community)).assignee_id is None


async def test_an_analyst_sorts_nothing(community: Community) -> None:
    analyst = await hire(community, "Iris", Role.ANALYST)
    watching = replace(community, actor=analyst)
    ids = [await thread_id(community)]
    for verb, given_ in (
        ("assign_threads", analyst.user_id),
        ("move_threads", "done"),
        ("snooze_threads", _soon()),
    ):
        with pytest.raises(Forbidden):
            await _do(watching, verb, ids, given_)
    with pytest.raises(Forbidden):
        await _back(watching, ())


# snooze


async def test_a_snoozed_thread_rests_in_a_list_of_its_own(community: Community) -> None:
    until = _soon()
    await _do(community, "snooze_threads", [await thread_id(community)], until)
    async with unit_of_work(community.actor) as session:
        page = await list_threads(
            session, community.actor, community.workspace_id, InboxFilter("snoozed")
        )
    (row,) = page.rows
    assert (row.state, row.snoozed_until) == ("snoozed", until)
    assert page.counts == {"open": 1, "waiting": 0, "snoozed": 1, "done": 0}
    assert await told(community, "thread:snooze") == [{"until": until.isoformat()}]


@pytest.mark.parametrize("days", [-1, 367])
async def test_it_rests_until_a_moment_that_comes(community: Community, days: int) -> None:
    with pytest.raises(Invalid):
        await _do(
            community, "snooze_threads", [await thread_id(community)],
            datetime.now(UTC) + timedelta(days=days),
        )  # fmt: skip


async def test_it_comes_back_when_its_moment_has_come_and_not_before(
    community: Community,
) -> None:
    await _do(community, "snooze_threads", [await thread_id(community)], _soon())
    await _wake(community)
    assert (await look(community)).state == "snoozed"
    await _let_time_pass(community)
    await _wake(community)
    row = await look(community)
    assert (row.state, row.snoozed_until) == ("open", None)
    await _wake(community)
    assert len(await told(community, "thread:wake")) == 1


async def test_a_lost_job_leaves_no_thread_asleep(community: Community) -> None:
    await _do(community, "snooze_threads", [await thread_id(community)], _soon())
    async with doors() as session:
        await session.execute(text("delete from jobs.pgqueuer"))
    await _let_time_pass(community)
    assert await sweep() >= 1
    async with doors() as session:
        rows = await session.execute(
            text("select payload from jobs.pgqueuer where entrypoint = 'thread.wake'")
        )
        works = [Work.decode(bytes(row.payload)) for row in rows]
    assert await thread_id(community) in {work.id for work in works}


async def test_it_comes_back_at_once_when_the_member_writes(community: Community) -> None:
    await _do(community, "snooze_threads", [await thread_id(community)], _soon())
    await bring(community, said("m3", "Alors ?", to="m1", at=ago(seconds=1)))
    row = await look(community)
    assert (row.state, row.snoozed_until) == ("open", None)


async def test_it_rests_on_when_the_team_writes_or_history_comes(community: Community) -> None:
    await _do(community, "snooze_threads", [await thread_id(community)], _soon())
    await bring(community, said("m3", "On regarde.", by="team", to="m1", at=ago(seconds=1)))
    assert (await look(community)).state == "snoozed"
    await bring(community, said("m0", to="m1", at=ago(hours=1)), live=False)
    assert (await look(community)).state == "snoozed"


async def test_done_ends_a_snooze(community: Community) -> None:
    ids = [await thread_id(community)]
    await _do(community, "snooze_threads", ids, _soon())
    await _do(community, "move_threads", ids, "done")
    await _let_time_pass(community)
    await _wake(community)
    row = await look(community)
    assert (row.state, row.snoozed_until) == ("done", None)


# undo


async def test_what_was_done_to_many_is_taken_back_from_each(community: Community) -> None:
    first, second = await thread_id(community, "m1"), await thread_id(community, "m2")
    until = _soon()
    await _do(community, "snooze_threads", [first], until)
    moved = await _do(community, "move_threads", [first, second], "done")
    assert await _back(community, moved) == 2
    one, other = await look(community, "m1"), await look(community, "m2")
    assert (one.state, one.snoozed_until, other.state) == ("snoozed", until, "open")
    assert await _back(community, moved) == 0, "twice is once"


async def test_undoing_an_assignment_gives_it_back(community: Community) -> None:
    ben = await hire(community, "Ben", Role.MODERATOR)
    ids = [await thread_id(community)]
    await _do(community, "assign_threads", ids, ben.user_id)
    moved = await _do(community, "assign_threads", ids, community.actor.user_id)
    await _do(community, "move_threads", ids, "done")
    assert await _back(community, moved) == 1
    row = await look(community)
    assert (row.assignee_name, row.state) == ("Ben", "done"), "only what was changed goes back"


async def test_what_has_moved_on_is_not_put_back(community: Community) -> None:
    await bring(community, said("t1", by="team", to="m1", at=ago(minutes=9)))
    ids = [await thread_id(community)]
    moved = await _do(community, "move_threads", ids, "done")
    await bring(community, said("m3", "Encore", to="m1", at=ago(seconds=1)))
    assert await _back(community, moved) == 0
    assert (await look(community)).state == "open", "a member waits"


async def test_many_at_once_are_at_most_a_hundred(community: Community) -> None:
    with pytest.raises(Invalid):
        await _do(community, "move_threads", [new_id() for _ in range(101)], "done")
    ids = [await thread_id(community), new_id()]
    assert len(await _do(community, "move_threads", ids, "done")) == 1, "one has gone meanwhile"


# what is proposed


def _choices(zone: str, now: str) -> dict[str, str]:
    found = snooze_choices(zone, datetime.fromisoformat(now))
    return {one.word: one.at.isoformat() for one in found}


def test_it_proposes_round_moments_in_the_workspaces_zone() -> None:
    assert _choices("Europe/Paris", "2026-11-25T10:10:00+00:00") == {
        "later": "2026-11-25T14:30:00+01:00",
        "tomorrow": "2026-11-26T09:00:00+01:00",
        "week": "2026-11-30T09:00:00+01:00",
    }
    assert _choices("Asia/Tokyo", "2026-11-25T16:00:00+00:00")["tomorrow"].startswith("2026-11-27")


def test_in_the_evening_there_is_no_later_today() -> None:
    assert "later" not in _choices("Europe/Paris", "2026-11-25T20:10:00+00:00")


def test_on_a_sunday_next_week_is_tomorrow() -> None:
    assert set(_choices("UTC", "2026-11-29T10:00:00+00:00")) == {"later", "tomorrow"}


def test_the_morning_is_at_nine_when_the_clocks_change() -> None:
    # On 29 March 2026 clocks in Paris go forward.
    assert _choices("Europe/Paris", "2026-03-28T10:00:00+00:00")["tomorrow"] == (
        "2026-03-29T09:00:00+02:00"
    )


def test_a_chosen_date_is_meant_in_the_workspaces_zone() -> None:
    found = sorting.moment_in("Asia/Tokyo", "2026-12-01T09:30")
    assert found.astimezone(UTC).isoformat() == "2026-12-01T00:30:00+00:00"
    for wrong in ("", "soon", "2026-13-01T00:00"):
        with pytest.raises(Invalid):
            sorting.moment_in("Asia/Tokyo", wrong)


# any order

ACTS = ("snooze", "done", "open", "waiting", "undo", "member", "team", "time", "wake")


@pytest.fixture(scope="module")
async def many(pool: None) -> Community:
    """A community where every example has a thread of its own."""
    agency = await make_agency()
    return await make_community(agency.owner, agency.workspace_id)


@dataclass
class Story:
    """What happens to one thread, and where it must stand after each act."""

    community: Community
    root: str
    expected: str = "open"
    last: tuple[Moved, ...] = ()
    wrote: bool = False
    number: int = 0

    async def act(self, what: str) -> None:
        self.number += 1
        if what in ("snooze", "done", "open", "waiting"):
            await self._sort(what)
        elif what in ("member", "team"):
            await self._write(what)
        elif what == "undo":
            await self._undo()
        elif what == "time":
            await _let_time_pass(self.community, self.root)
        else:
            due = (await look(self.community, self.root)).snoozed_until
            await _wake(self.community, self.root)
            if due is not None and due <= datetime.now(UTC):
                self.expected = "open"

    async def _sort(self, what: str) -> None:
        ids = [await thread_id(self.community, self.root)]
        if what == "snooze":
            self.last = await _do(self.community, "snooze_threads", ids, _soon())
        else:
            self.last = await _do(self.community, "move_threads", ids, what)
        self.expected, self.wrote = "snoozed" if what == "snooze" else what, False

    async def _write(self, who: str) -> None:
        key, by = f"{self.root}-{self.number}", "team" if who == "team" else "ana"
        await bring(self.community, said(key, by=by, to=self.root, at=datetime.now(UTC)))
        if who == "member":
            self.expected, self.wrote = "open", True
        elif self.expected == "open":
            self.expected = "waiting"

    async def _undo(self) -> None:
        if self.last:
            put = await _back(self.community, self.last)
            assert not (put and self.wrote), "what a member wrote since would be hidden"
            self.expected = self.last[0].before.state if put else self.expected
            self.last = ()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(st.sampled_from(ACTS), min_size=2, max_size=8))
async def test_in_any_order_nobody_who_waits_is_put_to_sleep_by_the_past(
    many: Community, acts: list[str]
) -> None:
    story = Story(many, str(new_id()))
    await bring(many, said(story.root, at=ago(hours=2)))
    for what in acts:
        await story.act(what)
        row = await look(many, story.root)
        assert row.state == story.expected, (acts, story.number)
        assert (row.state == "snoozed") == (row.snoozed_until is not None)
