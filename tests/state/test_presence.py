"""Presence: who is at a thread, each once, and forgotten when they stop saying so."""

import pytest

from cmhub.models import new_id
from cmhub.state.presence import LOOKS, WRITES, Other, Presence

ROOM = (new_id(), new_id())
THREAD, ANA, BEN = new_id(), new_id(), new_id()


def _told(user: object, name: str, *, writes: bool = False, **given: object) -> dict[str, object]:
    told = {"seat": str(user), "thread": str(THREAD), "user": str(user), "name": name}
    return {**told, "writes": writes, **given}


@pytest.fixture
def presence() -> Presence:
    return Presence()


def test_others_see_who_looks_and_oneself_does_not(presence: Presence) -> None:
    assert presence.hear(ROOM, _told(ANA, "Ana"), now=0)
    assert presence.others(ROOM, THREAD, BEN, now=1) == [Other("Ana", False)]
    assert presence.others(ROOM, THREAD, ANA, now=1) == []


def test_saying_it_again_is_no_news(presence: Presence) -> None:
    presence.hear(ROOM, _told(ANA, "Ana"), now=0)
    assert not presence.hear(ROOM, _told(ANA, "Ana"), now=20)
    assert presence.hear(ROOM, _told(ANA, "Ana", writes=True), now=21)
    assert not presence.hear(ROOM, _told(ANA, "Ana", writes=True), now=24)
    assert presence.hear(ROOM, _told(ANA, "Ana", thread=str(new_id())), now=25)


def test_who_says_nothing_more_is_forgotten(presence: Presence) -> None:
    presence.hear(ROOM, _told(ANA, "Ana", writes=True), now=0)
    assert presence.others(ROOM, THREAD, BEN, now=WRITES - 1) == [Other("Ana", True)]
    assert presence.others(ROOM, THREAD, BEN, now=WRITES + 1) == [Other("Ana", False)]
    assert presence.others(ROOM, THREAD, BEN, now=LOOKS + 1) == []


def test_two_tabs_are_one_colleague(presence: Presence) -> None:
    presence.hear(ROOM, _told(ANA, "Ana", writes=True), now=0)
    presence.hear(ROOM, _told(ANA, "Ana", seat=str(new_id())), now=1)
    assert presence.others(ROOM, THREAD, BEN, now=2) == [Other("Ana", True)]


def test_another_workspace_or_thread_sees_nobody(presence: Presence) -> None:
    presence.hear(ROOM, _told(ANA, "Ana"), now=0)
    assert presence.others((ROOM[0], new_id()), THREAD, BEN, now=1) == []
    assert presence.others(ROOM, new_id(), BEN, now=1) == []


def test_what_it_cannot_read_is_an_error_for_the_listener(presence: Presence) -> None:
    for wrong in ({}, _told(ANA, "Ana", seat="x")):
        with pytest.raises((KeyError, ValueError)):
            presence.hear(ROOM, wrong, now=0)
