"""Members by their identities on the network."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.integrations.networks.base import Person
from cmhub.models import new_id
from cmhub.services.ingest.scope import Scope, now
from cmhub.services.search.words import folded_line

_KNOWN = text("""
    select i.external_id, i.member_id, i.id, i.name, i.handle
    from unnest(cast(:wanted as text[])) n(external_id)
    cross join lateral (select * from identity i
        where i.agency_id = :agency and i.workspace_id = :workspace
            and i.network = :network and i.external_id = n.external_id offset 0) i
""")
_ADD_IDENTITIES = text("""
    insert into identity
        (agency_id, workspace_id, id, member_id, network, external_id, handle, name, sought)
    select :agency, :workspace, n.id, n.member_id, :network, n.external_id, n.handle, n.name,
        n.sought
    from unnest(cast(:ids as uuid[]), cast(:members as uuid[]), cast(:externals as text[]),
        cast(:handles as text[]), cast(:names as text[]), cast(:soughts as text[]))
        n(id, member_id, external_id, handle, name, sought)
    order by n.external_id
    on conflict do nothing returning external_id, member_id, id
""")
_ADD_MEMBERS = text("""
    insert into member (agency_id, workspace_id, id, name, sought, bot, team, created_at)
    select :agency, :workspace, n.id, n.name, n.sought, n.bot, n.team, :now
    from unnest(cast(:ids as uuid[]), cast(:names as text[]), cast(:soughts as text[]),
        cast(:bots as boolean[]), cast(:teams as boolean[])) n(id, name, sought, bot, team)
""")
_RENAME = text("""
    with renamed as (
        update identity i set name = n.name, handle = n.handle, sought = n.sought
        from unnest(cast(:externals as text[]), cast(:names as text[]), cast(:handles as text[]),
            cast(:soughts as text[]), cast(:folded as text[]))
            n(external_id, name, handle, sought, folded)
        where i.agency_id = :agency and i.workspace_id = :workspace and i.network = :network
            and i.external_id = n.external_id
        returning i.id, i.member_id, i.name, i.sought, n.folded)
    update member m set name = renamed.name,
        sought = renamed.folded || E'\\n' || coalesce((
            select string_agg(coalesce(r.sought, i.sought), E'\\n' order by i.id) from identity i
            left join renamed r on r.id = i.id
            where i.agency_id = :agency and i.workspace_id = :workspace and i.member_id = m.id), '')
    from renamed
    where m.agency_id = :agency and m.workspace_id = :workspace and m.id = renamed.member_id
""")
_MARK_BOTS = text("""
    update member m set bot = true from identity i
    where i.agency_id = :agency and i.workspace_id = :workspace and i.network = :network
        and i.external_id = any(cast(:externals as text[])) and m.agency_id = i.agency_id
        and m.workspace_id = i.workspace_id and m.id = i.member_id and not m.bot
""")


@dataclass(frozen=True, slots=True)
class Account:
    """A person's identity on the network, and the member that it belongs to now."""

    member_id: UUID
    identity_id: UUID


async def recognise(
    session: AsyncSession, scope: Scope, people: Mapping[str, Person]
) -> dict[str, Account]:
    """The member behind each person of a batch, made where there is none yet.

    Returns:
        Accounts by the external id of the person.
    """
    if not people:
        return {}
    keys = scope.keys | {"network": scope.network}
    rows = (await session.execute(_KNOWN, keys | {"wanted": list(people)})).all()
    known = _accounts(rows)
    fresh = [person for person in people.values() if person.external_id not in known]
    renamed = [
        person
        for row in rows
        if (person := people[row.external_id]).name
        and (person.name, person.handle) != (row.name, row.handle)
        and (scope.live or row.name in {row.external_id, row.handle})
    ]
    await _rename(session, keys, renamed)
    await _mark_bots(session, keys, [key for key in known if people[key].bot])
    return known | await _add(session, keys, fresh)


def _accounts(rows: Iterable[Any]) -> dict[str, Account]:
    return {row.external_id: Account(row.member_id, row.id) for row in rows}


async def _rename(session: AsyncSession, keys: Mapping[str, object], people: list[Person]) -> None:
    if people:
        await session.execute(
            _RENAME,
            {
                **keys,
                "externals": [person.external_id for person in people],
                "names": [person.name for person in people],
                "handles": [person.handle for person in people],
                "soughts": [_sought(person) for person in people],
                "folded": [folded_line(person.name) for person in people],
            },
        )


async def _mark_bots(session: AsyncSession, keys: Mapping[str, object], bots: list[str]) -> None:
    """A reaction does not tell a bot, so that it may have been taken for a person."""
    if bots:
        await session.execute(_MARK_BOTS, {**keys, "externals": bots})


async def _add(
    session: AsyncSession, keys: Mapping[str, object], people: list[Person]
) -> dict[str, Account]:
    if not people:
        return {}
    members = {person.external_id: new_id() for person in people}
    rows = await session.execute(
        _ADD_IDENTITIES,
        {
            **keys,
            "ids": [new_id() for _ in people],
            "members": list(members.values()),
            "externals": list(members),
            "handles": [person.handle for person in people],
            "names": [shown_name(person) for person in people],
            "soughts": [_sought(person) for person in people],
        },
    )
    added = _accounts(rows)
    won = [person for person in people if person.external_id in added]
    await session.execute(
        _ADD_MEMBERS,
        {
            **keys,
            "now": now(),
            "ids": [added[person.external_id].member_id for person in won],
            "names": [shown_name(person) for person in won],
            "soughts": [f"{folded_line(shown_name(person))}\n{_sought(person)}" for person in won],
            "bots": [person.bot for person in won],
            "teams": [person.team for person in won],
        },
    )
    if len(won) < len(people):
        lost = [person.external_id for person in people if person.external_id not in added]
        rows = await session.execute(_KNOWN, {**keys, "wanted": lost})
        added |= _accounts(rows)
    return added


def _sought(person: Person) -> str:
    return folded_line(shown_name(person), person.handle)


def shown_name(person: Person) -> str:
    """What to call somebody; never empty."""
    return person.name or person.handle or person.external_id
