"""The record of who did what: written with the change, or not at all."""

import pytest
from sqlalchemy import select

from cmhub.actor import system_actor
from cmhub.db import unit_of_work
from cmhub.models import AuditEvent, new_id
from cmhub.services import audit
from tests.support.agency import NewAgency


async def _events(agency: NewAgency) -> list[AuditEvent]:
    async with unit_of_work(agency.owner) as session:
        return list(await session.scalars(select(AuditEvent).order_by(AuditEvent.at)))


async def test_it_says_who_what_where_and_when(agency: NewAgency) -> None:
    about = new_id()
    async with unit_of_work(agency.owner) as session:
        audit.record(
            session, agency.owner, "thread:state", "thread", about,
            workspace_id=agency.workspace_id, before="open", after="done",
        )  # fmt: skip
    event = (await _events(agency))[-1]
    assert (event.tag, event.object_kind, event.object_id) == ("thread:state", "thread", about)
    assert (event.user_id, event.actor) == (agency.owner.user_id, agency.owner.name)
    assert event.workspace_id == agency.workspace_id
    assert event.data == {"before": "open", "after": "done"}
    assert event.at.utcoffset() is not None


async def test_the_product_itself_has_no_user(agency: NewAgency) -> None:
    worker = system_actor(agency.id, agency.workspace_id)
    async with unit_of_work(worker) as session:
        audit.record(session, worker, "measure:fail", "measure", new_id())
    event = (await _events(agency))[-1]
    assert (event.user_id, event.actor) == (None, "CMHub")


async def test_it_refuses_a_tag_without_a_sentence(agency: NewAgency) -> None:
    async with unit_of_work(agency.owner) as session:
        with pytest.raises(AssertionError):
            audit.record(session, agency.owner, "thread:burn", "thread", new_id())


async def test_what_does_not_happen_is_not_recorded(agency: NewAgency) -> None:
    before = len(await _events(agency))

    async def change() -> None:
        async with unit_of_work(agency.owner) as session:
            audit.record(session, agency.owner, "thread:state", "thread", new_id())
            raise LookupError

    with pytest.raises(LookupError):
        await change()
    assert len(await _events(agency)) == before


async def test_signing_up_is_where_it_begins(agency: NewAgency) -> None:
    tags = [event.tag for event in await _events(agency)]
    assert tags == ["user:sign_up", "agency:create", "workspace:create"]
