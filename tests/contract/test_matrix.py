"""Matrix against a real homeserver: connecting and reading."""

import asyncio
import socket
import time
from dataclasses import replace

import pytest

from cmhub.integrations.networks.base import (
    Credentials,
    Gone,
    IncomingDeletion,
    IncomingEdit,
    IncomingMembership,
    IncomingMessage,
    IncomingReaction,
    Invalid,
    NetworkFault,
    NotAllowed,
    ReauthoriseNeeded,
    Retry,
    TokenExpired,
)
from cmhub.integrations.networks.matrix import Matrix
from cmhub.locales import text
from tests.contract.conftest import Scene
from tests.support.synapse import Member, Synapse

pytestmark = pytest.mark.contract
People = tuple[Member, Member, Member]


def with_token(credentials: Credentials, **secret: str) -> Credentials:
    return replace(credentials, secret={**credentials.secret, **secret})


async def test_it_connects_by_password(matrix: Matrix, synapse: Synapse, people: People) -> None:
    anna = people[0]
    credentials = await matrix.connect_with_password(synapse.url, anna.user_id, anna.password)
    account = await matrix.verify(credentials)
    assert (account.external_id, account.name) == (anna.user_id, "Anna")
    assert credentials.refresh_at is not None
    assert anna.password not in str(credentials.secret)
    assert credentials.secret["access_token"] not in repr(credentials)


async def test_it_connects_by_token(matrix: Matrix, synapse: Synapse, people: People) -> None:
    anna = people[0]
    credentials = await matrix.connect_with_token(f" {synapse.url}/ ", anna.token)
    assert credentials.account == anna.user_id
    assert credentials.refresh_at is None
    assert await matrix.refresh(credentials) is None


@pytest.mark.parametrize("user", ["nobody", "@nobody:synapse.test", ""])
async def test_it_says_that_the_password_is_wrong(
    matrix: Matrix, synapse: Synapse, user: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await matrix.connect_with_password(synapse.url, user, "wrong")
    assert caught.value.reason == "wrong_password"


async def test_it_says_that_the_token_is_wrong(matrix: Matrix, synapse: Synapse) -> None:
    with pytest.raises(Invalid) as caught:
        await matrix.connect_with_token(synapse.url, "syt_wrong")
    assert caught.value.reason == "wrong_token"


async def test_it_says_that_the_server_cannot_be_reached(matrix: Matrix, synapse: Synapse) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = Matrix(matrix.client)
        address = f"https://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(Invalid) as refused:
            await closed.connect_with_token(address, "token")
    assert refused.value.reason == "address_refused"
    with pytest.raises(Retry) as caught:
        await matrix.connect_with_token("https://nowhere.invalid", "token")
    assert caught.value.code == "name_unknown"
    assert "nowhere.invalid" in text("fault.name_unknown", "en", **caught.value.params)


async def test_it_refuses_a_connection_in_the_clear(matrix: Matrix) -> None:
    with pytest.raises(Invalid) as caught:
        await matrix.connect_with_token("http://example.org", "token")
    assert caught.value.reason == "not_secure"


async def test_a_revoked_token_needs_a_new_connection(
    matrix: Matrix, synapse: Synapse, people: People
) -> None:
    anna = people[0]
    credentials = await matrix.connect_with_token(synapse.url, anna.token)
    anna.log_out()
    with pytest.raises(ReauthoriseNeeded) as caught:
        await matrix.verify(credentials)
    assert not isinstance(caught.value, TokenExpired)


async def test_it_refreshes(scene: Scene) -> None:
    newer = await scene.matrix.refresh(scene.credentials)
    assert newer is not None
    assert newer.secret["access_token"] != scene.credentials.secret["access_token"]
    assert newer.secret["refresh_token"] != scene.credentials.secret["refresh_token"]
    assert (await scene.matrix.verify(newer)).external_id == scene.credentials.account


async def test_a_refused_token_asks_for_a_refresh_first(scene: Scene) -> None:
    with pytest.raises(TokenExpired):
        await scene.matrix.verify(with_token(scene.credentials, access_token="syt_expired"))


async def test_an_answer_to_a_refresh_may_be_lost(scene: Scene) -> None:
    await scene.matrix.refresh(scene.credentials)
    again = await scene.matrix.refresh(scene.credentials)
    assert again is not None
    assert (await scene.matrix.verify(again)).external_id == scene.credentials.account


async def test_a_signed_out_device_cannot_be_refreshed(scene: Scene) -> None:
    await scene.matrix.disconnect(scene.credentials)
    with pytest.raises(TokenExpired):
        await scene.matrix.verify(scene.credentials)
    with pytest.raises(ReauthoriseNeeded) as caught:
        await scene.matrix.refresh(scene.credentials)
    assert not isinstance(caught.value, TokenExpired)
    await scene.matrix.disconnect(scene.credentials)


async def test_disconnecting_an_expired_token_still_signs_out(scene: Scene) -> None:
    await scene.matrix.disconnect(with_token(scene.credentials, access_token="syt_expired"))
    with pytest.raises(ReauthoriseNeeded):
        await scene.matrix.verify(scene.credentials)


async def test_disconnecting_leaves_a_token_that_the_user_brought(
    matrix: Matrix, synapse: Synapse, people: People
) -> None:
    credentials = await matrix.connect_with_token(synapse.url, people[0].token)
    await matrix.disconnect(credentials)
    assert (await matrix.verify(credentials)).external_id == people[0].user_id


async def test_it_lists_rooms(scene: Scene) -> None:
    levels: dict[str, object] = {"power_level_content_override": {"events_default": 50}}
    invited = scene.anna.create_room("News", public=False, **levels)
    scene.anna.invite(invited, scene.credentials.account)
    scene.anna.create_room("Elsewhere")
    general, news = await scene.matrix.channels(scene.credentials)
    assert (general.external_id, general.name, general.topic) == (
        scene.room,
        "General",
        "Everything",
    )
    assert (general.kind, general.members, general.joined) == ("community", 3, True)
    assert general.may_moderate
    assert not general.encrypted
    assert (news.name, news.joined, news.members) == ("News", False, None)
    joined = await scene.matrix.join(scene.credentials, invited)
    assert (joined.name, joined.kind, joined.may_moderate) == ("News", "audience", False)


async def test_it_joins_by_address_and_says_why_it_cannot(scene: Scene) -> None:
    room = scene.anna.create_room("Open", room_alias_name=f"open{time.time_ns()}")
    alias = scene.anna.state(room, "m.room.canonical_alias")["alias"]
    assert (await scene.matrix.join(scene.credentials, alias)).external_id == room
    assert (await scene.matrix.join(scene.credentials, room)).external_id == room
    closed = scene.anna.create_room("Closed", public=False)
    with pytest.raises(NotAllowed) as caught:
        await scene.matrix.join(scene.credentials, closed)
    assert caught.value.code == "not_invited"
    with pytest.raises(Gone):
        await scene.matrix.join(scene.credentials, "#nothing:synapse.test")


async def test_it_lists_members(scene: Scene) -> None:
    found = {person.external_id: person for person in await scene.matrix.members(*here(scene))}
    assert set(found) == {scene.anna.user_id, scene.ben.user_id, scene.credentials.account}
    assert found[scene.anna.user_id].name == "Anna"


def here(scene: Scene) -> tuple[Credentials, str]:
    return scene.credentials, scene.room


async def test_a_message_arrives_within_a_second(scene: Scene) -> None:
    cursor = await scene.start()
    waiting = asyncio.create_task(scene.matrix.live(scene.credentials, cursor, [scene.room], 20))
    await asyncio.sleep(0.3)
    began = time.monotonic()
    sent = await asyncio.to_thread(scene.anna.send, scene.room, "Hello")
    batch = await waiting
    assert time.monotonic() - began < 1
    (message,) = batch.events
    assert isinstance(message, IncomingMessage)
    assert (message.external_id, message.channel, message.text) == (sent, scene.room, "Hello")
    assert (message.author.external_id, message.author.name) == (scene.anna.user_id, "Anna")
    assert message.posted_at.tzinfo is not None
    assert not batch.more


async def test_it_is_silent_about_rooms_not_chosen(scene: Scene) -> None:
    other = scene.anna.create_room("Other")
    await scene.matrix.join(scene.credentials, other)
    cursor = await scene.start()
    scene.anna.send(other, "Not for us")
    scene.anna.send(scene.room, "For us")
    (message,) = await scene.all_after(cursor)
    assert isinstance(message, IncomingMessage)
    assert message.text == "For us"


async def test_nothing_happening_ends_the_wait(scene: Scene) -> None:
    batch = await scene.matrix.live(*here(scene)[:1], await scene.start(), [scene.room], 0.2)
    assert batch.events == ()


async def test_edits_reactions_and_redactions_arrive(scene: Scene) -> None:
    message = scene.anna.send(scene.room, "Helo")
    cursor = await scene.start()
    scene.anna.edit(scene.room, message, "Hello")
    reaction = scene.ben.react(scene.room, message, "👍")
    scene.ben.redact(scene.room, reaction)
    scene.anna.redact(scene.room, message)
    # The homeserver keeps nothing of a reaction that is already gone when it is first read.
    edit, unreact, delete = await scene.all_after(cursor)
    assert isinstance(edit, IncomingEdit)
    assert (edit.target, edit.text, edit.author) == (message, "Hello", scene.anna.user_id)
    assert isinstance(unreact, IncomingDeletion)
    assert unreact.target == reaction
    assert isinstance(delete, IncomingDeletion)
    assert delete.target == message


async def test_a_reaction_arrives(scene: Scene) -> None:
    message = scene.anna.send(scene.room, "Hello")
    cursor = await scene.start()
    reaction = scene.ben.react(scene.room, message, "👍")
    (found,) = await scene.all_after(cursor)
    assert isinstance(found, IncomingReaction)
    assert (found.external_id, found.target, found.name) == (reaction, message, "👍")
    assert found.author.external_id == scene.ben.user_id


async def test_threads_and_replies_arrive(scene: Scene) -> None:
    root = scene.anna.send(scene.room, "Question")
    cursor = await scene.start()
    scene.ben.send_in_thread(scene.room, root, "In the thread")
    relation = {"m.relates_to": {"m.in_reply_to": {"event_id": root}}}
    fallback = f"> <{scene.anna.user_id}> Question\n\nAnswer"
    scene.ben.send(scene.room, fallback, **relation)
    thread, reply = await scene.all_after(cursor)
    assert isinstance(thread, IncomingMessage)
    assert (thread.thread, thread.reply_to) == (root, None)
    assert isinstance(reply, IncomingMessage)
    assert (reply.thread, reply.reply_to, reply.text) == (None, root, "Answer")


async def test_media_and_encrypted_messages_arrive(scene: Scene) -> None:
    cursor = await scene.start()
    image = {"msgtype": "m.image", "url": "mxc://synapse.test/abc", "filename": "cat.png"}
    scene.anna.send(scene.room, "My cat", **image, info={"mimetype": "image/png"})
    scene.anna.send_event(
        scene.room, "m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}
    )
    picture, secret = await scene.all_after(cursor)
    assert isinstance(picture, IncomingMessage)
    assert picture.text == "My cat"
    (attachment,) = picture.attachments
    assert (attachment.url, attachment.media_type, attachment.name) == (
        "mxc://synapse.test/abc",
        "image/png",
        "cat.png",
    )
    assert isinstance(secret, IncomingMessage)
    assert (secret.text, secret.extra) == ("", {"unreadable": "encrypted"})


async def named(scene: Scene, member: Member, name: str) -> None:
    """Wait until the homeserver has carried a new name into the room."""
    async with asyncio.timeout(10):
        while scene.anna.state(scene.room, "m.room.member", member.user_id)["displayname"] != name:
            await asyncio.sleep(0.05)


async def test_people_come_and_go(scene: Scene, synapse: Synapse) -> None:
    cursor = await scene.start()
    carl = synapse.register(f"carl{time.time_ns()}", "pass word")
    carl.join(scene.room)
    carl.set_name("Carl")
    await named(scene, carl, "Carl")
    carl.leave(scene.room)
    scene.anna.call("POST", "rooms", scene.room, "ban", body={"user_id": scene.ben.user_id})
    found = await scene.all_after(cursor)
    assert all(isinstance(event, IncomingMembership) for event in found)
    assert [event.state for event in found if isinstance(event, IncomingMembership)] == [
        "joined",
        "left",
        "banned",
    ]


async def test_our_own_removal_arrives_and_the_room_is_closed(scene: Scene) -> None:
    cursor = await scene.start()
    owner = {"user_id": scene.credentials.account}
    scene.anna.call("POST", "rooms", scene.room, "kick", body=owner)
    (left,) = await scene.all_after(cursor)
    assert isinstance(left, IncomingMembership)
    assert (left.person.external_id, left.state) == (scene.credentials.account, "left")
    with pytest.raises(NotAllowed) as caught:
        await scene.matrix.reply(*here(scene), None, None, "Hello", "key")
    assert caught.value.code == "not_in_room"


async def test_nothing_is_lost_in_a_gap(scene: Scene) -> None:
    scene.anna.send(scene.room, "Before")
    cursor = await scene.start()
    sent = [scene.anna.send(scene.room, f"Message {number}") for number in range(23)]
    first = await scene.next(cursor)
    assert first.more
    assert len(first.events) == 5
    events = [*first.events, *await scene.all_after(first.cursor)]
    found = [event.external_id for event in events if isinstance(event, IncomingMessage)]
    assert sorted(found) == sorted(sent)


async def test_a_cursor_the_server_does_not_know_is_told(scene: Scene) -> None:
    for cursor in ("rubbish", '{"since":"rubbish","gaps":[]}'):
        with pytest.raises(Gone) as caught:
            await scene.next(cursor)
        assert caught.value.code == "cursor_lost"


async def test_history_goes_back_to_the_beginning(scene: Scene) -> None:
    sent = [scene.anna.send(scene.room, f"Message {number}") for number in range(25)]
    pages: list[list[str]] = []
    cursor: str | None = None
    more = True
    while more:
        batch = await scene.matrix.history(*here(scene), cursor, 10)
        written = [event for event in batch.events if isinstance(event, IncomingMessage)]
        assert [m.posted_at for m in written] == sorted(m.posted_at for m in written)
        pages.append([message.external_id for message in written])
        cursor, more = batch.cursor, batch.more
    assert pages[0] == sent[-10:]
    assert [event for page in reversed(pages) for event in page] == sent


async def test_history_has_the_newest_text_and_knows_what_was_deleted(scene: Scene) -> None:
    edited = scene.anna.send(scene.room, "Helo")
    scene.anna.edit(scene.room, edited, "Hello")
    deleted = scene.anna.send(scene.room, "Secret")
    scene.anna.redact(scene.room, deleted)
    batch = await scene.matrix.history(*here(scene), None, 100)
    found = {m.external_id: m for m in batch.events if isinstance(m, IncomingMessage)}
    assert found[edited].text == "Hello"
    assert found[edited].edited_at is not None
    assert (found[deleted].text, found[deleted].deleted) == ("", True)
    assert found[edited].author.name == "Anna"


async def test_faults_are_network_faults(matrix: Matrix) -> None:
    with pytest.raises(NetworkFault) as caught:
        await matrix.connect_with_password("not an address", "anna", "password")
    assert caught.value.code == "wrong_address"
