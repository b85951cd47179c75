"""What happens in an agency while somebody looks at Home: each command is one thing.

python -m tests.support.home_crew COMMAND     reads JSON from standard input, prints JSON; it runs
with the environment of a served installation
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from cmhub.actor import Actor, Role
from cmhub.db import announce, dispose, doors, unit_of_work
from cmhub.models import Channel, Connection, HomeVisit
from cmhub.services import sessions
from cmhub.services.workspaces import create_workspace
from tests.support.agency import make_agency
from tests.support.community import Community, ago, bring, make_community, said
from tests.support.staff import employ

Given = dict[str, Any]


async def settle(_given: Given) -> Given:
    """Make an agency with two fresh workspaces: its owner, a moderator of the first, a client."""
    made = await make_agency("Harbor")
    async with unit_of_work(made.owner) as session:
        other = await create_workspace(
            session, made.owner, name="Pier", client="Pier Ltd", time_zone="Europe/London"
        )
    mia = await employ(made, Role.MODERATOR, "Mia")
    cleo = await employ(made, Role.CLIENT, "Cleo")
    return {
        "agency": str(made.id),
        "owner": str(made.owner.user_id),
        "agency_slug": made.slug,
        "first": {"id": str(made.workspace_id), "slug": made.workspace_slug},
        "second": {"id": str(other.id), "slug": other.slug},
        "cookies": {
            "owner": await _open(made.owner),
            "mia": await _open(mia),
            "cleo": await _open(cleo),
        },
    }


async def _open(actor: Actor) -> str:
    assert actor.user_id is not None
    async with doors() as session:
        return await sessions.open_session(session, actor.user_id, "tests", "192.0.2.7")


def _owner(given: Given) -> tuple[Actor, UUID]:
    workspace = UUID(given["workspace"])
    owner = Actor(
        agency_id=UUID(given["agency"]),
        workspaces={workspace: frozenset()},
        agency_roles=frozenset({Role.OWNER}),
        user_id=UUID(given["owner"]),
        name="Zoé d’Été",
    )
    return owner, workspace


async def connect(given: Given) -> Given:
    """Connect an account, as if it had been read to its end."""
    owner, workspace = _owner(given)
    await _community(owner, workspace)
    return {}


async def _community(owner: Actor, workspace: UUID) -> Community:
    """The workspace's community; no worker may read it, as there is no such homeserver."""
    async with unit_of_work(owner) as session:
        known = await session.scalar(select(Connection).where(Connection.workspace_id == workspace))
        if known is not None:
            rows = await session.scalars(select(Channel).where(Channel.connection_id == known.id))
            channels = {row.external_id: row.id for row in rows}
            return Community(owner, workspace, known.id, channels)
    made = await make_community(owner, workspace)
    await _calm(made)
    return made


async def _calm(community: Community) -> None:
    """Have no worker read the account any more, once none is about it."""
    quiet = 0
    while quiet < 2:
        async with unit_of_work(community.actor) as session:
            changed = await session.scalars(
                update(Connection)
                .where(
                    Connection.id == community.connection_id,
                    (Connection.due_at.is_not(None)) | (Connection.failures > 0),
                )
                .values(due_at=None, lease_until=None, state="active", fault=None, failures=0)
                .returning(Connection.id)
            )
            quiet = 0 if changed.all() else quiet + 1
        await asyncio.sleep(1)
    async with unit_of_work(community.actor) as session:
        await session.execute(
            update(Channel)
            .where(Channel.connection_id == community.connection_id)
            .values(history_done=True, history_due_at=None)
        )


async def write(given: Given) -> Given:
    """Have members or the team write: each message has id, by, text, hours (ago), to."""
    owner, workspace = _owner(given)
    community = await _community(owner, workspace)
    await bring(
        community,
        *(
            said(one["id"], one["text"], by=one["by"], at=ago(hours=one["hours"]), to=one["to"])
            for one in given["messages"]
        ),
    )
    async with unit_of_work(owner) as session:
        await announce(session, owner, workspace, "inbox", "activity")
    return {}


async def be_away(given: Given) -> Given:
    """Let everybody's visit have ended two hours earlier than it did."""
    owner, workspace = _owner(given)
    async with unit_of_work(owner) as session:
        await session.execute(
            update(HomeVisit)
            .where(HomeVisit.workspace_id == workspace)
            .values(seen_at=HomeVisit.seen_at - timedelta(hours=2))
        )
    return {}


async def _run(command: Callable[[Given], Awaitable[Given]], given: Given) -> Given:
    try:
        return await command(given)
    finally:
        await dispose()


def main() -> None:
    """Do one command."""
    commands = {one.__name__: one for one in (settle, connect, write, be_away)}
    given = json.loads(sys.stdin.read() or "{}")
    print(json.dumps(asyncio.run(_run(commands[sys.argv[1]], given))))


if __name__ == "__main__":
    main()
