"""Matrix against a real homeserver: writing and moderating."""

from datetime import UTC, datetime, timedelta

import pytest

from cmhub.integrations.networks.base import Credentials, Gone, IncomingMessage, Invalid, NotAllowed
from cmhub.integrations.networks.matrix import Matrix
from cmhub.integrations.networks.matrix.capabilities import TEXT_BYTES
from tests.contract.conftest import Scene
from tests.support.synapse import Member, Synapse

pytestmark = pytest.mark.contract


def here(scene: Scene) -> tuple[Credentials, str]:
    return scene.credentials, scene.room


async def test_a_reply_goes_into_the_thread_once(scene: Scene) -> None:
    root = scene.anna.send(scene.room, "Question")
    cursor = await scene.start()
    first = await scene.matrix.reply(*here(scene), root, None, "Answer", "key-1")
    again = await scene.matrix.reply(*here(scene), root, None, "Answer", "key-1")
    assert first == again
    assert scene.anna.texts(scene.room) == ["Question", "Answer"]
    relation = scene.anna.event(scene.room, first)["content"]["m.relates_to"]
    assert (relation["rel_type"], relation["event_id"]) == ("m.thread", root)
    assert relation["is_falling_back"] is True
    (echo,) = await scene.all_after(cursor)
    assert isinstance(echo, IncomingMessage)
    assert (echo.external_id, echo.key, echo.thread) == (first, "key-1", root)


async def test_a_reply_may_answer_a_message_in_a_thread_or_outside(scene: Scene) -> None:
    root = scene.anna.send(scene.room, "Question")
    asked = scene.ben.send_in_thread(scene.room, root, "Me too")
    cursor = await scene.start()
    await scene.matrix.reply(*here(scene), root, asked, "In the thread", "key-1")
    await scene.matrix.reply(*here(scene), None, asked, "Outside", "key-2")
    inside, outside = await scene.all_after(cursor)
    assert isinstance(inside, IncomingMessage)
    assert (inside.thread, inside.reply_to) == (root, asked)
    assert isinstance(outside, IncomingMessage)
    assert (outside.thread, outside.reply_to) == (None, asked)


async def test_a_sent_message_is_found_by_its_key(scene: Scene, synapse: Synapse) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    sent = await scene.matrix.reply(*here(scene), None, None, "Same text", "key-1")
    for number in range(3):
        scene.anna.send(scene.room, f"Noise {number}")
    found = await scene.matrix.find_sent(*here(scene), "key-1", "Same text", since)
    assert found == sent
    assert await scene.matrix.find_sent(*here(scene), "key-2", "Same text", since) is None
    other = await scene.matrix.connect_with_password(
        synapse.url, scene.credentials.account, "pass word"
    )
    found = await scene.matrix.find_sent(other, scene.room, "key-1", "Same text", since)
    assert found == sent


async def test_somebody_else_cannot_pretend_to_our_key(scene: Scene) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    scene.ben.send(scene.room, "Forged", **{"cmhub.key": "key-1"})
    assert await scene.matrix.find_sent(*here(scene), "key-1", "Forged", since) is None


async def test_it_refuses_texts_that_do_not_fit(scene: Scene) -> None:
    with pytest.raises(Invalid) as caught:
        await scene.matrix.reply(*here(scene), None, None, "é" * TEXT_BYTES, "key-1")
    assert caught.value.reason == "too_long"
    with pytest.raises(Invalid) as caught:
        await scene.matrix.reply(*here(scene), None, None, " \n", "key-1")
    assert caught.value.reason == "empty_text"
    await scene.matrix.reply(*here(scene), None, None, "x" * TEXT_BYTES, "key-1")


async def test_it_needs_the_power_to_write(scene: Scene) -> None:
    levels = scene.anna.state(scene.room, "m.room.power_levels")
    account = scene.credentials.account
    muted = {**levels, "events_default": 20, "users": {**levels["users"], account: 10}}
    scene.anna.set_state(scene.room, "m.room.power_levels", muted)
    with pytest.raises(NotAllowed) as caught:
        await scene.matrix.reply(*here(scene), None, None, "Hello", "key-1")
    assert (caught.value.code, caught.value.scope) == ("power_write", "write")
    assert caught.value.params == {"have": 10, "needed": 20}


async def test_it_deletes_and_reads_back(scene: Scene) -> None:
    message = scene.ben.send(scene.room, "Insult")
    assert not await scene.matrix.is_deleted(*here(scene), message)
    await scene.matrix.delete(*here(scene), message, "Rule 1", "key-1")
    await scene.matrix.delete(*here(scene), message, "Rule 1", "key-1")
    assert await scene.matrix.is_deleted(*here(scene), message)
    event = scene.anna.event(scene.room, message)
    assert event["content"] == {}
    assert event["unsigned"]["redacted_because"]["content"]["reason"] == "Rule 1"
    with pytest.raises(Gone):
        await scene.matrix.is_deleted(*here(scene), "$nothing")


async def test_it_needs_the_power_to_moderate(scene: Scene) -> None:
    scene.anna.set_level(scene.room, scene.credentials.account, 10)
    message = scene.ben.send(scene.room, "Insult")
    with pytest.raises(NotAllowed) as caught:
        await scene.matrix.delete(*here(scene), message, "", "key-1")
    assert caught.value.code == "power_delete"
    assert caught.value.params == {"have": 10, "needed": 50}
    with pytest.raises(NotAllowed) as caught:
        await scene.matrix.ban(*here(scene), scene.ben.user_id, "", "key-2")
    assert caught.value.code == "power_ban"
    with pytest.raises(NotAllowed) as caught:
        await scene.matrix.mute(*here(scene), scene.ben.user_id, "key-3")
    assert caught.value.code == "power_mute"
    assert not await scene.matrix.is_deleted(*here(scene), message)


async def test_its_equals_are_out_of_reach(scene: Scene) -> None:
    scene.anna.set_level(scene.room, scene.ben.user_id, 100)
    for person in (scene.ben.user_id, scene.anna.user_id):
        with pytest.raises(NotAllowed) as caught:
            await scene.matrix.ban(*here(scene), person, "", "key-1")
        assert caught.value.code == "power_target"
        with pytest.raises(NotAllowed) as caught:
            await scene.matrix.mute(*here(scene), person, "key-2")
        assert caught.value.code == "power_target"


@pytest.mark.parametrize("level", [None, 20])
async def test_a_mute_is_lifted_to_the_level_before(scene: Scene, level: int | None) -> None:
    person = scene.ben.user_id
    if level is not None:
        scene.anna.set_level(scene.room, person, level)
    await scene.matrix.mute(*here(scene), person, "key-1")
    await scene.matrix.mute(*here(scene), person, "key-1")
    assert await scene.matrix.standing(*here(scene), person) == "muted"
    with pytest.raises(AssertionError, match="M_FORBIDDEN"):
        scene.ben.send(scene.room, "Can anybody hear me?")
    await scene.matrix.unmute(*here(scene), person, "key-2")
    await scene.matrix.unmute(*here(scene), person, "key-2")
    assert await scene.matrix.standing(*here(scene), person) == "joined"
    scene.ben.send(scene.room, "Back again")
    assert scene.anna.state(scene.room, "m.room.power_levels")["users"].get(person) == level


async def test_a_ban_is_lifted(scene: Scene) -> None:
    person = scene.ben.user_id
    await scene.matrix.ban(*here(scene), person, "Rule 2", "key-1")
    await scene.matrix.ban(*here(scene), person, "Rule 2", "key-1")
    assert await scene.matrix.standing(*here(scene), person) == "banned"
    with pytest.raises(AssertionError, match="banned"):
        scene.ben.join(scene.room)
    await scene.matrix.unban(*here(scene), person, "key-2")
    await scene.matrix.unban(*here(scene), person, "key-2")
    assert await scene.matrix.standing(*here(scene), person) == "left"
    scene.ben.join(scene.room)
    assert await scene.matrix.standing(*here(scene), person) == "joined"
    assert await scene.matrix.standing(*here(scene), "@stranger:synapse.test") == "left"


async def test_rooms_of_older_versions_work_alike(
    matrix: Matrix, synapse: Synapse, people: tuple[Member, Member, Member]
) -> None:
    anna, _, bot = people
    room = bot.create_room("Old", room_version="9")
    anna.join(room)
    credentials = await matrix.connect_with_token(synapse.url, bot.token)
    await matrix.mute(credentials, room, anna.user_id, "key-1")
    assert await matrix.standing(credentials, room, anna.user_id) == "muted"
    message = await matrix.reply(credentials, room, None, None, "Hello", "key-2")
    await matrix.delete(credentials, room, message, "", "key-3")
    batch = await matrix.history(credentials, room, None, 100)
    (found,) = [event for event in batch.events if isinstance(event, IncomingMessage)]
    assert found.deleted
    (channel,) = await matrix.channels(credentials)
    assert channel.may_moderate
