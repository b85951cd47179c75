"""What lies on the desks of the demo's agencies: labels, tasks, notes, saved replies, who has what.

The texts are in ``desk.txt``, by community; everything is done by the services, as its people.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.models import HandoverNote, Note, Notification, Task
from cmhub.sandbox.crew import Agency
from cmhub.sandbox.emblems import emblem
from cmhub.sandbox.filling import Site
from cmhub.services.home.handover import leave_note
from cmhub.services.labels import create_label, label_threads
from cmhub.services.notes import write_note
from cmhub.services.saved_replies import save_reply
from cmhub.services.settings import save_settings, set_logo
from cmhub.services.sorting import assign_threads
from cmhub.services.tasks import TaskDraft, create_task

_TEXTS = Path(__file__).parent / "community" / "texts" / "desk.txt"
_RECENT = timedelta(days=30)
_MOST = 60

_OPENINGS = text("""
    select t.id, t.state, t.last_at, t.waiting_since, o.body, o.posted_at
    from thread t cross join lateral (
        select m.body, m.posted_at from message m where m.agency_id = t.agency_id
            and m.workspace_id = t.workspace_id and m.thread_id = t.id and m.deleted_at is null
        order by m.posted_at, m.id limit 1) o
    where t.agency_id = :agency and t.workspace_id = :workspace and t.last_at > :since
    order by t.last_at desc, t.id
""")


@dataclass(frozen=True, slots=True)
class Chore:
    """A task: days from now to when it is due, for whom, and whether it is done."""

    days: int
    role: Role
    repeats: str
    at: str
    text: str
    note: str
    done: bool


@dataclass(slots=True)
class Desk:
    """What lies on a community's desk."""

    labels: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    replies: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    chores: list[Chore] = field(default_factory=list[Chore])
    notes: list[tuple[str, Role, str]] = field(default_factory=list[tuple[str, Role, str]])
    left: tuple[Role, str] | None = None
    share: float = 0.5


@cache
def desks() -> dict[str, Desk]:
    """Return what lies on each community's desk."""
    found: dict[str, Desk] = {}
    for block in _TEXTS.read_text(encoding="utf-8").split("\n\n"):
        head, *lines = block.splitlines()
        desk = found.setdefault(head.strip("[]"), Desk())
        for line in lines:
            _take(desk, *line.split(" ", 1))
    return found


def _take(desk: Desk, kind: str, rest: str) -> None:
    first, *more = rest.split(" | ")
    match kind:
        case "label":
            desk.labels.append((first, *more))  # pyright: ignore[reportArgumentType]
        case "reply":
            desk.replies.append((first, more[0]))
        case "note":
            desk.notes.append((first, Role(more[0]), more[1]))
        case "hand":
            desk.left = Role(first), more[0]
        case "share":
            desk.share = float(first)
        case _:
            desk.chores.append(_chore(first, more, done=kind == "done"))


def _chore(head: str, more: list[str], *, done: bool) -> Chore:
    days, role, *words = head.split(" ")
    at = next((word for word in words if ":" in word), "")
    repeats = next((word for word in words if ":" not in word), "never")
    note = more[1] if len(more) > 1 else ""
    return Chore(int(days), Role(role), repeats, at, more[0], note, done)


@dataclass(frozen=True, slots=True)
class Table:
    """A desk in its place: who sits at it, and the moment."""

    site: Site
    desk: Desk
    crew: Mapping[Role, Actor]
    now: datetime

    def actor(self, role: Role) -> Actor:
        """Return who has a role here; the owner where nobody has it."""
        return self.crew.get(role, self.site.owner)


async def lay(site: Site, agency: Agency, users: Mapping[str, UUID], now: datetime) -> None:
    """Put on a workspace's desk what lies there, and give it its client's colour and logo."""
    key = site.community.key
    table = Table(site, desks()[key], _crew(site, agency, users), now)
    await _dress(site)
    since = {"since": now - _RECENT}
    async with unit_of_work(site.owner) as session:
        threads = (await session.execute(_OPENINGS, site.keys | since)).all()
        await _label(session, table, threads)
        await _keep_replies(session, table)
        await _assign(session, table, threads)
    async with unit_of_work(table.actor(Role.MANAGER)) as session:
        for chore in table.desk.chores:
            await _plan(session, table, chore)
    for pattern, role, words in table.desk.notes:
        await _remark(table, threads, pattern, role, words)
    if table.desk.left is not None:
        await _leave(table, *table.desk.left)


async def hush(site: Site, users: Mapping[str, UUID]) -> None:
    """Let nobody be mailed of what is told of the past; in the page it stays to be read."""
    for user_id in users.values():
        reader = replace(site.owner, user_id=user_id)
        async with unit_of_work(reader) as session:
            mine = update(Notification).where(Notification.user_id == user_id)
            await session.execute(mine.values(mail_at=None))


def _crew(site: Site, agency: Agency, users: Mapping[str, UUID]) -> dict[Role, Actor]:
    """Return who works here by role; of several the first."""
    found: dict[Role, Actor] = {}
    for one in agency.colleagues:
        if site.community.key in one.places:
            reach = {site.workspace_id: frozenset({one.role})}
            actor = Actor(
                agency_id=site.owner.agency_id,
                agency_roles=frozenset(),
                workspaces=reach,
                user_id=users[one.email],
                name=one.name,
            )
            found.setdefault(one.role, actor)
    return found


async def _dress(site: Site) -> None:
    community = site.community
    async with unit_of_work(site.owner) as session:
        await save_settings(
            session,
            site.owner,
            site.workspace_id,
            name=community.name,
            client=community.client,
            time_zone=community.zone,
            languages=[community.language],
            brand=community.colour,
        )
    await set_logo(site.owner, site.workspace_id, emblem(community.key, community.colour))


async def _label(session: AsyncSession, table: Table, threads: Sequence[Any]) -> None:
    site = table.site
    for color, name, pattern in table.desk.labels:
        made = await create_label(session, site.owner, site.workspace_id, name, color)
        ids = [row.id for row in threads if re.search(pattern, row.body)][:_MOST]
        if ids:
            await label_threads(session, site.owner, site.workspace_id, ids, made, on=True)


async def _keep_replies(session: AsyncSession, table: Table) -> None:
    site, french = table.site, table.site.community.language == "fr"
    for shortcut, words in table.desk.replies:
        bodies = {"body_fr": words if french else "", "body_en": "" if french else words}
        await save_reply(session, site.owner, site.workspace_id, None, shortcut=shortcut, **bodies)


async def _assign(session: AsyncSession, table: Table, threads: Sequence[Any]) -> None:
    """Give a share of what waits to those who answer."""
    random = Random(f"desk of {table.site.community.key}")  # noqa: S311
    crew = [table.crew[role] for role in (Role.MODERATOR, Role.MANAGER) if role in table.crew]
    waiting = [row.id for row in threads if row.state == "open" and row.waiting_since]
    chosen = [one for one in waiting if random.random() < table.desk.share]
    for actor in crew:
        ids = chosen[crew.index(actor) :: len(crew)][:_MOST]
        if ids:
            who = actor.user_id
            await assign_threads(session, table.site.owner, table.site.workspace_id, ids, who)


async def _plan(session: AsyncSession, table: Table, chore: Chore) -> None:
    """Make a task as whoever runs the workspace, and let it be of when it would have been made."""
    site, author = table.site, table.actor(Role.MANAGER)
    zone = ZoneInfo(site.community.zone)
    due = table.now.astimezone(zone).date() + timedelta(days=chore.days)
    assignee = table.actor(chore.role)
    about = (chore.text, chore.note, assignee.user_id)
    draft = TaskDraft(*about, due.isoformat(), chore.at, chore.repeats)
    made = await create_task(session, author, site.workspace_id, draft)
    evening = datetime.combine(due, time(17, 20), zone)
    values: dict[str, object] = {"created_at": min(table.now, evening - timedelta(days=4))}
    if chore.done:
        values |= {"done_at": evening, "done_by": assignee.name, "remind_at": None}
    mine = update(Task).where(Task.workspace_id == site.workspace_id, Task.id == made)
    await session.execute(mine.values(**values))


async def _remark(
    table: Table, threads: Sequence[Any], pattern: str, role: Role, words: str
) -> None:
    """Write a note beside the newest thread that it is about, soon after it began."""
    site, actor = table.site, table.actor(role)
    row = next((one for one in threads if re.search(pattern, one.body)), None)
    if row is None:
        return
    async with unit_of_work(actor) as session:
        made = await write_note(session, actor, site.workspace_id, row.id, words)
        at = min(table.now, row.posted_at + timedelta(minutes=50))
        mine = update(Note).where(Note.workspace_id == site.workspace_id, Note.id == made)
        await session.execute(mine.values(created_at=at))


async def _leave(table: Table, role: Role, words: str) -> None:
    """Leave a note for whoever comes next, at the end of the last working day."""
    site, actor = table.site, table.actor(role)
    async with unit_of_work(actor) as session:
        made = await leave_note(session, actor, site.workspace_id, words, ())
        mine = update(HandoverNote).where(
            HandoverNote.workspace_id == site.workspace_id, HandoverNote.id == made
        )
        await session.execute(mine.values(left_at=table.now - timedelta(hours=11)))
