"""Everything of a workspace or an agency in a ZIP: JSON Lines and files, importable again."""

from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from cmhub.actor import system_actor
from cmhub.db import doors, snapshot, unit_of_work
from cmhub.errors import NotFound
from cmhub.services import audit
from cmhub.services.exporting.writing import Exported, Told, Zip, write_agency, write_workspace
from cmhub.services.workspaces import find_workspace

__all__ = ["Exported", "export_file"]


async def export_file(agency: str, workspace: str | None, path: Path, told: Told) -> Exported:
    """Export one workspace, or the agency with all of them, into a file; on the host.

    ``told`` hears how many rows came.

    Raises:
        NotFound: there is no such agency or workspace.
    """
    found = await find_workspace(agency, workspace or "")
    if found is None or (workspace and found.workspace_id is None):
        raise NotFound
    if found.workspace_id is not None:
        wanted = (found.workspace_id,)
    else:
        wanted = await _workspaces_of(found.agency_id)
    actor = system_actor(found.agency_id, *wanted)
    whole = [Exported(0, 0, 0)]
    part = path.with_name(path.name + ".part")
    with Zip(part) as archive:
        async with snapshot(actor) as session:
            for one in wanted:
                whole.append(await write_workspace(session, actor, one, archive, told))
            if not workspace:
                whole.append(await write_agency(session, actor, archive))
    part.replace(path)
    async with unit_of_work(actor) as session:
        audit.record(session, actor, "export:host", "agency", found.agency_id, file=path.name)
    return Exported(
        sum(one.messages for one in whole),
        sum(one.rows for one in whole),
        sum(one.files for one in whole),
    )


async def _workspaces_of(agency_id: UUID) -> tuple[UUID, ...]:
    async with doors() as session:
        rows = await session.scalars(text("select workspaces_of(:agency)"), {"agency": agency_id})
        return tuple(rows)
