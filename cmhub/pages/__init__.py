"""One function per route, and the list of them all."""

from cmhub.components.page import Page
from cmhub.components.text import t
from cmhub.pages.activity import activity
from cmhub.pages.agency_settings import agency_settings
from cmhub.pages.connections import connections
from cmhub.pages.design import design
from cmhub.pages.inbox import inbox
from cmhub.pages.member import member
from cmhub.pages.members import members
from cmhub.pages.people import people
from cmhub.pages.profile import profile
from cmhub.pages.search import search
from cmhub.pages.security import security
from cmhub.pages.settings import settings
from cmhub.pages.workspace_people import workspace_people
from cmhub.pages.workspaces import workspaces
from cmhub.state.activity import ActivityState
from cmhub.state.agency_settings import AgencySettingsState
from cmhub.state.connections import ConnectionsState
from cmhub.state.inbox import InboxState
from cmhub.state.member import MemberState
from cmhub.state.members import MembersState
from cmhub.state.people import PeopleState
from cmhub.state.profile import ProfileState
from cmhub.state.search import SearchState
from cmhub.state.security import SecurityState
from cmhub.state.settings import SettingsState
from cmhub.state.workspace_people import WorkspacePeopleState
from cmhub.state.workspaces import WorkspacesState

BASE = "w/[agency_slug]/[workspace_slug]"
AGENCY = "a/[agency_slug]"

PAGES: tuple[Page, ...] = (
    Page(f"{BASE}/inbox", inbox, t("inbox.title"), InboxState.load),
    Page(f"{BASE}/search", search, t("search.title"), SearchState.load),
    Page(f"{BASE}/members", members, t("members.title"), MembersState.load),
    Page(f"{BASE}/members/[member_id]", member, t("member.title"), MemberState.load),
    Page(f"{BASE}/activity", activity, t("activity.title"), ActivityState.load),
    Page(f"{BASE}/connections", connections, t("connections.title"), ConnectionsState.load),
    Page(f"{BASE}/settings", settings, t("settings.title"), SettingsState.load),
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
