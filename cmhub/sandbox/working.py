"""What the agency's people have done in a workspace of the demo, and what they have left undone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import text

from cmhub.actor import Role
from cmhub.db import unit_of_work
from cmhub.models import AuditEvent, Measure, Reply, new_id
from cmhub.sandbox.community.places import LIVE_DAYS
from cmhub.sandbox.community.scripts import is_of_phase
from cmhub.sandbox.community.stories import at
from cmhub.sandbox.crew import Agency
from cmhub.sandbox.filling import Site

LEFT = 1e6
"""Hours after which a thread is done where nobody does it."""
_ANSWER = (Role.MODERATOR, Role.MANAGER, Role.MEDIATOR)
_TIDIED_DAYS = 10

_THREADS = text("""
    select t.id, t.state, t.last_at, t.waiting_since, t.message_count, o.body,
        t.message_count > 2 and l.member_id = t.starter_id as ended
    from thread t
    join message l on l.agency_id = t.agency_id and l.workspace_id = t.workspace_id
        and l.id = t.last_message_id
    cross join lateral (
        select m.body from message m where m.agency_id = t.agency_id
            and m.workspace_id = t.workspace_id and m.thread_id = t.id
        order by m.posted_at, m.id limit 1) o
    where t.agency_id = :agency and t.workspace_id = :workspace and t.last_at > :since
    order by t.last_at, t.id
""")
_MOVE = text("""
    update thread t set state = n.state, state_at = n.at
    from unnest(cast(:ids as uuid[]), cast(:states as text[]), cast(:ats as timestamptz[]))
        n(id, state, at)
    where t.agency_id = :agency and t.workspace_id = :workspace and t.id = n.id
""")
_SAID = text("""
    select m.id, m.thread_id, m.channel_id, m.external_id, m.body, m.posted_at, m.reply_to
    from message m join member p on p.agency_id = m.agency_id
        and p.workspace_id = m.workspace_id and p.id = m.member_id
    join channel c on c.agency_id = m.agency_id and c.workspace_id = m.workspace_id
        and c.id = m.channel_id and c.history_done
    where m.agency_id = :agency and m.workspace_id = :workspace and p.team
        and m.posted_at > :since order by m.posted_at, m.id
""")
_GONE = text("""
    select m.id, m.channel_id, m.member_id, m.identity_id, m.posted_at, m.deleted_at
    from message m
    where m.agency_id = :agency and m.workspace_id = :workspace
        and m.deleted_at > m.posted_at and m.posted_at > :since order by m.posted_at, m.id
""")


@dataclass(frozen=True, slots=True)
class Hand:
    """Somebody who works in a workspace."""

    user_id: UUID
    name: str


def crew_of(agency: Agency, users: Mapping[str, UUID], key: str) -> list[Hand]:
    """Return who answers in a workspace, those first who do it the most."""
    found = [one for one in agency.colleagues if key in one.places and one.role in _ANSWER]
    found.sort(key=lambda one: _ANSWER.index(one.role))
    return [Hand(users[one.email], one.name) for one in found]


async def work(site: Site, crew: Sequence[Hand], now: datetime) -> None:
    """Do what was done in the last weeks: threads tidied, answers written, spam taken away."""
    random = Random(f"work in {site.community.key}")  # noqa: S311
    since = {"since": now - timedelta(days=LIVE_DAYS)}
    async with unit_of_work(site.owner) as session:
        threads = (await session.execute(_THREADS, site.keys | since)).all()
        moved = list(_moved(site, threads, now))
        if moved:
            ids, states, ats = zip(*moved, strict=True)
            values = {"ids": list(ids), "states": list(states), "ats": list(ats)}
            await session.execute(_MOVE, site.keys | values)
        said = (await session.execute(_SAID, site.keys | since)).all()
        gone = (await session.execute(_GONE, site.keys | since)).all()
        for row in said:
            session.add_all(_answer(site, row, random.choices(crew, _shares(crew))[0]))
        for row in gone:
            session.add_all(_taken_away(site, row, crew[0]))
        tidied = [one for one in moved if one[1] == "done"]
        recent = [one for one in tidied if one[2] > now - timedelta(days=_TIDIED_DAYS)]
        session.add_all(_tidied(site, one, random.choice(crew)) for one in recent)


def _shares(crew: Sequence[Hand]) -> list[float]:
    return [1 / (number + 1) for number in range(len(crew))]


def _moved(
    site: Site, threads: Sequence[Any], now: datetime
) -> Iterator[tuple[UUID, str, datetime]]:
    """Yield which threads somebody has moved where, and when."""
    for row in threads:
        age = now - row.last_at
        hours = at(site.community.story.tended, age / timedelta(days=1))
        if hours >= LEFT and row.ended and not is_of_phase(site.community.key, row.body):
            # The one who asked has said thanks: nobody leaves that lying, even now.
            yield row.id, "done", min(now, row.last_at + timedelta(hours=3))
        elif hours >= LEFT and row.waiting_since is not None:
            yield row.id, "open", row.last_at
        elif row.message_count == 0 or (hours < LEFT and age > timedelta(hours=hours)):
            yield row.id, "done", min(now, row.last_at + timedelta(hours=min(hours, 200)))


def _event(
    site: Site, by: Hand, moment: datetime, tag: str, kind: str, about: UUID, **data: object
) -> AuditEvent:
    return AuditEvent(
        agency_id=site.owner.agency_id,
        workspace_id=site.workspace_id,
        at=moment,
        user_id=by.user_id,
        actor=by.name,
        address="",
        tag=tag,
        object_kind=kind,
        object_id=about,
        data=data,
    )


def _answer(site: Site, row: Any, by: Hand) -> Iterator[object]:
    """Yield the reply that a message of the team was sent by, and the record of it."""
    reply = Reply(
        agency_id=site.owner.agency_id,
        workspace_id=site.workspace_id,
        id=new_id(),
        thread_id=row.thread_id,
        channel_id=row.channel_id,
        user_id=by.user_id,
        user_name=by.name,
        reply_to=row.reply_to,
        body=row.body,
        state="sent",
        external_id=row.external_id,
        fault_params={},
        attempts=1,
        created_at=row.posted_at,
    )
    yield reply
    yield _event(
        site, by, row.posted_at, "reply:send", "reply", reply.id, thread=str(row.thread_id)
    )


def _taken_away(site: Site, row: Any, by: Hand) -> Iterator[object]:
    """Yield the measures against a message and its author, and the records of them."""
    for kind, target, seconds in (("delete", row.id, 0), ("ban", None, 20)):
        settled = row.deleted_at + timedelta(seconds=seconds)
        planned = settled - timedelta(seconds=12)
        measure = Measure(
            agency_id=site.owner.agency_id,
            workspace_id=site.workspace_id,
            id=new_id(),
            kind=kind,
            channel_id=row.channel_id,
            message_id=target,
            member_id=row.member_id,
            identity_id=row.identity_id,
            user_id=by.user_id,
            user_name=by.name,
            reason="spam",
            state="confirmed",
            fault_params={},
            attempts=1,
            created_at=planned,
            settled_at=settled,
        )
        yield measure
        about = {"message": str(row.id), "member": str(row.member_id)}
        yield _event(
            site, by, planned, "measure:plan", "measure", measure.id, measure=kind, **about
        )
        yield _event(site, by, settled, "measure:confirm", "measure", measure.id)


def _tidied(site: Site, moved: tuple[UUID, str, datetime], by: Hand) -> AuditEvent:
    thread, state, moment = moved
    return _event(site, by, moment, "thread:state", "thread", thread, before="open", after=state)
