"""A community that talks: the events of a network, the same ones for the same seed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from cmhub.integrations.networks.base import (
    Attachment,
    Event,
    IncomingDeletion,
    IncomingEdit,
    IncomingMessage,
    IncomingReaction,
    Person,
)

CHANNELS = ("general", "help", "feedback", "events", "off-topic")
MEMBERS = 2_000
_REPLIES = 0.6  # of all messages
_SAME_TALK = 300  # threads that people still answer
_RECENT = 2_000  # messages that people still edit, delete and react to
_CHANGES = ((0.01, "edit"), (0.005, "delete"), (0.06, "react"))
_TEXT = (
    "bonjour the release is out but my account cannot sign in since this morning merci thanks "
    "anyone else see that error again on the second page we are looking at it right now please "
    "send a screenshot été déjà where can I find the settings of notifications good idea agreed"
)
_WORDS = _TEXT.split()


class Community:
    """What 2,000 members write on five channels, in the order of time."""

    def __init__(self, seed: int, began: datetime | None = None) -> None:
        self._random = Random(seed)
        self._now = began or datetime.now(UTC) - timedelta(days=60)
        self._people = [
            Person(f"@member{n}:example.org", f"Member {n}", f"member{n}") for n in range(MEMBERS)
        ]
        self._talks: list[IncomingMessage] = []
        self._said: list[IncomingMessage] = []
        self._number = 0

    def batch(self, messages: int) -> list[Event]:
        """So many new messages, and the changes to messages that come with them."""
        found: list[Event] = []
        for _ in range(messages):
            found.append(self._message())
            found.extend(self._changes())
        return found

    def _person(self) -> Person:
        # A few write most of it.
        return self._people[int(MEMBERS * self._random.random() ** 3)]

    def _text(self) -> str:
        count = min(80, 3 + int(self._random.expovariate(1 / 18)))
        return " ".join(self._random.choices(_WORDS, k=count))

    def _message(self) -> IncomingMessage:
        self._now += timedelta(seconds=self._random.expovariate(1 / 60))
        self._number += 1
        said = IncomingMessage(
            external_id=f"$message{self._number}",
            channel=self._random.choice(CHANNELS),
            author=self._person(),
            text=self._text(),
            posted_at=self._now,
            attachments=self._attachments(),
        )
        if self._talks and self._random.random() < _REPLIES:
            said = self._reply(said)
        else:
            self._talks = [*self._talks[-_SAME_TALK:], said]
        self._said = [*self._said[-_RECENT:], said]
        return said

    def _reply(self, said: IncomingMessage) -> IncomingMessage:
        talk = self._talks[-1 - int(len(self._talks) * self._random.random() ** 2)]
        if self._random.random() < 0.5:
            return replace(said, channel=talk.channel, thread=talk.external_id)
        return replace(said, channel=talk.channel, reply_to=talk.external_id)

    def _attachments(self) -> tuple[Attachment, ...]:
        if self._random.random() > 0.03:
            return ()
        return (Attachment("https://example.org/picture.png", "image/png", "picture.png"),)

    def _changes(self) -> Iterator[Event]:
        for chance, kind in _CHANGES:
            if self._random.random() < chance:
                yield self._change(kind, self._random.choice(self._said))

    def _change(self, kind: str, said: IncomingMessage) -> Event:
        self._number += 1
        if kind == "edit":
            author = said.author.external_id
            return IncomingEdit(said.channel, said.external_id, self._text(), self._now, author)
        if kind == "delete":
            return IncomingDeletion(said.channel, said.external_id, self._now)
        return IncomingReaction(
            channel=said.channel,
            external_id=f"$reaction{self._number}",
            target=said.external_id,
            author=self._person(),
            name=self._random.choice("👍🎉❤️😂"),
            at=self._now,
        )
