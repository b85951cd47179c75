"""One thread, as it is read and answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.integrations.networks import network
from cmhub.integrations.networks.base import Verb
from cmhub.models import Channel, Connection, Label, Reply, ThreadLabel
from cmhub.services.connections import IMPORT, params_of
from cmhub.services.inbox import MESSAGES, LabelMark, find_thread
from cmhub.services.notes import NoteView, read_notes


@dataclass(frozen=True, slots=True)
class ReactionView:
    """How many gave one reaction."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file of a message."""

    name: str
    media_type: str
    url: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message in its thread, with what is being done to it or its author."""

    id: UUID
    member_id: UUID
    author: str
    handle: str
    from_team: bool
    sent_by: str
    body: str
    posted_at: datetime
    edited: bool
    deleted: bool
    measure_id: UUID | None
    measure_state: str
    measure_fault: str
    measure_params: dict[str, str | int]
    member_standing: str
    reactions: tuple[ReactionView, ...]
    attachments: tuple[AttachmentView, ...]
    notes: tuple[NoteView, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplyView:
    """An answer on its way, or one that did not arrive."""

    id: UUID
    user_name: str
    body: str
    state: str
    fault: str
    fault_params: dict[str, str | int]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A thread with its messages, oldest first, and what can be done in it.

    Notes hang on the message after which they were written. ``earlier`` counts messages before
    the first shown. ``closed`` is the key of the sentence
    that says why nothing can be written, or empty.
    """

    id: UUID
    channel: str
    network: str
    account: str
    state: str
    snoozed_until: datetime | None
    assignee_id: UUID | None
    assignee: str
    labels: tuple[LabelMark, ...]
    label_ids: tuple[UUID, ...]
    messages: tuple[MessageView, ...]
    earlier: int
    replies: tuple[ReplyView, ...]
    closed: str
    can_delete: bool
    can_mute: bool
    can_ban: bool


_MESSAGES = text("""
    select m.id, m.member_id, p.name as author, i.handle, p.team, m.posted_at,
        case when m.deleted_at is null then m.body else '' end as body,
        m.edited_at is not null as edited, m.deleted_at is not null as deleted,
        coalesce(r.user_name, '') as sent_by, d.id as measure_id, d.state as measure_state,
        d.fault as measure_fault, d.fault_params as measure_params, w.kind as standing
    from (
        select * from message m where m.agency_id = :agency and m.workspace_id = :workspace
            and m.thread_id = :thread order by m.posted_at desc, m.id desc limit :most) m
    join member p on p.agency_id = m.agency_id and p.workspace_id = m.workspace_id
        and p.id = m.member_id
    left join lateral (
        select i.handle from identity i where i.agency_id = m.agency_id
            and i.workspace_id = m.workspace_id and i.id = m.identity_id) i on true
    left join lateral (
        select r.user_name from reply r where r.agency_id = m.agency_id
            and r.workspace_id = m.workspace_id and r.channel_id = m.channel_id
            and r.external_id = m.external_id limit 1) r on true
    left join lateral (
        select d.id, d.state, d.fault, d.fault_params from measure d
        where d.agency_id = m.agency_id and d.workspace_id = m.workspace_id
            and d.message_id = m.id and d.kind = 'delete' and d.state <> 'undone'
        order by d.created_at desc limit 1) d on true
    left join lateral (
        select w.kind from measure w where w.agency_id = m.agency_id
            and w.workspace_id = m.workspace_id and w.member_id = m.member_id
            and w.identity_id = m.identity_id and w.channel_id = m.channel_id
            and w.kind <> 'delete' and w.state = 'confirmed'
        order by w.created_at desc limit 1) w on true
    order by m.posted_at, m.id
""")
_REACTIONS = text("""
    select message_id, name, count(distinct member_id) as n from reaction
    where agency_id = :agency and workspace_id = :workspace
        and message_id = any(cast(:messages as uuid[]))
    group by message_id, name order by message_id, n desc, name
""")
_ATTACHMENTS = text("""
    select message_id, name, media_type, url from attachment
    where agency_id = :agency and workspace_id = :workspace
        and message_id = any(cast(:messages as uuid[])) order by message_id, position
""")


async def read_thread(
    session: AsyncSession, actor: Actor, workspace_id: UUID, thread_id: UUID
) -> ThreadView:
    """A thread with its latest messages.

    Raises:
        NotFound: there is none in this workspace.
    """
    actor.require(Permission.INBOX_READ, workspace_id)
    thread = await find_thread(session, workspace_id, thread_id)
    keys = {"agency": actor.agency_id, "workspace": workspace_id}
    found = await session.execute(_MESSAGES, keys | {"thread": thread_id, "most": MESSAGES})
    rows = found.all()
    messages = await _views(session, keys, list(rows))
    channel, connection = await _place(session, workspace_id, thread.channel_id)
    count = await session.scalar(
        text(
            "select count(*) from message where agency_id = :agency"
            " and workspace_id = :workspace and thread_id = :thread"
        ),
        keys | {"thread": thread_id},
    )
    can = _abilities(actor, workspace_id, channel, connection)
    written = await read_notes(session, actor, workspace_id, thread_id) if thread.note_count else ()
    marks = await _labels(session, workspace_id, thread_id)
    return ThreadView(
        id=thread_id,
        channel=channel.name,
        network=connection.network,
        account=connection.account_name,
        state=thread.state,
        snoozed_until=thread.snoozed_until,
        assignee_id=thread.assignee_id,
        assignee=thread.assignee_name or "",
        labels=tuple(LabelMark(label.name, label.color) for label in marks),
        label_ids=tuple(label.id for label in marks),
        messages=_with_notes(messages, written),
        earlier=max(0, (count or 0) - len(messages)),
        replies=await _replies(session, workspace_id, thread_id),
        closed=_closed(actor, workspace_id, channel, connection),
        can_delete=can[Verb.DELETE],
        can_mute=can[Verb.MUTE],
        can_ban=can[Verb.BAN],
    )


def _with_notes(
    messages: tuple[MessageView, ...], written: tuple[NoteView, ...]
) -> tuple[MessageView, ...]:
    """Hang each note on the last message before it; those before all messages on the first."""
    hung: dict[int, list[NoteView]] = {}
    for note in written:
        before = [n for n, one in enumerate(messages) if one.posted_at <= note.created_at]
        hung.setdefault(before[-1] if before else 0, []).append(note)
    return tuple(
        replace(one, notes=tuple(hung[number])) if number in hung else one
        for number, one in enumerate(messages)
    )


async def _labels(session: AsyncSession, workspace_id: UUID, thread_id: UUID) -> Sequence[Label]:
    found = await session.scalars(
        select(Label)
        .join(
            ThreadLabel,
            (ThreadLabel.label_id == Label.id) & (ThreadLabel.workspace_id == Label.workspace_id),
        )
        .where(Label.workspace_id == workspace_id, ThreadLabel.thread_id == thread_id)
        .order_by(Label.key)
    )
    return found.all()


async def _place(
    session: AsyncSession, workspace_id: UUID, channel_id: UUID
) -> tuple[Channel, Connection]:
    row = (
        await session.execute(
            select(Channel, Connection)
            .join(
                Connection,
                (Connection.id == Channel.connection_id)
                & (Connection.workspace_id == Channel.workspace_id),
            )
            .where(Channel.workspace_id == workspace_id, Channel.id == channel_id)
        )
    ).one()
    return row[0], row[1]


def _closed(actor: Actor, workspace_id: UUID, channel: Channel, connection: Connection) -> str:
    if connection.network == IMPORT:
        return "inbox.closed.imported"
    if not actor.may(Permission.INBOX_ANSWER, workspace_id):
        return "inbox.closed.role"
    if connection.state == "disconnected" or not channel.chosen:
        return "inbox.closed.disconnected"
    if connection.state == "reconnect":
        return "inbox.closed.reconnect"
    return ""


def _abilities(
    actor: Actor, workspace_id: UUID, channel: Channel, connection: Connection
) -> dict[Verb, bool]:
    verbs = {
        Verb.DELETE: Permission.MESSAGE_DELETE,
        Verb.MUTE: Permission.MEMBER_MEASURE,
        Verb.BAN: Permission.MEMBER_MEASURE,
    }
    if connection.network == IMPORT or connection.state not in ("active", "trouble"):
        return dict.fromkeys(verbs, False)
    capabilities = network(connection.network).capabilities
    return {
        verb: capabilities[verb].state != "no"
        and channel.may_moderate
        and actor.may(permission, workspace_id)
        for verb, permission in verbs.items()
    }


async def _replies(
    session: AsyncSession, workspace_id: UUID, thread_id: UUID
) -> tuple[ReplyView, ...]:
    rows = await session.scalars(
        select(Reply)
        .where(
            Reply.workspace_id == workspace_id,
            Reply.thread_id == thread_id,
            Reply.state != "sent",
        )
        .order_by(Reply.created_at)
    )
    return tuple(
        ReplyView(
            reply.id,
            reply.user_name,
            reply.body,
            reply.state,
            reply.fault or "",
            params_of(reply.fault_params),
            reply.created_at,
        )
        for reply in rows
    )


async def _views(
    session: AsyncSession, keys: dict[str, UUID], rows: list[Any]
) -> tuple[MessageView, ...]:
    ids = {"messages": [row.id for row in rows]}
    reactions: dict[UUID, list[ReactionView]] = {}
    for row in await session.execute(_REACTIONS, {**keys, **ids}):
        reactions.setdefault(row.message_id, []).append(ReactionView(row.name, row.n))
    files: dict[UUID, list[AttachmentView]] = {}
    for row in await session.execute(_ATTACHMENTS, {**keys, **ids}):
        files.setdefault(row.message_id, []).append(
            AttachmentView(row.name, row.media_type, row.url)
        )
    return tuple(
        _message(row, tuple(reactions.get(row.id, ())), tuple(files.get(row.id, ())))
        for row in rows
    )


def _message(
    row: Any, reactions: tuple[ReactionView, ...], files: tuple[AttachmentView, ...]
) -> MessageView:
    return MessageView(
        id=row.id,
        member_id=row.member_id,
        author=row.author,
        handle=row.handle or "",
        from_team=row.team,
        sent_by=row.sent_by,
        body=row.body,
        posted_at=row.posted_at,
        edited=row.edited,
        deleted=row.deleted,
        measure_id=row.measure_id,
        measure_state=row.measure_state or "",
        measure_fault=row.measure_fault or "",
        measure_params=params_of(row.measure_params or {}),
        member_standing={"mute": "muted", "ban": "banned"}.get(row.standing or "", ""),
        reactions=reactions,
        attachments=files,
    )
