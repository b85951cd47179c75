"""Agencies whose every table is filled, for tests of what keeps them apart."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from secrets import token_hex
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.db import enter_scope, unit_of_work
from cmhub.integrations.networks.base import (
    Attachment,
    IncomingDeletion,
    IncomingEdit,
    IncomingReaction,
)
from cmhub.models import Member, Membership, Message, Reply, SpecialDay, Thread, new_id
from cmhub.services import (
    drafts,
    invitations,
    labels,
    measures,
    notes,
    replies,
    saved_replies,
    tasks,
    views,
    workspaces,
)
from cmhub.services.exporting import runs as export_runs
from cmhub.services.filtering import InboxFilter
from cmhub.services.grants import Grant
from cmhub.services.importing import runs as import_runs
from cmhub.services.members.merging import merge_members
from cmhub.services.notifying import notify
from cmhub.services.references import Reference
from tests.support.agency import make_agency
from tests.support.community import Community, ago, bring, make_community, person, said
from tests.support.home import fill_home


@dataclass(frozen=True, slots=True)
class Space:
    """A workspace with something in every table, and the ids that a forger would use."""

    actor: Actor
    community: Community
    thread_id: UUID
    message_id: UUID
    failed_reply_id: UUID
    measure_id: UUID
    label_id: UUID
    note_id: UUID
    saved_reply_id: UUID
    view_id: UUID
    task_id: UUID
    member_id: UUID
    other_member_id: UUID
    merge_id: UUID
    import_id: UUID
    export_id: UUID

    special_day_id: UUID

    @property
    def id(self) -> UUID:
        return self.community.workspace_id

    @property
    def alone(self) -> Actor:
        """The actor with this workspace and no other in reach."""
        return self.actor.within(self.id)


@dataclass(frozen=True, slots=True)
class Tenant:
    """An agency with two workspaces."""

    email: str
    slug: str
    first: Space
    second: Space
    invitation_id: UUID

    @property
    def actor(self) -> Actor:
        return self.first.actor


async def _fill(actor: Actor, workspace_id: UUID) -> Space:
    community = await make_community(actor, workspace_id)
    image = replace(
        said("m2", "Une image", to="m1"), attachments=(Attachment("mxc://a/b", "image/png", "a"),)
    )
    await bring(
        community,
        said("m1", "Où est la notice ?", by="ben"),
        image,
        IncomingEdit("general", "m1", "Où est la notice ?!", ago(seconds=30)),
        IncomingReaction("general", "r1", "m1", person("ana"), "👍", ago(seconds=20)),
        IncomingReaction("general", "r2", "m1", person("cid"), "👍", ago(seconds=19)),
        IncomingReaction("general", "r3", "m1", person("dan"), "👍", ago(seconds=18)),
        IncomingDeletion("general", "of something unknown", ago(seconds=10)),
    )
    async with unit_of_work(actor) as session:
        thread = (await session.scalars(_in(Thread, workspace_id))).one()
        message = (
            await session.scalars(_in(Message, workspace_id).where(Message.external_id == "m1"))
        ).one()
        await fill_home(session, actor, workspace_id)
        reply = await replies.send_reply(session, actor, workspace_id, thread.id, "Ici.")
        measure = await measures.delete_message(session, actor, workspace_id, message.id)
        await session.execute(
            update(Reply).where(Reply.id == reply).values(state="failed", failed_at=func.now())
        )
        desk = await _fill_desk(session, actor, workspace_id, thread.id)
        task = await tasks.create_task(session, actor, workspace_id, tasks.TaskDraft("Rappeler"))
        await _tell_owner(session, actor, workspace_id, task)
        special_day = new_id()
        session.add(
            SpecialDay(
                agency_id=actor.agency_id,
                workspace_id=workspace_id,
                id=special_day,
                day=date(2026, 12, 24),
                name="Inventaire",
                hours=[],
                created_at=datetime.now(UTC),
            )
        )
        twins = await _merge_twins(session, actor, workspace_id)
        session.add(
            Membership(
                agency_id=actor.agency_id,
                user_id=new_id(),
                workspace_id=workspace_id,
                role=Role.MODERATOR,
                created_at=datetime.now(UTC),
            )
        )
        exported = await export_runs.start_export(session, actor, workspace_id)
    upload = import_runs.Upload("history.jsonl", 2)
    imported = await import_runs.receive_import(actor, workspace_id, upload, _pieces(b"{}"))
    ids = (thread.id, message.id, reply, measure, *desk, task, *twins, imported, exported)
    ids = (*ids, special_day)
    return Space(actor, community, *ids)


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _fill_desk(
    session: AsyncSession, actor: Actor, workspace_id: UUID, thread_id: UUID
) -> tuple[UUID, UUID, UUID, UUID]:
    label = await labels.create_label(session, actor, workspace_id, "Panne", "red")
    await labels.label_threads(session, actor, workspace_id, [thread_id], label, on=True)
    note = await notes.write_note(session, actor, workspace_id, thread_id, "À voir demain.")
    await drafts.keep_draft(session, actor, workspace_id, thread_id, "Bonjour", datetime.now(UTC))
    saved = await saved_replies.save_reply(
        session, actor, workspace_id, None, shortcut="salut", body_fr="Bonjour", body_en=""
    )
    view = await views.save_view(
        session, actor, workspace_id, "Urgent", InboxFilter(label_id=label), shared=False
    )
    return label, note, saved, view


async def _merge_twins(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[UUID, UUID, UUID]:
    """Two members who could be one person, and a merge of two others."""
    members = {row.name: row.id for row in await session.scalars(_in(Member, workspace_id))}
    merge = await merge_members(session, actor, workspace_id, members["Cid"], members["Dan"])
    return members["Ben"], members["Ana"], merge


async def _tell_owner(session: AsyncSession, actor: Actor, workspace_id: UUID, task: UUID) -> None:
    assert actor.user_id is not None
    worker = replace(actor, user_id=None, system=True)
    about = Reference("task", task)
    await notify(session, worker, [actor.user_id], "task_due", about, workspace_id=workspace_id)
    await enter_scope(session, actor)


def _in(table: Any, workspace_id: UUID) -> Any:
    return select(table).where(table.workspace_id == workspace_id)


async def make_tenant() -> Tenant:
    made = await make_agency()
    async with unit_of_work(made.owner) as session:
        other = await workspaces.create_workspace(
            session, made.owner, name="Montagne", client="Montagne SA", time_zone="Asia/Tokyo"
        )
    reach = {**made.owner.workspaces, other.id: frozenset({Role.OWNER})}
    actor = replace(made.owner, workspaces=reach)
    first = await _fill(actor, made.workspace_id)
    second = await _fill(actor, other.id)
    invited = await invitations.invite(
        actor, f"{token_hex(6)}@ailleurs.example", [Grant(Role.ANALYST, other.id)], "fr"
    )
    return Tenant(made.email, made.slug, first, second, invited.id)
