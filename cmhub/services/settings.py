"""What a workspace and its agency are called and look like, and what new ones begin with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Permission
from cmhub.cpu import cpu
from cmhub.db import announce, unit_of_work
from cmhub.errors import Invalid, NotFound
from cmhub.locales import LANGUAGES
from cmhub.models import Agency, Workspace
from cmhub.services import audit, files
from cmhub.services.checks import check_all, check_zone, clean_name
from cmhub.services.contrast import judge, parse_colour
from cmhub.services.pictures import clean_picture

LOGO_SIDE = 256
"""Pixels that a logo is wide and high at most."""


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """What the general settings of a workspace say; ``brand`` and ``logo`` may be empty."""

    name: str
    client: str
    time_zone: str
    languages: tuple[str, ...]
    brand: str
    logo: str


@dataclass(frozen=True, slots=True)
class AgencySettings:
    """What the settings of an agency say; language and time zone are those of new workspaces."""

    name: str
    language: str
    time_zone: str
    logo: str


class PoorContrast(Invalid):
    """A colour in which text cannot be read; ``shade`` is the nearest one that can."""

    def __init__(self, colour: str, ratio: float, shade: str) -> None:
        super().__init__("poor_contrast", colour=colour, ratio=f"{ratio:.1f}", shade=shade)


async def read_settings(
    session: AsyncSession, actor: Actor, workspace_id: UUID
) -> WorkspaceSettings:
    """Read the general settings of a workspace."""
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    row = await find_workspace_row(session, workspace_id)
    return WorkspaceSettings(
        row.name, row.client, row.time_zone, tuple(row.languages), row.brand or "", row.logo or ""
    )


async def find_workspace_row(
    session: AsyncSession, workspace_id: UUID, *, lock: bool = False
) -> Workspace:
    """The workspace's row, in scope.

    Raises:
        NotFound: it is out of reach.
    """
    query = select(Workspace).where(Workspace.id == workspace_id)
    found = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if found is None:
        raise NotFound
    return found


async def save_settings(
    session: AsyncSession,
    actor: Actor,
    workspace_id: UUID,
    *,
    name: str,
    client: str,
    time_zone: str,
    languages: Sequence[str],
    brand: str,
) -> bool:
    """Change the general settings of a workspace; an empty ``brand`` is CMHub's own colour.

    Returns:
        Whether anything changed.

    Raises:
        InvalidForm: a value cannot be used.
    """
    actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)
    row = await find_workspace_row(session, workspace_id, lock=True)
    good = check_all(
        name=lambda: clean_name(name, "workspace_missing"),
        client=lambda: clean_name(client, "client_missing"),
        time_zone=lambda: check_zone(time_zone),
        languages=lambda: ",".join(check_languages(languages)),
        brand=lambda: check_brand(brand),
    )
    wanted: dict[str, object] = {
        **good, "languages": good["languages"].split(","), "brand": good["brand"] or None
    }  # fmt: skip
    changes = take_over(row, wanted)
    if changes:
        audit.record(
            session, actor, "workspace:settings", "workspace", workspace_id,
            workspace_id=workspace_id, changes=changes,
        )  # fmt: skip
        await announce(session, actor, workspace_id, "settings")
    return bool(changes)


def take_over(row: object, wanted: Mapping[str, object]) -> dict[str, list[object]]:
    """Set what differs on a row, and return it as the audit tells it: before and after."""
    changes: dict[str, list[object]] = {}
    for name, value in wanted.items():
        before = getattr(row, name)
        if before != value:
            changes[name] = [before, value]
            setattr(row, name, value)
    return changes


def check_languages(values: Sequence[str]) -> list[str]:
    """Return the languages that we speak, in our order.

    Raises:
        Invalid: there is none among them.
    """
    known = [one for one in LANGUAGES if one in values]
    if not known:
        raise Invalid("language_missing")
    return known


def check_brand(value: str) -> str:
    """Return a colour as ``#rrggbb``, or nothing for CMHub's own.

    Raises:
        Invalid: it is no colour.
        PoorContrast: text in it could not be read.
    """
    if not value.strip():
        return ""
    colour = parse_colour(value)
    if colour is None:
        raise Invalid("no_colour")
    verdict = judge(colour)
    if not verdict.good:
        raise PoorContrast(colour, verdict.ratio, verdict.shade)
    return colour


async def read_agency(session: AsyncSession, actor: Actor) -> AgencySettings:
    """Read the settings of the agency."""
    actor.require(Permission.AGENCY_SETTINGS)
    row = await _agency(session, actor)
    return AgencySettings(row.name, row.language, row.time_zone, row.logo or "")


async def agency_defaults(session: AsyncSession, actor: Actor) -> AgencySettings:
    """Read what a new workspace begins with."""
    actor.require(Permission.WORKSPACE_CREATE)
    row = await _agency(session, actor)
    return AgencySettings(row.name, row.language, row.time_zone, row.logo or "")


async def _agency(session: AsyncSession, actor: Actor, *, lock: bool = False) -> Agency:
    query = select(Agency).where(Agency.agency_id == actor.agency_id)
    found = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if found is None:
        raise NotFound
    return found


async def save_agency(
    session: AsyncSession, actor: Actor, *, name: str, language: str, time_zone: str
) -> bool:
    """Change the settings of the agency.

    Returns:
        Whether anything changed.

    Raises:
        InvalidForm: a value cannot be used.
    """
    actor.require(Permission.AGENCY_SETTINGS)
    row = await _agency(session, actor, lock=True)
    good = check_all(
        name=lambda: clean_name(name, "agency_missing"),
        language=lambda: check_languages([language])[0],
        time_zone=lambda: check_zone(time_zone),
    )
    changes = take_over(row, good)
    if changes:
        audit.record(session, actor, "agency:settings", "agency", actor.agency_id, changes=changes)
    return bool(changes)


def _require_logo(actor: Actor, workspace_id: UUID | None) -> None:
    if workspace_id is None:
        actor.require(Permission.AGENCY_SETTINGS)
    else:
        actor.require(Permission.WORKSPACE_SETTINGS, workspace_id)


async def set_logo(actor: Actor, workspace_id: UUID | None, data: bytes) -> str:
    """Make a picture the logo of a workspace, or of the agency; the files before it are removed.

    Returns:
        The name of its file.

    Raises:
        Invalid: it is no picture, or too large.
    """
    _require_logo(actor, workspace_id)
    picture = await cpu(clean_picture, data, most_side=LOGO_SIDE)
    name = f"{files.LOGO}/{token_hex(8)}.png"
    await files.put_file(actor, workspace_id, name, picture)
    async with unit_of_work(actor) as session:
        await _change_logo(session, actor, workspace_id, name)
    former = [one.key async for one in files.list_files(actor, workspace_id)]
    for key in former:
        known = key.split("/", 2)[2]
        if known.startswith(f"{files.LOGO}/") and known != name:
            await files.delete_file(actor, workspace_id, known)
    return name


async def remove_logo(session: AsyncSession, actor: Actor, workspace_id: UUID | None) -> str:
    """Show the initial again instead of the logo.

    Returns:
        The name of its file, by which it can be put back until another one comes.
    """
    _require_logo(actor, workspace_id)
    return await _change_logo(session, actor, workspace_id, None)


async def restore_logo(
    session: AsyncSession, actor: Actor, workspace_id: UUID | None, name: str
) -> None:
    """Put a removed logo back.

    Raises:
        NotFound: its file is gone.
    """
    _require_logo(actor, workspace_id)
    if not name.startswith(f"{files.LOGO}/"):
        raise NotFound
    await files.open_file(actor, workspace_id, name)
    await _change_logo(session, actor, workspace_id, name)


async def _change_logo(
    session: AsyncSession, actor: Actor, workspace_id: UUID | None, name: str | None
) -> str:
    if workspace_id is None:
        row: Agency | Workspace = await _agency(session, actor, lock=True)
        kind, about = "agency", actor.agency_id
    else:
        row = await find_workspace_row(session, workspace_id, lock=True)
        kind, about = "workspace", workspace_id
    before, row.logo = row.logo, name
    if before != name:
        tag = "logo:set" if name else "logo:remove"
        audit.record(session, actor, tag, kind, about, workspace_id=workspace_id)
        if workspace_id is not None:
            await announce(session, actor, workspace_id, "settings")
    return before or ""
