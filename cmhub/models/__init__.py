"""The tables. Tenant tables carry their agency, and most their workspace, in every key."""

from cmhub.models.base import Base, InAgency, InWorkspace, new_id
from cmhub.models.community import (
    Attachment,
    EarlyEvent,
    Identity,
    Member,
    MemberDay,
    Message,
    MessageVersion,
    Reaction,
    Thread,
)
from cmhub.models.networks import Channel, Connection
from cmhub.models.outgoing import Measure, Reply
from cmhub.models.people import (
    Agency,
    AgencySlug,
    AuditEvent,
    DataKey,
    Membership,
    RateBucket,
    SpecialDay,
    UserAccount,
    UserSession,
    UserToken,
    Workspace,
)
from cmhub.models.transfers import ExportRun, ImportRun
from cmhub.models.work import NoticePreference, Notification, Task

GLOBAL_TABLES = frozenset(
    model.__tablename__
    for model in (UserAccount, UserSession, UserToken, AgencySlug, RateBucket, NoticePreference)
)

__all__ = [
    "GLOBAL_TABLES",
    "Agency",
    "AgencySlug",
    "Attachment",
    "AuditEvent",
    "Base",
    "Channel",
    "Connection",
    "DataKey",
    "EarlyEvent",
    "ExportRun",
    "Identity",
    "ImportRun",
    "InAgency",
    "InWorkspace",
    "Measure",
    "Member",
    "MemberDay",
    "Membership",
    "Message",
    "MessageVersion",
    "NoticePreference",
    "Notification",
    "RateBucket",
    "Reaction",
    "Reply",
    "SpecialDay",
    "Task",
    "Thread",
    "UserAccount",
    "UserSession",
    "UserToken",
    "Workspace",
    "new_id",
]
