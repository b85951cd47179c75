"""What one user has been told in an agency: read, counted, and marked as read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor
from cmhub.db import announce_user
from cmhub.models import Notification, Workspace
from cmhub.services.notices.kinds import KINDS
from cmhub.services.references import Reference, Thing, find_things

MOST = 50
KEPT = timedelta(days=90)
_MINE = """
    from notification n
    where n.agency_id = :agency and n.user_id = :user and n.in_page
        and ((n.workspace_id is null and n.kind = any(:everywhere)) or (n.kind, n.workspace_id) in (
            select * from unnest(cast(:kinds as text[]), cast(:places as uuid[]))))
"""
_LIST = text(f"select n.* {_MINE} order by n.created_at desc, n.id desc limit :most")
_COUNT = text(f"select count(*) from (select {_MINE} and n.read_at is null limit 100) unread")  # noqa: S608


@dataclass(frozen=True, slots=True)
class NoticeView:
    """Something that a user was told, as the panel and the mail show it.

    ``path`` is the end of its address: in its workspace, or in the agency without one; empty when
    it leads nowhere any more. ``workspace_slug`` and ``workspace`` are empty for the agency's own.
    """

    id: UUID
    kind: str
    who: str
    words: str
    params: dict[str, str | int]
    workspace: str
    workspace_slug: str
    path: str
    created_at: datetime
    read: bool


async def list_notices(
    session: AsyncSession, actor: Actor, *, most: int = MOST
) -> tuple[NoticeView, ...]:
    """What the user was told in this agency, newest first, as far as they may still see it."""
    rows = (await session.execute(_LIST, _scope(actor) | {"most": most})).all()
    return await views_of(session, actor, rows)


async def count_unread(session: AsyncSession, actor: Actor) -> int:
    """How much the user has not read in this agency, counted up to 100."""
    return await session.scalar(_COUNT, _scope(actor)) or 0


async def mark_read(session: AsyncSession, actor: Actor, notice_id: UUID | None = None) -> int:
    """Mark one notification as read, or all of them; what is read is not mailed any more.

    What was read three months ago is forgotten.

    Returns:
        How many were unread; ids of other users and agencies are none.
    """
    moment = datetime.now(UTC)
    mine = (Notification.agency_id == actor.agency_id, Notification.user_id == actor.user_id)
    await session.execute(delete(Notification).where(*mine, Notification.read_at < moment - KEPT))
    statement = (
        update(Notification)
        .where(*mine, Notification.read_at.is_(None))
        .values(read_at=moment, mail_at=None)
        .returning(Notification.id)
    )
    if notice_id is not None:
        statement = statement.where(Notification.id == notice_id)
    marked = len((await session.scalars(statement)).all())
    if marked and actor.user_id is not None:
        await announce_user(session, actor.user_id, "notices")
    return marked


def may_see(actor: Actor, kind: str, workspace_id: UUID | None) -> bool:
    """Whether a user may still be told of something of this kind there."""
    known = KINDS.get(kind)
    if known is None or (workspace_id is not None and workspace_id not in actor.workspaces):
        return False
    return known.permission is None or actor.may(known.permission, workspace_id)


def _scope(actor: Actor) -> dict[str, object]:
    pairs = [
        (kind, place) for kind in KINDS for place in actor.workspaces if may_see(actor, kind, place)
    ]
    return {
        "agency": actor.agency_id,
        "user": actor.user_id,
        "everywhere": [kind for kind in KINDS if may_see(actor, kind, None)],
        "kinds": [kind for kind, _ in pairs],
        "places": [place for _, place in pairs],
    }


async def views_of(
    session: AsyncSession, actor: Actor, rows: Sequence[Any]
) -> tuple[NoticeView, ...]:
    """Rows of notifications with the words and addresses of what they are about."""
    if not rows:
        return ()
    links = {Reference(row.reference_kind, row.reference_id) for row in rows}
    things = await find_things(session, actor, tuple(actor.workspaces), links)
    found = await session.execute(
        select(Workspace.id, Workspace.name, Workspace.slug).where(
            Workspace.agency_id == actor.agency_id,
            Workspace.id.in_({row.workspace_id for row in rows if row.workspace_id}),
        )
    )
    places = {place.id: (place.name, place.slug) for place in found}
    return tuple(_view(row, things, places) for row in rows)


def _view(
    row: Any, things: dict[Reference, Thing], places: dict[UUID, tuple[str, str]]
) -> NoticeView:
    thing = things.get(Reference(row.reference_kind, row.reference_id))
    name, slug = places.get(row.workspace_id, ("", ""))
    kind = KINDS[row.kind]
    own = kind.path if row.workspace_id is not None else kind.agency_path
    return NoticeView(
        id=row.id,
        kind=row.kind,
        who=row.who,
        words=thing.words if thing else "",
        params=cast("dict[str, str | int]", row.params),
        workspace=name,
        workspace_slug=slug,
        path=own or (thing.path if thing else ""),
        created_at=row.created_at,
        read=row.read_at is not None,
    )
