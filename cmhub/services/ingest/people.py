"""Members by their identities on the network."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.integrations.networks.base import Person
from cmhub.models import new_id
from cmhub.services.ingest.scope import Scope, now

_KNOWN = text("""
    select i.external_id, i.member_id, i.name, i.handle
    from unnest(cast(:wanted as text[])) n(external_id)
    cross join lateral (select * from identity i
        where i.agency_id = :agency and i.workspace_id = :workspace
            and i.network = :network and i.external_id = n.external_id offset 0) i
""")
_ADD_IDENTITIES = text("""
    insert into identity
        (agency_id, workspace_id, id, member_id, network, external_id, handle, name)
    select :agency, :workspace, n.id, n.member_id, :network, n.external_id, n.handle, n.name
    from unnest(cast(:ids as uuid[]), cast(:members as uuid[]), cast(:externals as text[]),
        cast(:handles as text[]), cast(:names as text[]))
        n(id, member_id, external_id, handle, name)
    order by n.external_id
    on conflict do nothing returning external_id, member_id
""")
_ADD_MEMBERS = text("""
    insert into member (agency_id, workspace_id, id, name, bot, team, created_at)
    select :agency, :workspace, n.id, n.name, n.bot, n.team, :now
    from unnest(cast(:ids as uuid[]), cast(:names as text[]), cast(:bots as boolean[]),
        cast(:teams as boolean[])) n(id, name, bot, team)
""")
_RENAME = text("""
    with renamed as (
        update identity i set name = n.name, handle = n.handle
        from unnest(cast(:externals as text[]), cast(:names as text[]), cast(:handles as text[]))
            n(external_id, name, handle)
        where i.agency_id = :agency and i.workspace_id = :workspace and i.network = :network
            and i.external_id = n.external_id
        returning i.member_id, i.name)
    update member m set name = renamed.name from renamed
    where m.agency_id = :agency and m.workspace_id = :workspace and m.id = renamed.member_id
""")
_MARK_BOTS = text("""
    update member m set bot = true from identity i
    where i.agency_id = :agency and i.workspace_id = :workspace and i.network = :network
        and i.external_id = any(cast(:externals as text[])) and m.agency_id = i.agency_id
        and m.workspace_id = i.workspace_id and m.id = i.member_id and not m.bot
""")


async def recognise(
    session: AsyncSession, scope: Scope, people: Mapping[str, Person]
) -> dict[str, UUID]:
    """The member behind each person of a batch, made where there is none yet.

    Returns:
        Member ids by the external id of the person.
    """
    if not people:
        return {}
    keys = scope.keys | {"network": scope.network}
    rows = (await session.execute(_KNOWN, keys | {"wanted": list(people)})).all()
    known = {row.external_id: row.member_id for row in rows}
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


async def _rename(session: AsyncSession, keys: Mapping[str, object], people: list[Person]) -> None:
    if people:
        await session.execute(
            _RENAME,
            {
                **keys,
                "externals": [person.external_id for person in people],
                "names": [person.name for person in people],
                "handles": [person.handle for person in people],
            },
        )


async def _mark_bots(session: AsyncSession, keys: Mapping[str, object], bots: list[str]) -> None:
    """A reaction does not tell a bot, so that it may have been taken for a person."""
    if bots:
        await session.execute(_MARK_BOTS, {**keys, "externals": bots})


async def _add(
    session: AsyncSession, keys: Mapping[str, object], people: list[Person]
) -> dict[str, UUID]:
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
        },
    )
    added = {row.external_id: row.member_id for row in rows}
    won = [person for person in people if person.external_id in added]
    await session.execute(
        _ADD_MEMBERS,
        {
            **keys,
            "now": now(),
            "ids": [added[person.external_id] for person in won],
            "names": [shown_name(person) for person in won],
            "bots": [person.bot for person in won],
            "teams": [person.team for person in won],
        },
    )
    if len(won) < len(people):
        lost = [person.external_id for person in people if person.external_id not in added]
        rows = await session.execute(_KNOWN, {**keys, "wanted": lost})
        added |= {row.external_id: row.member_id for row in rows}
    return added


def shown_name(person: Person) -> str:
    """What to call somebody; never empty."""
    return person.name or person.handle or person.external_id
