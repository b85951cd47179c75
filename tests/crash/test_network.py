"""The line of a network under crashes: its history, its live messages, replies and measures."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.crash.scene import PASSWORD, Scene, timeline, until
from tests.support.synapse import Member

HISTORY = 600
LIVE = 100
_MESSAGES = """
    select m.external_id, case when m.deleted_at is null then m.body end
    from message m join channel c on c.id = m.channel_id
    where m.workspace_id = %(workspace)s and c.external_id = %(room)s
"""
_DONE = """
    select count(*) from channel where external_id = %(room)s and history_done
"""


@dataclass
class Talk:
    """A room, and what should be known of it: texts by event, none where it was redacted."""

    room: str
    people: list[Member]
    scene: Scene
    chance: random.Random
    said: dict[str, str | None] = field(default_factory=dict[str, str | None])
    order: list[str] = field(default_factory=list[str])

    def say(self, number: int) -> None:
        """Write a message, and now and then change an earlier one."""
        person = self.people[number % len(self.people)]
        words = f"Parole {number}"
        if number % 6 == 5:
            event = person.send_in_thread(self.room, self.order[number // 12 * 6], words)
        else:
            event = person.send(self.room, words)
        self.order.append(event)
        self.said[event] = words
        if number % 10 == 9:
            self._change(number)

    def _change(self, number: int) -> None:
        """Edit, redact or react to a message of the same person's, new or old."""
        target = self.order[self.chance.randrange(number % 5, number, len(self.people))]
        author = self.people[self.order.index(target) % len(self.people)]
        if self.said[target] is None:
            return
        if number % 30 == 9:
            author.edit(self.room, target, f"Corrigé {number}")
            self.said[target] = f"Corrigé {number}"
        elif number % 30 == 19:
            author.redact(self.room, target)
            self.said[target] = None
        else:
            author.react(self.room, target, f"👍 {number}")

    def known(self) -> dict[str, str | None]:
        """What our database holds of the room; a row twice would be an error."""
        rows = self.scene.rows(_MESSAGES, room=self.room)
        found: dict[str, str | None] = dict(rows)
        assert len(found) == len(rows)
        return found

    def is_all_known(self) -> bool:
        """Whether everything said is known exactly."""
        return self.known() == self.said and self.scene.one(_DONE, room=self.room) == 1


@pytest.fixture(scope="module")
def talk(scene: Scene) -> Talk:
    people = [scene.server.register(f"crash{number}", PASSWORD) for number in range(4)]
    bot = scene.server.register("crashbot", PASSWORD)
    room = people[0].create_room("Secousses")
    for one in (*people[1:], bot):
        one.join(room)
    people[0].set_level(room, bot.user_id, 100)
    talk = Talk(room, people, scene, random.Random(scene.chance.random()))
    for number in range(HISTORY):
        talk.say(number)
    return talk


def test_no_message_is_lost_or_there_twice(scene: Scene, talk: Talk) -> None:
    scene.crew(
        "connect",
        address=scene.server.url,
        name="crashbot",
        password=PASSWORD,
        room=talk.room,
    )
    until(talk.known, "a page of the history is read", 60)
    scene.kill("worker")
    enough = threading.Event()
    with ThreadPoolExecutor(1) as beside:
        live = beside.submit(_talk_on, talk, enough)
        try:
            for what in ("database", "web", "worker", "database", "worker"):
                scene.pause(0.2, 2)
                scene.kill(what)
        finally:
            enough.set()
        live.result()
    until(talk.is_all_known, "everything said is known", 90)
    scene.check_sums()


def _talk_on(talk: Talk, enough: threading.Event) -> None:
    number = HISTORY
    while number < HISTORY + LIVE or not enough.is_set():
        talk.say(number)
        number += 1
        enough.wait(0.1)


def test_a_lost_place_in_the_stream_loses_nothing(scene: Scene, talk: Talk) -> None:
    scene.rows(
        "update connection set cursor = 'lost' where workspace_id = %(workspace)s"
        " and network = 'matrix'"
    )
    for number in range(len(talk.order), len(talk.order) + 5):
        talk.say(number)
    until(talk.is_all_known, "what was said meanwhile is known", 60)
    assert scene.rows("select state, fault from connection where network = 'matrix'") == [
        ("active", None)
    ]
    scene.check_sums()


def _states(scene: Scene, table: str) -> list[str]:
    rows = scene.rows(f"select state from {table} where workspace_id = %(workspace)s")
    return [row[0] for row in rows]


def _sending(scene: Scene, *tables: str) -> bool:
    return all("sending" in _states(scene, table) for table in tables)


def test_replies_and_deletions_happen_once(scene: Scene, talk: Talk) -> None:
    targets = [event for event in talk.order if talk.said[event] is not None][-2:]
    root = talk.order[0]
    scene.crew("delete", messages=targets)
    texts = [f"Réponse {number}" for number in range(20)]

    def plan(some: list[str]) -> None:
        scene.crew("reply", message=root, texts=some)

    with ThreadPoolExecutor(1) as beside:
        flowing = beside.submit(plan, texts[:8])
        for what in ("worker", "database"):
            scene.pause(0.3, 2)
            scene.kill(what)
        flowing.result()
    # The network does what it was told, and nobody is left who would write that down.
    with scene.server.frozen():
        plan(texts[8:14])
        until(lambda: _sending(scene, "reply", "measure"), "replies and measures under way", 60)
        scene.kill("worker")
    with scene.server.frozen():
        plan(texts[14:])
        until(lambda: _sending(scene, "reply"), "replies under way", 60)
        scene.kill("database")
    until(lambda: set(_states(scene, "reply")) == {"sent"}, "every reply is sent", 90)
    until(
        lambda: set(_states(scene, "measure")) == {"confirmed"}, "the deletions are confirmed", 90
    )
    _check_once(scene, talk, texts, targets)


def _check_once(scene: Scene, talk: Talk, texts: list[str], targets: list[str]) -> None:
    events = timeline(talk.people[0], talk.room)
    bodies = [one["content"].get("body") for one in events if one["type"] == "m.room.message"]
    assert sorted(body for body in bodies if str(body).startswith("Réponse")) == sorted(texts)
    assert scene.rows("select count(*) from reply where state = 'sent'") == [(20,)]
    redacted = [_redacts(one) for one in events if one["type"] == "m.room.redaction"]
    assert sorted(one for one in redacted if one in targets) == sorted(targets)
    confirmed = "select count(*) from audit_event where tag = 'measure:confirm'"
    assert scene.one(confirmed) == len(targets)
    talk.said |= dict.fromkeys(targets)
    talk.said |= {
        one["event_id"]: one["content"]["body"]
        for one in events
        if str(one["content"].get("body")).startswith("Réponse")
    }
    until(talk.is_all_known, "what was done is known, once", 60)
    scene.check_sums()


def _redacts(event: dict[str, Any]) -> str:
    return event.get("redacts") or event["content"].get("redacts", "")
