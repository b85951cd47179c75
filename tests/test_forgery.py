"""Every service, called with ids of somebody else: they are not found."""

import inspect
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

import cmhub.services
from cmhub.actor import Actor, Role
from cmhub.db import unit_of_work
from cmhub.errors import NotFound
from cmhub.integrations.networks.base import (
    RemoteAccount,
)
from cmhub.models import new_id
from cmhub.queue import Work
from cmhub.services import (
    activity,
    archiving,
    colleagues,
    connecting,
    connections,
    counts,
    drafts,
    files,
    grants,
    hours,
    inbox,
    invitations,
    labels,
    measures,
    notes,
    palette,
    people,
    places,
    presence,
    replies,
    saved_replies,
    settings,
    sorting,
    syncing,
    tasks,
    threads,
    views,
)
from cmhub.services.exporting import runs as export_runs
from cmhub.services.home import handover, reading, steps, visits
from cmhub.services.importing import runs as import_runs
from cmhub.services.members import listing, merging, profile
from cmhub.services.notices import reading as notices
from cmhub.services.references import Reference, find_thing, find_things
from cmhub.services.search import finding
from tests.support.community import credentials, room
from tests.support.home import note_of
from tests.support.tenants import Space, Tenant, make_tenant


@pytest.fixture(scope="module")
async def tenants(pool: None) -> tuple[Tenant, Tenant]:
    """Two agencies with two workspaces each, nothing empty."""
    return await make_tenant(), await make_tenant()


@pytest.fixture(scope="module")
def ours(tenants: tuple[Tenant, Tenant]) -> Tenant:
    return tenants[0]


@pytest.fixture(scope="module")
def theirs(tenants: tuple[Tenant, Tenant]) -> Tenant:
    return tenants[1]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody's try with a workspace and ids, of which at least one is not theirs."""

    actor: Actor
    workspace_id: UUID
    prey: Space
    person: UUID = field(default_factory=new_id)
    invitation_id: UUID = field(default_factory=new_id)

    @property
    def work(self) -> Work:
        return Work(self.prey.community.connection_id, self.actor.agency_id, self.workspace_id)


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


Call = Callable[[AsyncSession, Attempt], Awaitable[object]]


async def _on_note(
    call: Callable[..., Awaitable[object]], session: AsyncSession, a: Attempt
) -> None:
    note = await note_of(a.prey.alone)
    await call(session, a.actor, a.workspace_id, note)


_SOON = datetime.now(UTC) + timedelta(days=1)
_OPEN = sorting.Standing("open", None, None, None, _SOON)

BY_ID: Mapping[str, Call] = {
    "threads.read_thread": lambda s, a: threads.read_thread(
        s, a.actor, a.workspace_id, a.prey.thread_id
    ),
    "inbox.set_thread_state": lambda s, a: inbox.set_thread_state(
        s, a.actor, a.workspace_id, a.prey.thread_id, "done"
    ),
    "sorting.take_threads": lambda s, a: sorting.take_threads(
        s, a.actor, a.workspace_id, [a.prey.thread_id]
    ),
    "sorting.move_threads": lambda s, a: sorting.move_threads(
        s, a.actor, a.workspace_id, [a.prey.thread_id], "done"
    ),
    "sorting.snooze_threads": lambda s, a: sorting.snooze_threads(
        s, a.actor, a.workspace_id, [a.prey.thread_id], _SOON
    ),
    "sorting.assign_threads": lambda s, a: sorting.assign_threads(
        s, a.actor, a.workspace_id, [a.prey.thread_id], None
    ),
    "sorting.put_back": lambda s, a: sorting.put_back(
        s, a.actor, a.workspace_id, [sorting.Moved(a.prey.thread_id, _OPEN, _OPEN)]
    ),
    "labels.label_threads": lambda s, a: labels.label_threads(
        s, a.actor, a.workspace_id, [a.prey.thread_id], a.prey.label_id, on=True
    ),
    "labels.change_label": lambda s, a: labels.change_label(
        s, a.actor, a.workspace_id, a.prey.label_id, "Autre", "red"
    ),
    "labels.merge_labels": lambda s, a: labels.merge_labels(
        s, a.actor, a.workspace_id, a.prey.label_id, new_id()
    ),
    "labels.delete_label": lambda s, a: labels.delete_label(
        s, a.actor, a.workspace_id, a.prey.label_id
    ),
    "notes.read_notes": lambda s, a: notes.read_notes(s, a.actor, a.workspace_id, a.prey.thread_id),
    "notes.write_note": lambda s, a: notes.write_note(
        s, a.actor, a.workspace_id, a.prey.thread_id, "Bonjour"
    ),
    "notes.edit_note": lambda s, a: notes.edit_note(
        s, a.actor, a.workspace_id, a.prey.note_id, "Bonjour"
    ),
    "notes.delete_note": lambda s, a: notes.delete_note(s, a.actor, a.workspace_id, a.prey.note_id),
    "notes.restore_note": lambda s, a: notes.restore_note(
        s, a.actor, a.workspace_id, a.prey.note_id
    ),
    "presence.show_presence": lambda s, a: presence.show_presence(
        s, a.actor, a.workspace_id, a.prey.thread_id, new_id(), writes=True
    ),
    "drafts.read_draft": lambda s, a: drafts.read_draft(
        s, a.actor, a.workspace_id, a.prey.thread_id
    ),
    "drafts.keep_draft": lambda s, a: drafts.keep_draft(
        s, a.actor, a.workspace_id, a.prey.thread_id, "Bonjour", datetime.now(UTC)
    ),
    "drafts.drop_draft": lambda s, a: drafts.drop_draft(
        s, a.actor, a.workspace_id, a.prey.thread_id
    ),
    "drafts.answered_since": lambda s, a: drafts.answered_since(
        s, a.actor, a.workspace_id, a.prey.thread_id, datetime.now(UTC)
    ),
    "saved_replies.save_reply": lambda s, a: saved_replies.save_reply(
        s,
        a.actor,
        a.workspace_id,
        a.prey.saved_reply_id,
        shortcut="x",
        body_fr="Bonjour",
        body_en="",
    ),
    "saved_replies.delete_saved_reply": lambda s, a: saved_replies.delete_saved_reply(
        s, a.actor, a.workspace_id, a.prey.saved_reply_id
    ),
    "saved_replies.propose": lambda s, a: saved_replies.propose(
        s, a.actor, a.workspace_id, a.prey.thread_id, ""
    ),
    "views.rename_view": lambda s, a: views.rename_view(
        s, a.actor, a.workspace_id, a.prey.view_id, "Autre"
    ),
    "views.delete_view": lambda s, a: views.delete_view(s, a.actor, a.workspace_id, a.prey.view_id),
    "views.restore_view": lambda s, a: views.restore_view(
        s, a.actor, a.workspace_id, a.prey.view_id
    ),
    "replies.send_reply": lambda s, a: replies.send_reply(
        s, a.actor, a.workspace_id, a.prey.thread_id, "Bonjour"
    ),
    "replies.retry_reply": lambda s, a: replies.retry_reply(
        s, a.actor, a.workspace_id, a.prey.failed_reply_id
    ),
    "home.handover.take_over": lambda s, a: _on_note(handover.take_over, s, a),
    "home.handover.give_back": lambda s, a: _on_note(handover.give_back, s, a),
    "home.handover.withdraw_note": lambda s, a: _on_note(handover.withdraw_note, s, a),
    "replies.discard_reply": lambda s, a: replies.discard_reply(
        s, a.actor, a.workspace_id, a.prey.failed_reply_id
    ),
    "measures.delete_message": lambda s, a: measures.delete_message(
        s, a.actor, a.workspace_id, a.prey.message_id
    ),
    "measures.measure_member": lambda s, a: measures.measure_member(
        s, a.actor, a.workspace_id, a.prey.message_id, "mute"
    ),
    "measures.undo_measure": lambda s, a: measures.undo_measure(
        s, a.actor, a.workspace_id, a.prey.measure_id
    ),
    "measures.retry_measure": lambda s, a: measures.retry_measure(
        s, a.actor, a.workspace_id, a.prey.measure_id
    ),
    "members.profile.read_member": lambda s, a: profile.read_member(
        s, a.actor, a.workspace_id, a.prey.member_id, now=datetime.now(UTC)
    ),
    "members.merging.compare_members": lambda s, a: merging.compare_members(
        s, a.actor, a.workspace_id, a.prey.member_id, a.prey.other_member_id
    ),
    "members.merging.merge_members": lambda s, a: merging.merge_members(
        s, a.actor, a.workspace_id, a.prey.member_id, a.prey.other_member_id
    ),
    "members.merging.part_members": lambda s, a: merging.part_members(
        s, a.actor, a.workspace_id, a.prey.merge_id
    ),
    "hours.remove_special_day": lambda s, a: hours.remove_special_day(
        s, a.actor, a.workspace_id, a.prey.special_day_id
    ),
    "connections.choose_channels": lambda s, a: connections.choose_channels(
        s, a.actor, a.workspace_id, a.prey.community.connection_id, [room("general")]
    ),
    "connections.give_up": lambda s, a: connections.give_up(
        s, a.actor, a.workspace_id, a.prey.community.connection_id
    ),
    "connecting.available_channels": lambda _, a: connecting.available_channels(
        a.actor, a.workspace_id, a.prey.community.connection_id
    ),
    "connecting.join_and_choose": lambda _, a: connecting.join_and_choose(
        a.actor, a.workspace_id, a.prey.community.connection_id, ["general"]
    ),
    "connecting.disconnect": lambda _, a: connecting.disconnect(
        a.actor, a.workspace_id, a.prey.community.connection_id
    ),
    "connecting.refresh_if_due": lambda _, a: connecting.refresh_if_due(
        a.actor, a.workspace_id, a.prey.community.connection_id
    ),
    "importing.runs.stop_import": lambda s, a: import_runs.stop_import(
        s, a.actor, a.workspace_id, a.prey.import_id
    ),
    "exporting.runs.stop_export": lambda s, a: export_runs.stop_export(
        s, a.actor, a.workspace_id, a.prey.export_id
    ),
    "exporting.runs.open_export": lambda s, a: export_runs.open_export(
        s, a.actor, a.workspace_id, a.prey.export_id
    ),
    "references.find_thing": lambda s, a: find_thing(
        s, a.actor, a.workspace_id, Reference("thread", a.prey.thread_id)
    ),
    "tasks.reading.read_task": lambda s, a: tasks.read_task(
        s, a.actor, a.workspace_id, a.prey.task_id, now=datetime.now(UTC)
    ),
    "tasks.changing.create_task": lambda s, a: tasks.create_task(
        s,
        a.actor,
        a.workspace_id,
        tasks.TaskDraft("Voir", reference=Reference("thread", a.prey.thread_id)),
    ),
    "tasks.changing.change_task": lambda s, a: tasks.change_task(
        s, a.actor, a.workspace_id, a.prey.task_id, tasks.TaskDraft("Voir")
    ),
    "tasks.changing.assign_task": lambda s, a: tasks.assign_task(
        s, a.actor, a.workspace_id, a.prey.task_id, None
    ),
    "tasks.changing.finish_task": lambda s, a: tasks.finish_task(
        s, a.actor, a.workspace_id, a.prey.task_id
    ),
    "tasks.changing.reopen_task": lambda s, a: tasks.reopen_task(
        s, a.actor, a.workspace_id, a.prey.task_id
    ),
    "tasks.changing.delete_task": lambda s, a: tasks.delete_task(
        s, a.actor, a.workspace_id, a.prey.task_id
    ),
    "tasks.changing.restore_task": lambda s, a: tasks.restore_task(
        s, a.actor, a.workspace_id, a.prey.task_id
    ),
}
BY_WORKSPACE: Mapping[str, Call] = {
    "people.list_workspace_people": lambda s, a: people.list_workspace_people(
        s, a.actor, a.prey.id
    ),
    "people.list_addable": lambda s, a: people.list_addable(s, a.actor, a.prey.id),
    "inbox.list_threads": lambda s, a: inbox.list_threads(
        s, a.actor, a.prey.id, inbox.InboxFilter()
    ),
    "labels.list_labels": lambda s, a: labels.list_labels(s, a.actor, a.prey.id),
    "labels.create_label": lambda s, a: labels.create_label(s, a.actor, a.prey.id, "X", "red"),
    "saved_replies.list_saved_replies": lambda s, a: saved_replies.list_saved_replies(
        s, a.actor, a.prey.id
    ),
    "views.list_views": lambda s, a: views.list_views(s, a.actor, a.prey.id),
    "views.save_view": lambda s, a: views.save_view(
        s, a.actor, a.prey.id, "X", inbox.InboxFilter(), shared=True
    ),
    "connections.list_connections": lambda s, a: connections.list_connections(
        s, a.actor, a.prey.id
    ),
    "home.visits.open_visit": lambda s, a: visits.open_visit(
        s, a.actor, a.prey.id, datetime.now(UTC)
    ),
    "home.visits.read_visit": lambda s, a: visits.read_visit(
        s, a.actor, a.prey.id, datetime.now(UTC)
    ),
    "home.visits.put_steps_away": lambda s, a: visits.put_steps_away(
        s, a.actor, a.prey.id, datetime.now(UTC)
    ),
    "home.steps.read_steps": lambda s, a: steps.read_steps(s, a.actor, a.prey.id),
    "home.reading.read_home": lambda s, a: reading.read_home(
        s,
        a.actor,
        a.prey.id,
        visits.Visit(datetime.now(UTC), first=True, steps_away=False),
        now=datetime.now(UTC),
    ),
    "home.reading.read_open": lambda s, a: reading.read_open(
        s, a.actor, a.prey.id, now=datetime.now(UTC)
    ),
    "home.handover.leave_note": lambda s, a: handover.leave_note(
        s, a.actor, a.prey.id, "Bonjour", []
    ),
    "home.handover.waiting_notes": lambda s, a: handover.waiting_notes(s, a.actor, a.prey.id),
    "home.handover.list_notes": lambda s, a: handover.list_notes(s, a.actor, a.prey.id),
    "connections.save_connection": lambda s, a: connections.save_connection(
        s, a.actor, a.prey.id, "matrix", credentials("@other:x"), RemoteAccount("@other:x", "O")
    ),
    "connecting.connect": lambda _, a: connecting.connect(
        a.actor, a.prey.id, "matrix", "https://matrix.invalid", token="x"
    ),
    "activity.read_activity": lambda s, a: activity.read_activity(
        s, a.actor, a.prey.id, days=7, now=datetime.now(UTC)
    ),
    "importing.runs.receive_import": lambda _, a: import_runs.receive_import(
        a.actor, a.prey.id, import_runs.Upload("a.jsonl", 1), _nothing()
    ),
    "importing.runs.list_imports": lambda s, a: import_runs.list_imports(s, a.actor, a.prey.id),
    "exporting.runs.start_export": lambda s, a: export_runs.start_export(s, a.actor, a.prey.id),
    "exporting.runs.list_exports": lambda s, a: export_runs.list_exports(s, a.actor, a.prey.id),
    "colleagues.list_colleagues": lambda s, a: colleagues.list_colleagues(s, a.actor, a.prey.id),
    "colleagues.list_managers": lambda s, a: colleagues.list_managers(s, a.actor, a.prey.id),
    "tasks.reading.list_tasks": lambda s, a: tasks.list_tasks(
        s, a.actor, [a.prey.id], tasks.TaskFilter(), now=datetime.now(UTC)
    ),
    "tasks.reading.due_tasks": lambda s, a: tasks.due_tasks(
        s, a.actor, [a.prey.id], now=datetime.now(UTC)
    ),
    "tasks.reading.count_tasks": lambda s, a: tasks.count_tasks(
        s, a.actor, [a.prey.id], now=datetime.now(UTC)
    ),
    "counts.count_waiting": lambda s, a: counts.count_waiting(s, a.actor, a.prey.id),
    "palette.find_anything": lambda s, a: palette.find_anything(s, a.actor, a.prey.id, "notice"),
    "places.channel_choices": lambda s, a: places.channel_choices(s, a.actor, a.prey.id),
    "members.listing.list_members": lambda s, a: listing.list_members(
        s, a.actor, a.prey.id, listing.MembersFilter(), datetime.now(UTC)
    ),
    "search.finding.search_messages": lambda s, a: finding.search_messages(
        s, a.actor, a.prey.id, finding.Search("notice")
    ),
    "files.put_file": lambda _, a: files.put_file(a.actor, a.prey.id, "logo/a.png", b"x"),
    "files.fetch_file": lambda _, a: files.fetch_file(
        a.actor, a.prey.id, "logo/a.png", Path("/dev/null")
    ),
    "files.delete_file": lambda _, a: files.delete_file(a.actor, a.prey.id, "logo/a.png"),
    "files.open_file": lambda _, a: files.open_file(a.actor, a.prey.id, "logo/a.png"),
    "archiving.archive_workspace": lambda s, a: archiving.archive_workspace(s, a.actor, a.prey.id),
    "archiving.restore_workspace": lambda s, a: archiving.restore_workspace(s, a.actor, a.prey.id),
    "archiving.ask_deletion": lambda s, a: archiving.ask_deletion(s, a.actor, a.prey.id),
    "archiving.cancel_deletion": lambda s, a: archiving.cancel_deletion(s, a.actor, a.prey.id),
    "hours.read_calendar": lambda s, a: hours.read_calendar(s, a.actor, a.prey.id),
    "hours.read_hours": lambda s, a: hours.read_hours(
        s, a.actor, a.prey.id, language="fr", now=datetime.now(UTC)
    ),
    "hours.save_hours": lambda s, a: hours.save_hours(
        s, a.actor, a.prey.id, week=None, country="FR", region=""
    ),
    "hours.add_special_day": lambda s, a: hours.add_special_day(
        s, a.actor, a.prey.id, day=date(2027, 1, 2), name="Pont", ranges=()
    ),
    "settings.read_settings": lambda s, a: settings.read_settings(s, a.actor, a.prey.id),
    "settings.save_settings": lambda s, a: settings.save_settings(
        s, a.actor, a.prey.id, name="A", client="B", time_zone="UTC", languages=["en"], brand=""
    ),
    "settings.set_logo": lambda _, a: settings.set_logo(a.actor, a.prey.id, b"x"),
    "settings.remove_logo": lambda s, a: settings.remove_logo(s, a.actor, a.prey.id),
    "settings.restore_logo": lambda s, a: settings.restore_logo(
        s, a.actor, a.prey.id, "logo/a.png"
    ),
    "files.list_files": lambda _, a: anext(files.list_files(a.actor, a.prey.id)),
}
OF_THE_AGENCY: Mapping[str, Call] = {
    "people.read_person": lambda s, a: people.read_person(s, a.actor, a.person),
    "people.set_roles": lambda s, a: people.set_roles(
        s, a.actor, a.person, [grants.Grant(Role.ADMIN)]
    ),
    "people.remove_person": lambda s, a: people.remove_person(s, a.actor, a.person),
    "people.set_workspace_role": lambda s, a: people.set_workspace_role(
        s, a.actor, a.workspace_id, a.person, "client"
    ),
    "invitations.invite_again": lambda _, a: invitations.invite_again(a.actor, a.invitation_id),
    "invitations.revoke_invitation": lambda s, a: invitations.revoke_invitation(
        s, a.actor, a.invitation_id
    ),
    "invitations.restore_invitation": lambda s, a: invitations.restore_invitation(
        s, a.actor, a.invitation_id
    ),
}
"""What takes the id of a user or of something that is the agency's and no workspace's."""
WITHOUT = {
    "people.list_people": "it takes no ids; it lists what is in scope, see below",
    "invitations.list_invitations": "it takes no ids; it lists what is in scope, see below",
    "invitations.invite": "see the test of forged grants below",
    "grants.check_grants": "see the test of forged grants below",
    "grants.require_owner": "it takes no ids",
    "grants.replace_grants": "it is called with what was found in scope",
    "archiving.list_workspaces": "it takes no ids",
    "archiving.with_archived": "it takes no ids, see tests/services/test_archiving.py",
    "auditing.read_audit": "it filters what is in scope, see tests/services/test_auditing.py",
    "auditing.export_audit": "it filters what is in scope, see tests/services/test_auditing.py",
    "auditing.begin_export": "it takes no ids",
    "failures.list_failures": "it takes no ids, see tests/services/test_failures.py",
    "failures.retry_failures": "what is not there is left out, see tests/services/test_failures.py",
    "failures.dismiss_failures": "the same",
    "failures.restore_failures": "the same",
    "settings.read_agency": "it takes no ids",
    "settings.agency_defaults": "it takes no ids",
    "settings.save_agency": "it takes no ids",
    "files.file_key": "all of files.* go through it",
    "files.file_prefix": "it only names what list_files tells",
    "exporting.writing.write_workspace": "of the worker and the host: see test_export",
    "exporting.writing.write_agency": "of the host: see test_export",
    "exporting.writing.write_files": "of the worker and the host: files.* refuse it",
    "workspaces.create_workspace": "it takes no ids",
    "inbox.count_states": "it counts what is in scope, see below",
    "filtering.condition": "it only says what is asked",
    "references.find_things": "it leaves out what is not in scope, see below",
    "notifying.notify": "it is called with what was found in scope",
    "notifying.tell_managers": "it is called with what was found in scope",
    "notices.reading.list_notices": "it takes no ids",
    "notices.reading.count_unread": "it takes no ids",
    "notices.reading.mark_read": "of others it marks nothing, see below",
    "notices.reading.views_of": "it is called with rows found in scope",
    "notices.reading.may_see": "it answers from the actor alone",
    "audit.record": "it is called with what was found in scope",
    "syncing.take_lease": "of the worker: it answers that there is nothing, see below",
    "home.reading.read_agency_home": "it takes no ids; tests/services/home/test_agencies.py",
    "syncing.give_lease_back": "of the worker: it changes nothing, see below",
    "syncing.read_live": "of the worker: it answers that there is nothing, see below",
    "syncing.note_fault": "of the worker: it changes nothing, see below",
}


def _public_functions() -> set[str]:
    found: set[str] = set()
    for module in pkgutil.walk_packages(cmhub.services.__path__, "cmhub.services."):
        loaded = import_module(module.name)
        for name, one in inspect.getmembers(loaded, inspect.isfunction):
            mine = one.__module__ == module.name and not name.startswith("_")
            if mine and "actor" in inspect.signature(one).parameters:
                found.add(f"{module.name.removeprefix('cmhub.services.')}.{name}")
    return found


def test_every_service_is_tried_with_forged_ids() -> None:
    assert _public_functions() == {*BY_ID, *BY_WORKSPACE, *OF_THE_AGENCY, *WITHOUT}


def _attempts(ours: Tenant, theirs: Tenant) -> dict[str, Attempt]:
    prey = ours.first
    return {
        "another agency, its own workspace": Attempt(theirs.actor, theirs.first.id, prey),
        "another agency, our workspace": Attempt(theirs.actor, prey.id, prey),
        "our agency, another workspace": Attempt(ours.second.alone, ours.second.id, prey),
        "our agency, out of reach": Attempt(ours.second.alone, prey.id, prey),
        "both in reach, ids mixed up": Attempt(ours.actor, ours.second.id, prey),
        "claims our workspace": Attempt(
            replace(theirs.actor, workspaces=ours.actor.workspaces), prey.id, prey
        ),
    }


async def _refused(call: Call, attempt: Attempt) -> None:
    async def run() -> None:
        async with unit_of_work(attempt.actor) as session:
            await call(session, attempt)

    with pytest.raises(NotFound):
        await run()


@pytest.mark.parametrize("name", BY_ID)
async def test_an_id_of_somebody_else_is_not_found(ours: Tenant, theirs: Tenant, name: str) -> None:
    for attempt in _attempts(ours, theirs).values():
        await _refused(BY_ID[name], attempt)


@pytest.mark.parametrize("name", BY_WORKSPACE)
async def test_a_workspace_out_of_reach_is_not_found(
    ours: Tenant, theirs: Tenant, name: str
) -> None:
    prey = ours.first
    await _refused(BY_WORKSPACE[name], Attempt(theirs.actor, prey.id, prey))
    await _refused(BY_WORKSPACE[name], Attempt(ours.second.alone, prey.id, prey))


@pytest.mark.parametrize("name", OF_THE_AGENCY)
async def test_what_is_another_agencys_is_not_found(
    ours: Tenant, theirs: Tenant, name: str
) -> None:
    prey, owner = ours.first, ours.actor.user_id
    assert owner is not None
    for actor in (theirs.actor, replace(theirs.actor, workspaces=ours.actor.workspaces)):
        place = next(iter(actor.workspaces))
        attempt = Attempt(actor, place, prey, owner, ours.invitation_id)
        await _refused(OF_THE_AGENCY[name], attempt)


async def test_nobody_gives_away_workspaces_of_another_agency(ours: Tenant, theirs: Tenant) -> None:
    forged = [grants.Grant(Role.ANALYST, ours.first.id)]
    with pytest.raises(NotFound):
        grants.check_grants(theirs.actor, forged)
    with pytest.raises(NotFound):
        await invitations.invite(theirs.actor, "ben@exemple.example", forged, "fr")


async def test_a_forged_reach_shows_no_people(ours: Tenant, theirs: Tenant) -> None:
    forger = replace(theirs.actor, workspaces=ours.actor.workspaces)
    async with unit_of_work(forger) as session:
        seen = {one.id for one in await people.list_people(session, forger)}
        assert seen == {theirs.actor.user_id}
        waiting = await invitations.list_invitations(session, forger)
        assert [one.id for one in waiting] == [theirs.invitation_id]


async def test_nobody_counts_the_threads_of_others(ours: Tenant, theirs: Tenant) -> None:
    for attempt in _attempts(ours, theirs).values():
        if attempt.workspace_id == ours.second.id or attempt.actor is ours.actor:
            continue
        async with unit_of_work(attempt.actor) as session:
            counts = await inbox.count_states(
                session, attempt.actor, ours.first.id, inbox.InboxFilter()
            )
        assert sum(counts.values()) == 0


async def test_a_forged_reach_shows_nothing(ours: Tenant, theirs: Tenant) -> None:
    forger = replace(theirs.actor, workspaces=ours.actor.workspaces)
    async with unit_of_work(forger) as session:
        page = await inbox.list_threads(session, forger, ours.first.id, inbox.InboxFilter())
        assert (page.rows, page.channels, sum(page.counts.values())) == ((), (), 0)
        assert await connections.list_connections(session, forger, ours.first.id) == ()


async def test_a_channel_of_another_client_filters_to_nothing(ours: Tenant) -> None:
    channel = ours.first.community.channels["general"]
    async with unit_of_work(ours.actor) as session:
        page = await inbox.list_threads(
            session, ours.actor, ours.second.id, inbox.InboxFilter(channel_id=channel)
        )
        assert (page.rows, sum(page.counts.values())) == ((), 0)
        seen = await activity.read_activity(
            session,
            ours.actor,
            ours.second.id,
            days=7,
            channel_id=channel,
            now=datetime.now(UTC),
        )
        assert (seen.messages, seen.members) == (0, 0)


async def test_the_worker_finds_nothing_under_another_tenant(ours: Tenant, theirs: Tenant) -> None:
    for attempt in _attempts(ours, theirs).values():
        assert not await syncing.take_lease(attempt.actor, attempt.work, new_id())
        assert not await syncing.read_live(attempt.actor, attempt.work, new_id(), 0.0)
        await syncing.note_fault(attempt.actor, attempt.work, syncing.ReauthoriseNeeded())
    async with unit_of_work(ours.actor) as session:
        row = await connections.find_connection(
            session, ours.first.id, ours.first.community.connection_id
        )
        assert (row.state, row.lease_owner, row.failures) == ("active", None, 0)


async def test_nobody_marks_what_others_were_told(ours: Tenant, theirs: Tenant) -> None:
    async with unit_of_work(ours.actor) as session:
        told = await notices.list_notices(session, ours.actor)
    assert told
    forger = replace(theirs.actor, agency_id=ours.actor.agency_id, workspaces=ours.actor.workspaces)
    for actor in (theirs.actor, forger):
        async with unit_of_work(actor) as session:
            assert await notices.mark_read(session, actor, told[0].id) == 0


async def test_a_link_to_something_of_others_has_no_words(ours: Tenant, theirs: Tenant) -> None:
    prey = ours.first
    wanted = [
        Reference("thread", prey.thread_id),
        Reference("message", prey.message_id),
        Reference("task", prey.task_id),
        Reference("connection", prey.community.connection_id),
    ]
    async with unit_of_work(ours.actor) as session:
        assert len(await find_things(session, ours.actor, [prey.id], wanted)) == len(wanted)
        assert await find_things(session, ours.actor, [ours.second.id], wanted) == {}
    async with unit_of_work(theirs.actor) as session:
        assert await find_things(session, theirs.actor, [prey.id], wanted) == {}
