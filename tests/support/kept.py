"""What an installation holds, for a test that brings it back elsewhere.

python -m tests.support.kept fill     two agencies with something in every table
python -m tests.support.kept tell     rows of each table, and what a sealed secret says, as JSON
"""

import asyncio
import json
import sys
from uuid import UUID

import sqlalchemy as sa

from cmhub.actor import system_actor
from cmhub.db import dispose, doors, unit_of_work
from cmhub.migrate import owner_connection, privileged_url
from cmhub.models import Base, new_id
from cmhub.services import connections, secrets
from tests.support.tenants import make_tenant


async def _fill() -> dict[str, str]:
    tenant = await make_tenant()
    await make_tenant()
    await _secure(tenant.actor.user_id)
    await dispose()
    return {
        "agency": str(tenant.actor.agency_id),
        "workspace": str(tenant.first.id),
        "connection": str(tenant.first.community.connection_id),
        "email": tenant.email,
    }


async def _secure(user: UUID | None) -> None:
    """Give a user a second factor with a recovery code, and choices of their own."""
    given = {"user": user, "id": new_id(), "bytes": b"sealed"}
    async with doors() as session:
        for call in (
            "user_key_of(:user, :bytes)",
            "keep_factor(:user, :bytes, 1)",
            "keep_codes(:user, array[cast(:id as uuid)], array[cast(:bytes as bytea)])",
            "choose_notice(:user, 'mention', 'mail', 'never')",
        ):
            names = {name: value for name, value in given.items() if f":{name}" in call}
            await session.execute(sa.text(f"select {call}"), names)


def _rows() -> dict[str, str]:
    """Each table's number of rows with a digest of what they hold."""
    with owner_connection(privileged_url()) as connection:
        return {
            name: str(
                connection.execute(
                    sa.text(
                        "select count(*), coalesce(md5(string_agg(t::text, '|' order by t::text)),"
                        f" '') from {name} t"
                    )
                )
                .one()
                ._tuple()
            )
            for name in sorted(Base.metadata.tables)
        }


async def _secret(ids: dict[str, str]) -> dict[str, str]:
    agency, workspace = UUID(ids["agency"]), UUID(ids["workspace"])
    actor = system_actor(agency, workspace)
    async with unit_of_work(actor) as session:
        row = await connections.find_connection(session, workspace, UUID(ids["connection"]))
        assert row.secret is not None
        opened = await secrets.unseal(session, agency, workspace, row.id, row.secret)
    await dispose()
    return opened


def main() -> None:
    if sys.argv[1] == "fill":
        print(json.dumps(asyncio.run(_fill())))
        return
    ids = json.loads(sys.stdin.read())
    print(json.dumps({"secret": asyncio.run(_secret(ids)), "rows": _rows()}))


if __name__ == "__main__":
    main()
