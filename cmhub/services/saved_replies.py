"""Saved replies: words that a team often answers, in French and English, with variables."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import announce
from cmhub.errors import Invalid, NotFound
from cmhub.models import Channel, Member, SavedReply, Workspace, new_id
from cmhub.services import audit
from cmhub.services.checks import InvalidForm, check_all, folded
from cmhub.services.inbox import find_thread
from cmhub.services.replies import MOST as LONGEST

VARIABLES = ("name", "channel", "agent", "client", "workspace")
"""The member's name, the channel's, the user's own, the client's and the workspace's."""
MOST = 200
PROPOSED = 8
_SHORTCUT = re.compile(r"[\w-]{1,30}")
_VARIABLE = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True, slots=True)
class SavedReplyView:
    """A saved reply as it is managed."""

    id: UUID
    shortcut: str
    body_fr: str
    body_en: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A saved reply for a thread: filled in, in the language of the thread where there is one."""

    shortcut: str
    words: str
    language: str


async def list_saved_replies(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> tuple[SavedReplyView, ...]:
    """The workspace's saved replies by shortcut."""
    actor.require(Permission.INBOX_READ, workspace_id)
    return tuple(
        SavedReplyView(one.id, one.shortcut, one.body_fr, one.body_en)
        for one in await _all(session, workspace_id)
    )


async def _all(session: AsyncSession, workspace_id: UUID) -> list[SavedReply]:
    rows = await session.scalars(
        select(SavedReply)
        .where(SavedReply.workspace_id == workspace_id)
        .order_by(SavedReply.shortcut)
    )
    return list(rows)


def check_shortcut(value: str) -> str:
    """The word that a reply is found by, in lower case and without the slash before it.

    Raises:
        Invalid: it is empty, too long, or more than one word.
    """
    word = value.strip().removeprefix("/").lower()
    if not word:
        raise Invalid("shortcut_missing")
    if not _SHORTCUT.fullmatch(word):
        raise Invalid("shortcut_wrong", most=30)
    return word


def check_words(value: str) -> str:
    """The text of a reply.

    Raises:
        Invalid: it is too long, or has a variable that there is not.
    """
    words = value.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(words) > LONGEST:
        raise Invalid("too_long", most=LONGEST)
    for name in _VARIABLE.findall(words):
        if name not in VARIABLES:
            raise Invalid("variable_unknown", name=name or "{}")
    return words


async def save_reply(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    reply_id: UUID | None,
    *,
    shortcut: str,
    body_fr: str,
    body_en: str,
) -> UUID:
    """Keep words to answer with: new ones, or others for those of an id.

    Raises:
        InvalidForm: a value cannot be used, or another one has the shortcut; each is told by name.
    """
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    one = None if reply_id is None else await _find(session, workspace_id, reply_id)
    good = _checked(shortcut, body_fr, body_en)
    await _room(session, workspace_id, reply_id, good["shortcut"])
    moment = datetime.now(UTC)
    if one is None:
        one = SavedReply(
            agency_id=actor.agency_id, workspace_id=workspace_id, id=new_id(),
            created_at=moment, updated_at=moment, **good,
        )  # fmt: skip
        session.add(one)
    else:
        one.shortcut, one.updated_at = good["shortcut"], moment
        one.body_fr, one.body_en = good["body_fr"], good["body_en"]
    audit.record(
        session, actor, "saved_reply:save", "saved_reply", one.id,
        workspace_id=workspace_id, shortcut=one.shortcut, new=reply_id is None,
    )  # fmt: skip
    await announce(session, actor, workspace_id, "desk")
    return one.id


def _checked(shortcut: str, body_fr: str, body_en: str) -> dict[str, str]:
    good = check_all(
        shortcut=lambda: check_shortcut(shortcut),
        body_fr=lambda: check_words(body_fr),
        body_en=lambda: check_words(body_en),
    )
    if not (good["body_fr"] or good["body_en"]):
        raise InvalidForm({"body_fr": Invalid("reply_missing")})
    return good


async def _room(
    session: AsyncSession, workspace_id: UUID, reply_id: UUID | None, shortcut: str
) -> None:
    """Whether there is room for it: no other of this shortcut, and not too many."""
    # Two who save at once must not both find the shortcut free.
    await session.execute(
        select(func.pg_advisory_xact_lock(workspace_id.int & 0x7FFF_FFFF_FFFF_FFFF))
    )
    others = {one.shortcut for one in await _all(session, workspace_id) if one.id != reply_id}
    if shortcut in others:
        raise InvalidForm({"shortcut": Invalid("shortcut_taken", shortcut=shortcut)})
    if len(others) >= MOST:
        raise Invalid("too_many_replies", most=MOST)


async def _find(session: AsyncSession, workspace_id: UUID, reply_id: UUID) -> SavedReply:
    found = await session.scalar(
        select(SavedReply)
        .where(SavedReply.workspace_id == workspace_id, SavedReply.id == reply_id)
        .with_for_update()
    )
    if found is None:
        raise NotFound
    return found


async def delete_saved_reply(
    session: AsyncSession, actor: Actor, workspace_id: UUID, reply_id: UUID
) -> SavedReplyView:
    """Delete a saved reply.

    Returns:
        What it was, to be saved again.
    """
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    one = await _find(session, workspace_id, reply_id)
    audit.record(
        session, actor, "saved_reply:delete", "saved_reply", reply_id,
        workspace_id=workspace_id, shortcut=one.shortcut,
    )  # fmt: skip
    await session.delete(one)
    await announce(session, actor, workspace_id, "desk")
    return SavedReplyView(one.id, one.shortcut, one.body_fr, one.body_en)


async def propose(
    session: AsyncSession, actor: Actor, workspace_id: UUID, thread_id: UUID, sought: str
) -> tuple[Proposal, ...]:
    """Saved replies for a thread whose shortcut or words hold what is sought, filled in.

    Those whose shortcut begins with it come first. Accents and capitals make no difference.
    """
    actor.require(Permission.INBOX_ANSWER, workspace_id)
    thread = await find_thread(session, workspace_id, thread_id)
    values = await _values(session, actor, workspace_id, thread.starter_id, thread.channel_id)
    wanted = folded(sought.strip().removeprefix("/"))
    found: list[tuple[int, Proposal]] = []
    for one in await _all(session, workspace_id):
        rank = _rank(one, wanted)
        if rank is not None:
            found.append((rank, _proposal(one, thread.language or "", values)))
    return tuple(proposal for _, proposal in sorted(found, key=lambda each: each[0])[:PROPOSED])


def _rank(one: SavedReply, wanted: str) -> int | None:
    if folded(one.shortcut).startswith(wanted):
        return 0
    if wanted in folded(one.shortcut):
        return 1
    return 2 if wanted in folded(f"{one.body_fr}\n{one.body_en}") else None


def _proposal(one: SavedReply, language: str, values: dict[str, str]) -> Proposal:
    bodies = {"fr": one.body_fr, "en": one.body_en}
    if not bodies.get(language):
        language = "fr" if one.body_fr else "en"
    return Proposal(one.shortcut, fill(bodies[language], values), language)


def fill(words: str, values: dict[str, str]) -> str:
    """The text with its variables replaced; what a value itself says is left as it is."""
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), words)


async def _values(
    session: AsyncSession, actor: Actor, workspace_id: UUID, starter_id: UUID, channel_id: UUID
) -> dict[str, str]:
    name = await session.scalar(
        select(Member.name).where(Member.workspace_id == workspace_id, Member.id == starter_id)
    )
    channel = await session.scalar(
        select(Channel.name).where(Channel.workspace_id == workspace_id, Channel.id == channel_id)
    )
    space = (
        await session.execute(
            select(Workspace.name, Workspace.client).where(Workspace.id == workspace_id)
        )
    ).one()
    return {
        "name": name or "",
        "channel": channel or "",
        "agent": actor.name,
        "client": space.client,
        "workspace": space.name,
    }
