"""How much waits for somebody, beside the entries of the menu.

A part of CMHub offers a counter for its entry; it counts only what somebody must act on:

    @counts("tasks", Permission.TASK_READ, "tasks")
    async def count_due(session, actor, workspace_id) -> int: ...
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.errors import NotFound
from cmhub.services import inbox
from cmhub.services.filtering import InboxFilter

Count = Callable[[AsyncSession, Actor, UUID | None], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Counter:
    """What is counted for the entry ``way``, and the live topics on which it may have changed.

    With ``agency`` it is an entry of the agency's menu, and no workspace is given.
    """

    way: str
    permission: Permission
    topics: tuple[str, ...]
    count: Count
    agency: bool = False


_COUNTERS: dict[str, Counter] = {}


def counts(
    way: str, permission: Permission, *topics: str, agency: bool = False
) -> Callable[[Count], Count]:
    """Offer a counter for an entry of the menu, to those who hold the permission there."""

    def offer(count: Count) -> Count:
        _COUNTERS[way] = Counter(way, permission, topics, count, agency)
        return count

    return offer


def topics() -> tuple[str, ...]:
    """The live topics on which any count may have changed."""
    return tuple(sorted({topic for one in _COUNTERS.values() for topic in one.topics}))


async def count_waiting(
    session: AsyncSession, actor: Actor, workspace_id: UUID | None
) -> dict[str, int]:
    """Count for each entry of the menu of a workspace, or of the agency, what waits there.

    Raises:
        NotFound: the workspace is not in the actor's reach.
    """
    if workspace_id is not None and workspace_id not in actor.workspaces:
        raise NotFound
    found = dict[str, int]()
    for one in _COUNTERS.values():
        may = (
            actor.may_somewhere(one.permission)
            if workspace_id is None
            else actor.may(one.permission, workspace_id)
        )
        if may and one.agency is (workspace_id is None):
            found[one.way] = await one.count(session, actor, workspace_id)
    return found


@counts("inbox", Permission.INBOX_READ, "inbox")
async def _open_threads(session: AsyncSession, actor: Actor, workspace_id: UUID | None) -> int:
    assert workspace_id is not None
    return (await inbox.count_states(session, actor, workspace_id, InboxFilter()))["open"]
