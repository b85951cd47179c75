"""The first steps of a new workspace: each is done when the data say so."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission

_FACTS = text("""
    select
        exists (select from connection c where c.agency_id = :agency
            and c.workspace_id = :workspace) as connect,
        exists (select from channel n where n.agency_id = :agency
            and n.workspace_id = :workspace and n.chosen) as choose,
        exists (select from membership m where m.agency_id = :agency
            and m.user_id is distinct from :user)
        or exists (select from invitation i where i.agency_id = :agency
            and i.accepted_at is null and i.revoked_at is null and i.expires_at > now())
            as invite,
        exists (select from member p join message m on m.agency_id = p.agency_id
            and m.workspace_id = p.workspace_id and m.member_id = p.id
            where p.agency_id = :agency and p.workspace_id = :workspace and p.team)
        or exists (select from reply r where r.agency_id = :agency
            and r.workspace_id = :workspace and r.state = 'sent') as answer
""")


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps; ``address`` is whole, or follows the workspace's own."""

    name: str
    done: bool
    address: str


# Name, where it leads, and who can do it. Nobody comes this far without the first two.
_STEPS = (
    ("confirm", "", None),
    ("create", "", None),
    ("connect", "connections/", Permission.CONNECTION_MANAGE),
    ("choose", "connections/", Permission.CONNECTION_MANAGE),
    ("invite", "", Permission.USER_MANAGE),
    ("answer", "inbox/", Permission.INBOX_ANSWER),
)


async def read_steps(session: AsyncSession, actor: Actor, workspace_id: UUID) -> tuple[Step, ...]:
    """The steps that the actor can take, done or not; nothing once all of them are done.

    They are for who sets the workspace up: nobody else is shown any.
    """
    actor.require(Permission.HOME_READ, workspace_id)
    if not actor.may(Permission.CONNECTION_MANAGE, workspace_id):
        return ()
    keys = {"agency": actor.agency_id, "workspace": workspace_id, "user": actor.user_id}
    row = (await session.execute(_FACTS, keys)).one()
    steps = tuple(
        Step(name, _done(row, name), address)
        for name, address, permission in _STEPS
        if permission is None or actor.may(permission, workspace_id)
    )
    return () if all(step.done for step in steps) else steps


def _done(row: Any, name: str) -> bool:
    return bool(getattr(row, name, True))
