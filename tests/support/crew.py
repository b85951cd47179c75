"""An agency at work in a served installation: each command is what somebody there would do.

python -m tests.support.crew COMMAND     reads JSON from standard input, prints JSON; it runs with
the environment of the installation, and tries again for as long as the database is away
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import select

from cmhub import embedded
from cmhub.actor import Actor, Role
from cmhub.config import settings
from cmhub.db import DatabaseAway, dispose, doors, unit_of_work
from cmhub.integrations.http import close_client
from cmhub.models import Message, Reply, Thread
from cmhub.services import accounts, connecting, measures, replies, sessions
from cmhub.services.readiness import check_readiness
from tests.support.agency import PASSWORD, make_agency
from tests.support.community import ago, bring, make_community, said
from tests.support.staff import employ

Given = dict[str, Any]


async def settle(_given: Given) -> Given:
    """Make an agency with a workspace, and sign its owner in."""
    made = await make_agency()
    return {
        "agency": str(made.id),
        "user": str(made.owner.user_id),
        "workspace": str(made.workspace_id),
        "agency_slug": made.slug,
        "workspace_slug": made.workspace_slug,
        "session": await accounts.sign_in(made.email, PASSWORD, "tests", "192.0.2.7"),
        "database": embedded.start(settings().data_dir).url("postgres"),
    }


async def staff(_given: Given) -> Given:
    """Make an agency with a community that wrote, its owner and a moderator called Mia."""
    made = await make_agency()
    community = await make_community(made.owner, made.workspace_id)
    await bring(community, said("m1", "Where is the key?", by="ben"))
    mia = await employ(made, Role.MODERATOR, "Mia", language="en")
    assert mia.user_id is not None
    assert made.owner.user_id is not None
    async with unit_of_work(made.owner) as session:
        thread = (await session.scalars(select(Thread.id))).one()
    async with doors() as session:
        mine = await sessions.open_session(session, made.owner.user_id, "tests", "192.0.2.7")
        hers = await sessions.open_session(session, mia.user_id, "tests", "192.0.2.8")
    return {
        "agency_slug": made.slug,
        "workspace_slug": made.workspace_slug,
        "thread": str(thread),
        "owner_session": mine,
        "mia_session": hers,
    }


def _owner(given: Given) -> tuple[Actor, UUID]:
    workspace = UUID(given["workspace"])
    roles = frozenset({Role.OWNER})
    reach = {workspace: frozenset[Role]()}
    return Actor(UUID(given["agency"]), reach, roles, UUID(given["user"]), "Zoé"), workspace


async def connect(given: Given) -> Given:
    """Connect a homeserver and read one room of it."""
    owner, workspace = _owner(given)
    made = await connecting.connect(
        owner, workspace, "matrix", given["address"], user=given["name"], password=given["password"]
    )
    await connecting.join_and_choose(owner, workspace, made, [given["room"]])
    return {"connection": str(made)}


async def reply(given: Given) -> Given:
    """Plan a reply for each text, all in the thread of one message."""
    owner, workspace = _owner(given)
    made: list[str] = []
    for words in given["texts"]:
        made.append(
            str(await _until_done(lambda words=words: _reply(owner, workspace, given, words)))
        )
    return {"replies": made}


async def _reply(owner: Actor, workspace: UUID, given: Given, words: str) -> UUID:
    async with unit_of_work(owner) as session:
        # The database may have gone after the commit, with its answer.
        known = await session.scalar(select(Reply.id).where(Reply.body == words))
        if known is not None:
            return known
        thread = await session.scalar(
            select(Message.thread_id).where(Message.external_id == given["message"])
        )
        assert thread is not None
        return await replies.send_reply(session, owner, workspace, thread, words)


async def delete(given: Given) -> Given:
    """Plan the deletion of messages."""
    owner, workspace = _owner(given)
    made: list[str] = []
    async with unit_of_work(owner) as session:
        for external in given["messages"]:
            message = await session.scalar(
                select(Message.id).where(Message.external_id == external)
            )
            assert message is not None
            made.append(str(await measures.delete_message(session, owner, workspace, message)))
    return {"measures": made}


async def hear(given: Given) -> Given:
    """Take in messages, as (id, who, words, answers) of a connected account's channel."""
    owner, workspace = _owner(given)
    community = await make_community(owner, workspace)
    said_all = [
        said(key, words, by=who, to=to, at=ago(minutes=60 - number))
        for number, (key, who, words, to) in enumerate(given["messages"])
    ]
    await bring(community, *said_all)
    return {}


async def ready(_given: Given) -> Given:
    """Tell what readiness says."""
    return asdict(await check_readiness())


async def _until_done(once: Callable[[], Awaitable[Any]]) -> Any:
    while True:
        try:
            return await once()
        except DatabaseAway:
            await asyncio.sleep(0.1)


async def _run(command: Callable[[Given], Awaitable[Given]], given: Given) -> Given:
    try:
        return await command(given)
    finally:
        await close_client()
        await dispose()


def main() -> None:
    """Do one command."""
    commands = {one.__name__: one for one in (settle, staff, connect, reply, delete, hear, ready)}
    given = json.loads(sys.stdin.read() or "{}")
    print(json.dumps(asyncio.run(_run(commands[sys.argv[1]], given))))


if __name__ == "__main__":
    main()
