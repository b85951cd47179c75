"""Members in the command palette: by name or handle, those who were active last first."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.services.members.listing import literal
from cmhub.services.palette import MOST, Hit, provides
from cmhub.services.search.words import fold

_MEMBERS = text("""
    select m.id, m.name, m.workspace_id, m.handle
    from unnest(cast(:workspaces as uuid[])) w(id)
    cross join lateral (
        select m.id, m.name, m.workspace_id, m.last_at, (
            select i.handle from identity i where i.agency_id = m.agency_id
                and i.workspace_id = m.workspace_id and i.member_id = m.id
            order by i.id limit 1) as handle
        from member m where m.agency_id = :agency and m.workspace_id = w.id
            and m.merged_into is null and m.sought like :words
        order by m.last_at desc nulls last, m.id limit :most) m
    order by m.last_at desc nulls last, m.id limit :most
""")


@provides
async def _offer_members(
    session: AsyncSession, actor: Actor, workspace_id: UUID | None, words: str
) -> Sequence[Hit]:
    places = actor.workspaces_where(Permission.MEMBER_READ)
    if workspace_id is not None:
        places = tuple(place for place in places if place == workspace_id)
    if not places:
        return ()
    rows = await session.execute(
        _MEMBERS,
        {
            "agency": actor.agency_id,
            "workspaces": list(places),
            "words": f"%{literal(fold(words))}%",
            "most": MOST,
        },
    )
    return [
        Hit("members", row.name, f"members/{row.id}/", row.handle or "", row.workspace_id)
        for row in rows
    ]
