"""A real homeserver for the contract tests, and CMHub's own client to it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from cmhub.integrations.http import Client
from cmhub.integrations.networks.base import Batch, Credentials, Event
from cmhub.integrations.networks.matrix import Matrix
from tests.support.synapse import Member, Synapse

TIMELINE = 5
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Scene:
    """A room of Anna's in which CMHub's account is a moderator and Ben an ordinary member."""

    matrix: Matrix
    credentials: Credentials
    room: str
    anna: Member
    ben: Member

    async def start(self) -> str:
        """Return a cursor for now."""
        return (await self.matrix.live(self.credentials, None, [self.room], 0)).cursor

    async def next(self, cursor: str) -> Batch:
        """Return what came after the cursor, waiting a little."""
        return await self.matrix.live(self.credentials, cursor, [self.room], 2)

    async def all_after(self, cursor: str) -> list[Event]:
        """Return everything after the cursor, gaps filled."""
        found: list[Event] = []
        more = True
        while more:
            batch = await self.next(cursor)
            found += batch.events
            cursor, more = batch.cursor, batch.more
        return found


@pytest.fixture(scope="session")
def synapse() -> Iterator[Synapse]:
    with Synapse() as server:
        yield server


@pytest.fixture(scope="session")
async def matrix(synapse: Synapse) -> AsyncIterator[Matrix]:
    client = Client(allowed=[synapse.authority])
    yield Matrix(lambda: client, timeline_limit=TIMELINE)
    await client.aclose()


@pytest.fixture
def people(synapse: Synapse) -> tuple[Member, Member, Member]:
    """Return Anna, Ben and the account that CMHub uses, new for each test."""
    number = next(_numbers)
    anna, ben, bot = (synapse.register(f"{who}{number}", "pass word") for who in _WHO)
    anna.set_name("Anna")
    return anna, ben, bot


_WHO = ("anna", "ben", "cmhub")


@pytest.fixture
async def scene(matrix: Matrix, synapse: Synapse, people: tuple[Member, Member, Member]) -> Scene:
    anna, ben, bot = people
    room = anna.create_room("General", topic="Everything")
    for member in (ben, bot):
        member.join(room)
    anna.set_level(room, bot.user_id, 100)
    credentials = await matrix.connect_with_password(synapse.url, bot.user_id, bot.password)
    return Scene(matrix, credentials, room, anna, ben)
