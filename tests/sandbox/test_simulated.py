"""Networks that are only played: what they promise, and where they are at all."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from cmhub.config import settings
from cmhub.integrations.http import Client
from cmhub.integrations.networks import network, network_names, simulated_names
from cmhub.integrations.networks.base import (
    Credentials,
    IncomingDeletion,
    IncomingMessage,
    Invalid,
    Verb,
)
from cmhub.integrations.networks.simulated import MANNERS, Manner, Simulated
from tests.contract.conftest import Scene
from tests.sandbox.running import RunningStandIn
from tests.support.settings import SetVariable

ELSEWHERE = Credentials("http://localhost:8000/sandbox/matrix", "@a:b", {"access_token": "x"})
only_embedded = pytest.mark.skipif(
    not settings().embedded, reason="the demo is for the embedded database"
)


@pytest.fixture(params=MANNERS, ids=lambda manner: manner.shows_as)
async def played(
    request: pytest.FixtureRequest, synapse: RunningStandIn
) -> AsyncIterator[tuple[Manner, Simulated]]:
    client = Client(allowed=[synapse.authority])
    yield request.param, Simulated(request.param, lambda: client)
    await client.aclose()


async def test_what_is_written_comes_back_and_can_be_deleted(
    played: tuple[Manner, Simulated], scene: Scene
) -> None:
    _, net = played
    by, room = scene.credentials, scene.room
    asked = scene.anna.send(room, "Is the shop open?")
    cursor = (await net.live(by, None, [room], 0)).cursor
    sent = await net.reply(by, room, None, asked, "Until seven.", "key-1")
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert await net.find_sent(by, room, "key-1", "Until seven.", since) == sent
    (heard,) = (await net.live(by, cursor, [room], 2)).events
    assert isinstance(heard, IncomingMessage)
    assert (heard.external_id, heard.text, heard.reply_to) == (sent, "Until seven.", asked)
    await net.delete(by, room, asked, "spam", "key-2")
    assert await net.is_deleted(by, room, asked)
    events = (await net.history(by, room, None, 50)).events
    assert any(isinstance(one, IncomingDeletion) and one.target == asked for one in events)


async def test_a_ban_keeps_a_person_out(played: tuple[Manner, Simulated], scene: Scene) -> None:
    _, net = played
    await net.ban(scene.credentials, scene.room, scene.ben.user_id, "spam", "key-3")
    assert await net.standing(scene.credentials, scene.room, scene.ben.user_id) == "banned"


async def test_only_networks_that_know_it_mute(
    played: tuple[Manner, Simulated], scene: Scene
) -> None:
    manner, net = played
    call = (scene.credentials, scene.room, scene.ben.user_id, "key-4")
    assert (net.capabilities[Verb.MUTE].state == "no") == (not manner.mutes)
    if manner.mutes:
        await net.mute(*call)
        assert await net.standing(scene.credentials, scene.room, scene.ben.user_id) == "muted"
    else:
        with pytest.raises(Invalid, match="not_supported"):
            await net.mute(*call)


async def test_people_have_addresses_without_a_server(
    played: tuple[Manner, Simulated], scene: Scene
) -> None:
    manner, net = played
    people = {one.handle for one in await net.members(scene.credentials, scene.room)}
    assert scene.ben.user_id.partition(":")[0] in people
    kinds = {one.kind for one in await net.channels(scene.credentials)}
    assert kinds == {manner.kind}


def test_nobody_is_offered_them() -> None:
    assert not {*network_names()} & {*simulated_names()}
    assert all(network(name).name == name for name in simulated_names())


@only_embedded
@pytest.mark.parametrize("name", simulated_names())
async def test_they_do_nothing_where_there_is_no_demo(set_variable: SetVariable, name: str) -> None:
    set_variable("CMHUB_BASE_URL", "https://cmhub.example.org")
    with pytest.raises(Invalid, match="simulated_elsewhere"):
        await network(name).reply(ELSEWHERE, "!room", None, None, "Hello", "key")


@pytest.mark.parametrize("name", simulated_names())
async def test_they_lead_to_the_sandbox_only(name: str) -> None:
    for address in ("https://matrix.org", "http://localhost.example/sandbox/matrix"):
        with pytest.raises(Invalid, match="simulated_elsewhere"):
            await network(name).connect_with_password(address, "anna", "pass word")
        with pytest.raises(Invalid, match="simulated_elsewhere"):
            await network(name).connect_with_token(address, "token")
