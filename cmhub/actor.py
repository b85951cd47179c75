"""Who is asking: user, agency, workspaces and permissions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from cmhub.errors import Forbidden, NotFound


class Role(StrEnum):
    """What a user is in an agency (``owner``, ``admin``) or in a workspace."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    MODERATOR = "moderator"
    MEDIATOR = "mediator"
    ANALYST = "analyst"
    CLIENT = "client"


class Permission(StrEnum):
    """What may be done, as ``resource:action``; each has a denial sentence."""

    WORKSPACE_CREATE = "workspace:create"
    WORKSPACE_SETTINGS = "workspace:settings"
    CONNECTION_READ = "connection:read"
    CONNECTION_MANAGE = "connection:manage"
    INBOX_READ = "inbox:read"
    INBOX_ANSWER = "inbox:answer"
    MESSAGE_DELETE = "message:delete"
    MEMBER_MEASURE = "member:measure"
    ACTIVITY_READ = "activity:read"
    HISTORY_IMPORT = "history:import"
    HOME_READ = "home:read"
    TASK_READ = "task:read"
    TASK_WRITE = "task:write"
    MEMBER_READ = "member:read"
    MEMBER_MERGE = "member:merge"
    AGENCY_READ = "agency:read"
    AGENCY_SETTINGS = "agency:settings"
    USER_MANAGE = "user:manage"
    WORKSPACE_ARCHIVE = "workspace:archive"
    WORKSPACE_EXPORT = "workspace:export"
    AUDIT_READ = "audit:read"
    JOB_MANAGE = "job:manage"


_READ = frozenset(
    {
        Permission.INBOX_READ,
        Permission.ACTIVITY_READ,
        Permission.CONNECTION_READ,
        Permission.HOME_READ,
        Permission.TASK_READ,
        Permission.MEMBER_READ,
    }
)
_ANSWER = _READ | {Permission.INBOX_ANSWER, Permission.TASK_WRITE}
_MODERATE = _ANSWER | {
    Permission.MESSAGE_DELETE,
    Permission.MEMBER_MEASURE,
    Permission.MEMBER_MERGE,
}
_MANAGE = _MODERATE | {
    Permission.WORKSPACE_SETTINGS,
    Permission.CONNECTION_MANAGE,
    Permission.HISTORY_IMPORT,
}
_ADMINISTER = _MANAGE | {
    Permission.WORKSPACE_CREATE,
    Permission.WORKSPACE_ARCHIVE,
    Permission.WORKSPACE_EXPORT,
    Permission.AGENCY_READ,
    Permission.AGENCY_SETTINGS,
    Permission.USER_MANAGE,
    Permission.AUDIT_READ,
    Permission.JOB_MANAGE,
}

ROLE_TABLE: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: _ADMINISTER,
    Role.ADMIN: _ADMINISTER,
    Role.MANAGER: _MANAGE,
    Role.MODERATOR: _MODERATE,
    Role.MEDIATOR: _ANSWER,
    Role.ANALYST: _READ,
    Role.CLIENT: frozenset({Permission.ACTIVITY_READ}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """One user, or the system, acting inside one agency.

    ``workspaces`` maps every workspace in reach to the roles held there;
    an agency-wide role is held in each of them and in ``agency_roles``.
    """

    agency_id: UUID
    workspaces: Mapping[UUID, frozenset[Role]] = field(default_factory=dict[UUID, frozenset[Role]])
    agency_roles: frozenset[Role] = frozenset()
    user_id: UUID | None = None
    name: str = ""
    system: bool = False
    address: str = ""

    def may(self, permission: Permission, workspace_id: UUID | None = None) -> bool:
        """Whether the actor holds the permission, in the workspace when one is named."""
        if workspace_id is not None and workspace_id not in self.workspaces:
            return False
        if self.system:
            return True
        roles = set(self.agency_roles)
        if workspace_id is not None:
            roles |= self.workspaces[workspace_id]
        return any(permission in ROLE_TABLE[role] for role in roles)

    def require(self, permission: Permission, workspace_id: UUID | None = None) -> None:
        """Refuse what the actor may not do.

        Raises:
            NotFound: the workspace is not in the actor's reach.
            Forbidden: the role does not allow it.
        """
        if workspace_id is not None and workspace_id not in self.workspaces:
            raise NotFound
        if not self.may(permission, workspace_id):
            raise Forbidden(permission)

    def workspaces_where(self, permission: Permission) -> tuple[UUID, ...]:
        """The workspaces in reach where the actor holds the permission."""
        return tuple(each for each in self.workspaces if self.may(permission, each))

    def may_somewhere(self, permission: Permission) -> bool:
        """Whether the actor holds the permission in the agency or in any of its workspaces."""
        return self.may(permission) or bool(self.workspaces_where(permission))

    def require_somewhere(self, permission: Permission) -> None:
        """Refuse what the actor may do in no workspace at all.

        Raises:
            Forbidden: no role of theirs allows it anywhere.
        """
        if not self.may_somewhere(permission):
            raise Forbidden(permission)

    def within(self, workspace_id: UUID) -> "Actor":
        """The same actor, reaching no other workspace than this one.

        Raises:
            NotFound: the workspace is not in the actor's reach.
        """
        if workspace_id not in self.workspaces:
            raise NotFound
        return replace(self, workspaces={workspace_id: self.workspaces[workspace_id]})


def system_actor(agency_id: UUID, *workspace_ids: UUID) -> Actor:
    """The product itself, acting in exactly these workspaces."""
    return Actor(
        agency_id=agency_id,
        workspaces={workspace_id: frozenset() for workspace_id in workspace_ids},
        system=True,
    )
