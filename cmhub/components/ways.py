"""What the menu leads to: of a workspace, of the agency, and of oneself."""

from dataclasses import dataclass
from typing import Literal

import reflex as rx
from reflex.vars import StringVar, Var

from cmhub.actor import Permission
from cmhub.components.basics import link
from cmhub.components.text import t
from cmhub.state.base import SessionState

Frame = Literal["workspace", "agency", "me"]


@dataclass(frozen=True, slots=True)
class Way:
    """An entry of the menu: ``name`` is the last part of its text's key.

    ``path`` is the end of its address, ``group`` the part of the menu, and ``letter`` goes there
    after G. Without a permission everybody may go.
    """

    name: str
    symbol: str
    permission: Permission | None
    frame: Frame
    path: str
    group: str
    letter: str

    @property
    def address(self) -> Var[str]:
        """Where it leads, in the workspace or agency of the page."""
        return base_of(self.frame) + f"/{self.path}"

    @property
    def words(self) -> Var[str]:
        """What it is called."""
        return t(f"app.nav.{self.name}")

    @property
    def short_words(self) -> Var[str]:
        """What it is called where there is little room."""
        return t(f"app.nav.short.{self.name}")

    @property
    def open(self) -> Var[bool]:
        """Whether the user may go there."""
        if self.permission is None:
            return Var.create(True)
        return SessionState.permissions.contains(self.permission.value)


def base_of(frame: Frame) -> StringVar:
    """The beginning of every address of a frame."""
    if frame == "me":
        return StringVar.create("/me")
    return SessionState.workspace_address if frame == "workspace" else SessionState.agency_address


# What a row says, in the order of Way's fields.
_P = Permission
WAYS: tuple[Way, ...] = (
    Way("home", "house", _P.HOME_READ, "workspace", "home/", "", "h"),
    Way("inbox", "inbox", _P.INBOX_READ, "workspace", "inbox/", "", "i"),
    Way("tasks", "list-checks", _P.TASK_READ, "workspace", "tasks/", "", "t"),
    Way("members", "users", _P.MEMBER_READ, "workspace", "members/", "community", "m"),
    Way("activity", "chart-column", _P.ACTIVITY_READ, "workspace", "activity/", "community", "a"),
    Way("connections", "plug", _P.CONNECTION_READ, "workspace", "connections/", "setup", "c"),
    Way("settings", "settings", _P.WORKSPACE_SETTINGS, "workspace", "settings/", "setup", "s"),
    Way("agency", "house", _P.HOME_READ, "agency", "", "", "h"),
    Way("agency_tasks", "list-checks", _P.TASK_READ, "agency", "tasks/", "", "t"),
    Way("people", "users", _P.USER_MANAGE, "agency", "people/", "agency", "p"),
    Way("workspaces", "layers", _P.AGENCY_READ, "agency", "workspaces/", "agency", "w"),
    Way("audit", "scroll-text", _P.AUDIT_READ, "agency", "audit/", "agency", "l"),
    Way("jobs", "list-restart", _P.JOB_MANAGE, "agency", "jobs/", "agency", "j"),
    Way("agency_settings", "settings", _P.AGENCY_SETTINGS, "agency", "settings/", "agency", "s"),
    Way("profile", "user-round", None, "me", "", "", "h"),
    Way("security", "shield", None, "me", "security/", "", "s"),
    Way("notices", "bell", None, "me", "notifications/", "", "n"),
)
BOTTOM = ("home", "inbox", "members", "agency", "agency_tasks", "profile", "security")
"""What has a place in the bar at the bottom of a phone."""


def ways_of(frame: Frame) -> tuple[Way, ...]:
    """The entries of a frame's menu."""
    return tuple(way for way in WAYS if way.frame == frame)


def groups_of(frame: Frame) -> tuple[str, ...]:
    """The parts of a frame's menu, in their order; the first has no heading."""
    return tuple(dict.fromkeys(way.group for way in ways_of(frame)))


@dataclass(frozen=True, slots=True)
class Tab:
    """One of several pages behind one entry of the menu."""

    name: str
    path: str
    permission: Permission

    @property
    def words(self) -> Var[str]:
        """What it is called."""
        return t(f"app.tab.{self.name}")

    @property
    def open(self) -> Var[bool]:
        """Whether the user may go there."""
        return SessionState.permissions.contains(self.permission.value)


SETTINGS: tuple[Tab, ...] = (
    Tab("general", "settings/", Permission.WORKSPACE_SETTINGS),
    Tab("hours", "settings/hours/", Permission.WORKSPACE_SETTINGS),
    Tab("people", "settings/people/", Permission.WORKSPACE_SETTINGS),
    Tab("replies", "settings/replies/", Permission.WORKSPACE_SETTINGS),
    Tab("labels", "settings/labels/", Permission.WORKSPACE_SETTINGS),
    Tab("import", "settings/import/", Permission.HISTORY_IMPORT),
    Tab("export", "settings/export/", Permission.WORKSPACE_EXPORT),
)


def tabs(here: str) -> rx.Component:
    """Lead to the other pages behind the workspace's settings; ``here`` is the open one."""
    return rx.el.nav(
        *[_tab(tab, here) for tab in SETTINGS], aria_label=t("app.tab.label"), class_name="tabs-bar"
    )


def _tab(tab: Tab, here: str) -> rx.Component:
    current = {"aria-current": "page"} if tab.name == here else {}
    address = SessionState.workspace_address + f"/{tab.path}"
    return rx.cond(
        tab.open, link(tab.words, to=address, class_name="tab-way", custom_attrs=current)
    )
