"""Settings of workspaces and agencies: what changes, who may, and what the audit keeps."""

import io
from dataclasses import replace

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import Forbidden, Invalid, NotFound
from cmhub.models import AuditEvent
from cmhub.services import files, settings
from cmhub.services.checks import InvalidForm
from cmhub.services.settings import PoorContrast
from cmhub.services.workspaces import create_workspace
from tests.support.agency import NewAgency

GOOD = {"name": "Rivière", "client": "Rivière SA", "time_zone": "Europe/Paris"}


def picture(colour: str = "teal", side: int = 400) -> bytes:
    """A square PNG."""
    written = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(written, "PNG")
    return written.getvalue()


def _lesser(agency: NewAgency, role: Role) -> Actor:
    reach = {agency.workspace_id: frozenset({role})}
    return replace(agency.owner, agency_roles=frozenset[Role](), workspaces=reach)


async def _audited(session: AsyncSession, tag: str) -> list[dict[str, object]]:
    rows = await session.scalars(
        select(AuditEvent).where(AuditEvent.tag == tag).order_by(AuditEvent.at)
    )
    return [row.data for row in rows]


async def test_it_saves_and_records_before_and_after(uow: AsyncSession, agency: NewAgency) -> None:
    changed = await settings.save_settings(
        uow, agency.owner, agency.workspace_id, **{**GOOD, "name": " Le  Fleuve "},
        languages=["en", "fr"], brand="#0B6176",
    )  # fmt: skip
    assert changed
    seen = await settings.read_settings(uow, agency.owner, agency.workspace_id)
    assert (seen.name, seen.languages, seen.brand) == ("Le Fleuve", ("en", "fr"), "#0b6176")
    (data,) = await _audited(uow, "workspace:settings")
    assert data["changes"] == {
        "name": ["Rivière", "Le Fleuve"],
        "languages": [["fr"], ["en", "fr"]],
        "brand": [None, "#0b6176"],
    }


async def test_what_stays_the_same_is_not_recorded(uow: AsyncSession, agency: NewAgency) -> None:
    changed = await settings.save_settings(
        uow, agency.owner, agency.workspace_id, **GOOD, languages=["fr"], brand=""
    )
    assert not changed
    assert await _audited(uow, "workspace:settings") == []


async def test_it_names_every_field_that_is_wrong(uow: AsyncSession, agency: NewAgency) -> None:
    with pytest.raises(InvalidForm) as caught:
        await settings.save_settings(
            uow, agency.owner, agency.workspace_id,
            name="", client=" ", time_zone="Paris", languages=["de"], brand="mauve",
        )  # fmt: skip
    assert {name: fault.params["reason"] for name, fault in caught.value.faults.items()} == {
        "name": "workspace_missing",
        "client": "client_missing",
        "time_zone": "zone_unknown",
        "languages": "language_missing",
        "brand": "no_colour",
    }


async def test_it_refuses_a_colour_in_which_nothing_can_be_read_and_offers_a_shade(
    uow: AsyncSession, agency: NewAgency
) -> None:
    with pytest.raises(InvalidForm) as caught:
        await settings.save_settings(
            uow, agency.owner, agency.workspace_id, **GOOD, languages=["fr"], brand="#ffd400"
        )
    fault = caught.value.faults["brand"]
    assert isinstance(fault, PoorContrast)
    shade = str(fault.params["shade"])
    assert await settings.save_settings(
        uow, agency.owner, agency.workspace_id, **GOOD, languages=["fr"], brand=shade
    )


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.MEDIATOR, Role.ANALYST, Role.CLIENT])
async def test_a_workspaces_settings_are_for_managers(
    role: Role, uow: AsyncSession, agency: NewAgency
) -> None:
    with pytest.raises(Forbidden):
        await settings.read_settings(uow, _lesser(agency, role), agency.workspace_id)
    with pytest.raises(Forbidden):
        await settings.remove_logo(uow, _lesser(agency, role), agency.workspace_id)


async def test_the_agencys_settings_are_for_administrators(
    uow: AsyncSession, agency: NewAgency
) -> None:
    manager = _lesser(agency, Role.MANAGER)
    for call in (
        lambda: settings.read_agency(uow, manager),
        lambda: settings.save_agency(uow, manager, name="X", language="fr", time_zone="UTC"),
        lambda: settings.set_logo(manager, None, picture()),
    ):
        with pytest.raises(Forbidden):
            await call()


async def test_a_new_workspace_begins_with_what_the_agency_says(agency: NewAgency) -> None:
    async with unit_of_work(agency.owner) as session:
        seen = await settings.read_agency(session, agency.owner)
        assert (seen.language, seen.time_zone) == ("fr", "Europe/Paris")
        await settings.save_agency(
            session, agency.owner, name="Agence Hiver", language="en", time_zone="Asia/Tokyo"
        )
        made = await create_workspace(
            session, agency.owner, name="Nord", client="Nord", time_zone="Asia/Tokyo"
        )
        reach = {**agency.owner.workspaces, made.id: frozenset({Role.OWNER})}
        wider = replace(agency.owner, workspaces=reach)
        assert (await settings.read_settings(session, wider, made.id)).languages == ("en",)
        (data,) = await _audited(session, "agency:settings")
    assert data["changes"] == {
        "name": ["Agence Été", "Agence Hiver"],
        "language": ["fr", "en"],
        "time_zone": ["Europe/Paris", "Asia/Tokyo"],
    }


@pytest.mark.parametrize("whole", [False, True])
async def test_a_logo_is_made_small_replaced_removed_and_put_back(
    agency: NewAgency, *, whole: bool
) -> None:
    place = None if whole else agency.workspace_id
    first = await settings.set_logo(agency.owner, place, picture())
    second = await settings.set_logo(agency.owner, place, picture("red"))
    kept = [one.key async for one in files.list_files(agency.owner, place)]
    assert [key.rsplit("/", 1)[1] for key in kept] == [second.split("/")[1]]
    shown = await files.open_file(agency.owner, place, second)
    data = b"".join([piece async for piece in shown.pieces])
    assert Image.open(io.BytesIO(data)).size == (256, 256)
    async with unit_of_work(agency.owner) as session:
        assert await settings.remove_logo(session, agency.owner, place) == second
        await settings.restore_logo(session, agency.owner, place, second)
        with pytest.raises(NotFound):
            await settings.restore_logo(session, agency.owner, place, first)
        with pytest.raises(NotFound):
            await settings.restore_logo(session, agency.owner, place, "export/1.zip")
        assert len(await _audited(session, "logo:set")) == 3
        assert len(await _audited(session, "logo:remove")) == 1


async def test_a_logo_that_is_no_picture_changes_nothing(agency: NewAgency) -> None:
    with pytest.raises(Invalid):
        await settings.set_logo(agency.owner, agency.workspace_id, b"<svg onload=alert(1)>")
    async with unit_of_work(agency.owner) as session:
        seen = await settings.read_settings(session, agency.owner, agency.workspace_id)
    assert seen.logo == ""
    assert [one async for one in files.list_files(agency.owner, agency.workspace_id)] == []
