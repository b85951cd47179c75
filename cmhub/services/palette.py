"""What the command palette finds beside places: whatever the parts of CMHub offer to find.

A part offers a provider, which looks in its own rows and nowhere else:

    @provides
    async def find_members(session, actor, workspace_id, words) -> Sequence[Hit]: ...
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor
from cmhub.errors import NotFound

SHORTEST, LONGEST = 2, 100
MOST = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found; ``group`` is the rest of the key ``palette.group.…``.

    ``path`` is the end of its address, in ``workspace_id`` or else in the workspace or agency
    that was searched: ``members/?member=…``. ``line`` may say more of it.
    """

    group: str
    title: str
    path: str
    line: str = ""
    workspace_id: UUID | None = None


Provider = Callable[[AsyncSession, Actor, UUID | None, str], Awaitable[Sequence[Hit]]]
_PROVIDERS: list[Provider] = []


def provides(provider: Provider) -> Provider:
    """Offer something to find; the provider returns nothing to those who may not see it.

    It is given the workspace that is searched, or none for all that the actor reaches, and words
    of 2 to 100 characters. More than six hits are not shown.
    """
    if provider not in _PROVIDERS:
        _PROVIDERS.append(provider)
    return provider


async def find_anything(
    session: AsyncSession, actor: Actor, workspace_id: UUID | None, words: str
) -> tuple[Hit, ...]:
    """Ask every provider, in the order in which they were offered.

    Raises:
        NotFound: the workspace is not in the actor's reach.
    """
    if workspace_id is not None and workspace_id not in actor.workspaces:
        raise NotFound
    wanted = " ".join(words.split())[:LONGEST]
    if len(wanted) < SHORTEST:
        return ()
    found = list[Hit]()
    for provider in _PROVIDERS:
        found.extend((await provider(session, actor, workspace_id, wanted))[:MOST])
    return tuple(found)
