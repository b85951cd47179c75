"""One function per route, and the list of them all."""

from cmhub.components.page import Page
from cmhub.components.text import t
from cmhub.pages.activity import activity
from cmhub.pages.agency_home import agency_home
from cmhub.pages.agency_settings import agency_settings
from cmhub.pages.agency_tasks import agency_tasks
from cmhub.pages.audit import audit
from cmhub.pages.connections import connections
from cmhub.pages.design import design
from cmhub.pages.exports import exports
from cmhub.pages.failures import failures
from cmhub.pages.home import home
from cmhub.pages.hours import hours
from cmhub.pages.imports import imports
from cmhub.pages.inbox import inbox
from cmhub.pages.labels import labels
from cmhub.pages.member import member
from cmhub.pages.members import members
from cmhub.pages.notices import notices
from cmhub.pages.people import people
from cmhub.pages.profile import profile
from cmhub.pages.saved_replies import saved_replies
from cmhub.pages.search import search
from cmhub.pages.security import security
from cmhub.pages.settings import settings
from cmhub.pages.tasks import tasks
from cmhub.pages.workspace_people import workspace_people
from cmhub.pages.workspaces import workspaces
from cmhub.state.activity import ActivityState
from cmhub.state.agency_home import AgencyHomeState
from cmhub.state.agency_settings import AgencySettingsState
from cmhub.state.audit import AuditState
from cmhub.state.connections import ConnectionsState
from cmhub.state.exports import ExportsState
from cmhub.state.failures import FailuresState
from cmhub.state.home import HomeState
from cmhub.state.hours import HoursState
from cmhub.state.imports import ImportsState
from cmhub.state.inbox import InboxState
from cmhub.state.labels import LabelsState
from cmhub.state.member import MemberState
from cmhub.state.members import MembersState
from cmhub.state.notice_settings import NoticeSettingsState
from cmhub.state.people import PeopleState
from cmhub.state.profile import ProfileState
from cmhub.state.saved_replies import SavedRepliesState
from cmhub.state.search import SearchState
from cmhub.state.security import SecurityState
from cmhub.state.settings import SettingsState
from cmhub.state.tasks import AgencyTasksState, TasksState
from cmhub.state.workspace_people import WorkspacePeopleState
from cmhub.state.workspaces import WorkspacesState

BASE = "w/[agency_slug]/[workspace_slug]"
AGENCY = "a/[agency_slug]"

PAGES: tuple[Page, ...] = (
    Page(f"{BASE}/home", home, t("home.title"), HomeState.load),
    Page("a/[agency_slug]", agency_home, t("home.title"), AgencyHomeState.load),
    Page(f"{BASE}/inbox", inbox, t("inbox.title"), InboxState.load),
    Page(f"{BASE}/search", search, t("search.title"), SearchState.load),
    Page(f"{BASE}/members", members, t("members.title"), MembersState.load),
    Page(f"{BASE}/members/[member_id]", member, t("member.title"), MemberState.load),
    Page(f"{BASE}/settings/labels", labels, t("labels.title"), LabelsState.load),
    Page(f"{BASE}/settings/replies", saved_replies, t("saved.title"), SavedRepliesState.load),
    Page(f"{BASE}/activity", activity, t("activity.title"), ActivityState.load),
    Page(f"{BASE}/connections", connections, t("connections.title"), ConnectionsState.load),
    Page(f"{BASE}/tasks", tasks, t("tasks.title"), TasksState.load),
    Page("a/[agency_slug]/tasks", agency_tasks, t("tasks.title"), AgencyTasksState.load),
    Page("me/notifications", notices, t("notices.title"), NoticeSettingsState.load),
    Page(f"{BASE}/settings/import", imports, t("imports.title"), ImportsState.load),
    Page(f"{BASE}/settings/export", exports, t("exports.title"), ExportsState.load),
    Page(f"{BASE}/settings", settings, t("settings.title"), SettingsState.load),
    Page(f"{BASE}/settings/hours", hours, t("settings.title"), HoursState.load),
    Page(f"{AGENCY}/audit", audit, t("audit.title"), AuditState.load),
    Page(f"{AGENCY}/jobs", failures, t("failures.title"), FailuresState.load),
    Page(f"{BASE}/settings/people", workspace_people, t("people.title"), WorkspacePeopleState.load),
    Page(f"{AGENCY}/people", people, t("people.title"), PeopleState.load),
    Page("me", profile, t("profile.title"), ProfileState.load),
    Page("me/security", security, t("security.title"), SecurityState.load),
    Page(f"{AGENCY}/workspaces", workspaces, t("workspaces.title"), WorkspacesState.load),
    Page(
        f"{AGENCY}/settings", agency_settings, t("settings.agency.title"), AgencySettingsState.load
    ),
    # In every build, so that what is tested is what is shipped; `web/design.py` opens it or not.
    Page("design", design, t("design.title")),
)
