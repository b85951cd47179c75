"""Telling users what concerns them, in the transaction of what they are told of."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor
from cmhub.db import announce_user, enter_scope
from cmhub.models import new_id
from cmhub.queue import Work, enqueue
from cmhub.services.colleagues import list_managers
from cmhub.services.notices.kinds import KINDS
from cmhub.services.notices.preferences import Reader, find_reader
from cmhub.services.references import Reference

GRACE = timedelta(seconds=15)
"""What is read in the page within this time is not mailed."""

# What is unread already is refreshed: it moves up, and nobody gets a second mail about it.
_TELL = text("""
    insert into notification as n (agency_id, id, workspace_id, user_id, kind, reference_kind,
        reference_id, who, params, in_page, digest, created_at, mail_at)
    values (:agency, :id, :workspace, :user, :kind, :reference_kind, :reference_id, :who,
        cast(:params as jsonb), :in_page, :digest, :now, :mail_at)
    on conflict (agency_id, user_id, kind, reference_id) where read_at is null
    do update set who = excluded.who, params = excluded.params, created_at = excluded.created_at
""")


async def notify(
    session: AsyncSession,
    actor: Actor,
    user_ids: Iterable[UUID],
    kind: str,
    reference: Reference,
    *,
    workspace_id: UUID | None,
    **params: str | int,
) -> None:
    """Tell users of something, unless they did it themselves or do not want to know.

    ``kind`` is a key of ``notices.kinds.KINDS``; ``params`` fill its sentence beside ``who``. A
    user who may not reach the workspace when they look, or when the mail goes out, is not told.
    """
    wanted = dict.fromkeys(each for each in user_ids if each != actor.user_id)
    if not wanted:
        return
    for user_id in wanted:
        reader = await find_reader(session, user_id)
        if reader is not None:
            await _tell(session, actor, reader, kind, reference, workspace_id, params)
    await enter_scope(session, actor)


async def tell_managers(
    session: AsyncSession, actor: Actor, workspace_id: UUID, kind: str, reference: Reference
) -> None:
    """Tell whoever runs a workspace, see ``list_managers``."""
    managers = await list_managers(session, actor, workspace_id)
    await notify(session, actor, managers, kind, reference, workspace_id=workspace_id)


async def _tell(
    session: AsyncSession,
    actor: Actor,
    reader: Reader,
    kind: str,
    reference: Reference,
    workspace_id: UUID | None,
    params: dict[str, str | int],
) -> None:
    assert kind in KINDS, kind
    moment = datetime.now(UTC)
    mail_at = reader.mail_at(kind, moment, GRACE)
    choice = reader.choices[kind]
    if mail_at is None and not choice.in_page:
        return
    # A row is its reader's alone, also while it is written.
    await enter_scope(session, replace(actor, user_id=reader.user_id))
    await session.execute(
        _TELL,
        {
            "agency": actor.agency_id,
            "id": new_id(),
            "workspace": workspace_id,
            "user": reader.user_id,
            "kind": kind,
            "reference_kind": reference.kind,
            "reference_id": reference.id,
            "who": "" if actor.system else actor.name,
            "params": json.dumps(params),
            "in_page": choice.in_page,
            "digest": choice.mail == "daily",
            "now": moment,
            "mail_at": mail_at,
        },
    )
    if mail_at is not None and choice.mail == "now":
        work = Work(reader.user_id, actor.agency_id, workspace_id)
        await enqueue(session, "notice.mail", work, at=mail_at)
    await announce_user(session, reader.user_id, "notices")
