"""Messages in the command palette: the newest that have the words, in the workspace at hand."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.services.palette import MOST, Hit, provides
from cmhub.services.search.finding import Search, search_messages

SHORTEST = 3


@provides
async def _offer_messages(
    session: AsyncSession, actor: Actor, workspace_id: UUID | None, words: str
) -> Sequence[Hit]:
    if workspace_id is None or len(words) < SHORTEST:
        return ()
    if not actor.may(Permission.INBOX_READ, workspace_id):
        return ()
    found = await search_messages(session, actor, workspace_id, Search(words))
    return [
        Hit(
            "messages",
            "".join(piece.text for piece in hit.excerpt),
            f"inbox/?thread={hit.thread_id}#m-{hit.id}",
            hit.author,
            workspace_id,
        )
        for hit in found.hits[:MOST]
    ]
