"""Reading the audit: filtered, by pages, and whole for an export.

Every way of asking goes along an index, from the newest on: by time, by person, by workspace, and
for a kind by each of its tags apart. Words alone are looked for row by row, until a page is full.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.db import enter_scope, unit_of_work
from cmhub.errors import Invalid
from cmhub.locales import catalogue
from cmhub.locales import text as words_of
from cmhub.models import AuditEvent, Workspace
from cmhub.services import audit
from cmhub.services.archiving import with_archived

PAGE = 50
BATCH = 2_000
LONGEST = 400
"""Characters of a value that a page shows."""
_NAMES = ("name", "account", "title", "label", "email", "channels", "slug")
_PEOPLE = text("""
    with recursive p as (
        (select e.user_id from audit_event e
         where e.agency_id = :agency and e.user_id is not null order by e.user_id limit 1)
        union all
        select (select e.user_id from audit_event e
                where e.agency_id = :agency and e.user_id > p.user_id order by e.user_id limit 1)
        from p where p.user_id is not null)
    select p.user_id, l.actor from p cross join lateral (
        select e.actor from audit_event e
        where e.agency_id = :agency and e.user_id = p.user_id order by e.at desc limit 1) l
    order by lower(l.actor), p.user_id""")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What of the audit is wanted; days are those of ``zone``, ``last`` is one of them.

    ``kind`` is the part of a tag before the colon, ``language`` the one that ``words`` are in.
    """

    person: UUID | None = None
    workspace: UUID | None = None
    kind: str = ""
    first: date | None = None
    last: date | None = None
    words: str = ""
    after: str = ""
    zone: str = "UTC"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Change:
    """A value that was changed: ``label`` is the key of its name, or the name itself."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One event as pages and exports tell it; ``sentence`` is the key of its text."""

    id: UUID
    at: datetime
    user_id: UUID | None
    actor: str
    address: str
    tag: str
    sentence: str
    workspace_id: UUID | None
    workspace: str
    object_kind: str
    object_id: UUID
    what: str
    changes: tuple[Change, ...]
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class Choice:
    """A person or a workspace to filter by."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Events from the newest on; ``after`` asks for those that follow, empty at the end."""

    rows: tuple[AuditRow, ...]
    after: str
    people: tuple[Choice, ...]
    workspaces: tuple[Choice, ...]


def kinds() -> tuple[str, ...]:
    """The kinds of events that there are."""
    return tuple(sorted({tag.split(":")[0] for tag in audit.TAGS}))


async def read_audit(session: AsyncSession, actor: Actor, chosen: AuditFilter) -> AuditPage:
    """Read a page of the agency's audit, of workspaces archived and deleted too.

    Raises:
        Invalid: the filter's place in the list is none.
    """
    wider, names = await _reach(session, actor)
    rows = await _events(session, wider, chosen, PAGE + 1)
    shown = tuple(_row(one, names) for one in rows[:PAGE])
    after = _place(rows[PAGE - 1]) if len(rows) > PAGE else ""
    people = await session.execute(_PEOPLE, {"agency": actor.agency_id})
    return AuditPage(
        shown,
        after,
        tuple(Choice(one.user_id, one.actor) for one in people),
        tuple(Choice(one, name) for one, name in names.items()),
    )


async def begin_export(session: AsyncSession, actor: Actor, form: str) -> None:
    """Record that the audit is exported, as ``csv`` or ``jsonl``."""
    actor.require(Permission.AUDIT_READ)
    audit.record(session, actor, "audit:export", "agency", actor.agency_id, format=form)


async def export_audit(actor: Actor, chosen: AuditFilter) -> AsyncIterator[tuple[AuditRow, ...]]:
    """Give all that the filter wants in batches, each read in a transaction of its own.

    What happens meanwhile is newer than where the reading began, and so not part of it.
    """
    actor.require(Permission.AUDIT_READ)
    while True:
        async with unit_of_work(actor) as session:
            wider, names = await _reach(session, actor)
            rows = await _events(session, wider, chosen, BATCH)
        if rows:
            yield tuple(_row(one, names) for one in rows)
        if len(rows) < BATCH:
            return
        chosen = replace(chosen, after=_place(rows[-1]))


async def _reach(session: AsyncSession, actor: Actor) -> tuple[Actor, dict[UUID, str]]:
    """Have archived and deleted workspaces in reach, and know what all of them are called."""
    actor.require(Permission.AUDIT_READ)
    wider = await with_archived(session, actor)
    there = await session.execute(
        select(Workspace.id, Workspace.name).order_by(Workspace.name, Workspace.id)
    )
    names = {row.id: row.name for row in there}
    gone = await session.execute(
        select(AuditEvent.object_id, AuditEvent.data["name"].astext).where(
            AuditEvent.agency_id == actor.agency_id, AuditEvent.tag == "workspace:delete"
        )
    )
    names |= {row[0]: row[1] or "" for row in gone}
    reach = {**dict.fromkeys(names, frozenset(actor.agency_roles)), **wider.workspaces}
    wider = replace(wider, workspaces=reach)
    await enter_scope(session, wider)
    return wider, names


async def _events(session: AsyncSession, actor: Actor, chosen: AuditFilter, most: int) -> list[Any]:
    conditions, given = _conditions(chosen)
    where = " and ".join(["e.agency_id = :agency", *conditions])
    statement = (
        f"select e.* from audit_event e where {where}"  # noqa: S608  # fragments of this module
        " order by e.at desc, e.id desc limit :most"
    )
    if chosen.kind and chosen.person is None:
        statement = (
            "select x.* from unnest(cast(:tags as text[])) k (tag) cross join lateral"  # noqa: S608
            f" ({statement}) x order by x.at desc, x.id desc limit :most"
        )
    given |= {"agency": actor.agency_id, "most": most}
    return list((await session.execute(text(statement), given)).all())


def _conditions(chosen: AuditFilter) -> tuple[list[str], dict[str, object]]:
    """The conditions of a filter and what fills them."""
    zone = ZoneInfo(chosen.zone)
    wanted: dict[str, tuple[str, object]] = {}
    if chosen.person is not None:
        wanted["person"] = "e.user_id = :person", chosen.person
    if chosen.workspace is not None:
        wanted["space"] = "e.workspace_id = :space", chosen.workspace
    if chosen.first is not None:
        begins = datetime.combine(chosen.first, time(), zone).astimezone(UTC)
        wanted["begins"] = "e.at >= :begins", begins
    if chosen.last is not None:
        ends = datetime.combine(chosen.last + timedelta(days=1), time(), zone).astimezone(UTC)
        wanted["ends"] = "e.at < :ends", ends
    if chosen.kind:
        tags = sorted(tag for tag in audit.TAGS if tag.split(":")[0] == chosen.kind)
        # What one person did is read along their index; else each tag has one of its own.
        each = "k.tag" if chosen.person is None else "any (cast(:tags as text[]))"
        wanted["tags"] = f"e.tag = {each}", tags
    given: dict[str, object] = {name: value for name, (_, value) in wanted.items()}
    conditions = [condition for condition, _ in wanted.values()]
    if chosen.words.strip():
        conditions.append(_WORDS)
        given |= _words(chosen)
    if chosen.after:
        conditions.append("(e.at, e.id) < (:past_at, :past_id)")
        given["past_at"], given["past_id"] = _parse(chosen.after)
    return conditions, given


_WORDS = (
    "(e.tag = any (cast(:said as text[])) or e.actor ilike :like or e.address ilike :like"
    " or e.data::text ilike :like or e.object_id::text = :exact)"
)


def _words(chosen: AuditFilter) -> dict[str, object]:
    wanted = chosen.words.strip()[:100]
    plain = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    said = [
        tag
        for tag in audit.TAGS
        if wanted.casefold() in words_of(_sentence(tag), chosen.language, actor="").casefold()
    ]
    return {"said": said, "like": f"%{plain}%", "exact": wanted.lower()}


def _place(row: Any) -> str:
    return f"{row.at.isoformat()}~{row.id}"


def _parse(after: str) -> tuple[datetime, UUID]:
    at, _, last = after.partition("~")
    try:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise Invalid("filter")
        return moment, UUID(last)
    except ValueError:
        raise Invalid("filter") from None


def _sentence(tag: str) -> str:
    return f"audit.{tag.replace(':', '.')}"


def _row(one: Any, names: Mapping[UUID, str]) -> AuditRow:
    data = cast("dict[str, object]", one.data)
    return AuditRow(
        one.id, one.at, one.user_id, one.actor, one.address, one.tag, _sentence(one.tag),
        one.workspace_id, names.get(one.workspace_id, ""), one.object_kind, one.object_id,
        _what(data), _changes(data), data,
    )  # fmt: skip


def _what(data: Mapping[str, object]) -> str:
    """What the event was about, by the first name that its data has."""
    return next((shown(data[name]) for name in _NAMES if data.get(name)), "")


def _changes(data: Mapping[str, object]) -> tuple[Change, ...]:
    found = data.get("changes")
    if isinstance(found, dict):
        pairs = cast("dict[str, list[object]]", found)
        return tuple(
            Change(_label(name), shown(pair[0]), shown(pair[1]))
            for name, pair in pairs.items()
            if len(pair) == 2
        )
    if "before" in data or "after" in data:
        return (Change("", shown(data.get("before")), shown(data.get("after"))),)
    return ()


def _label(name: str) -> str:
    key = f"audit.field.{name}"
    return key if key in catalogue("en") else name


def shown(value: object) -> str:
    """A value of an event's data as words."""
    if value is None:
        return ""
    if isinstance(value, list):
        parts = [shown(one) for one in cast("list[object]", value)]
        return ", ".join(parts)[:LONGEST]
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)[:LONGEST]
    return str(value)[:LONGEST]
