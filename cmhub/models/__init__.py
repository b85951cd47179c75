"""The tables. Tenant tables carry their agency, and most their workspace, in every key."""

from cmhub.models.base import Base, InAgency, InWorkspace, new_id
from cmhub.models.community import (
    Attachment,
    EarlyEvent,
    Identity,
    Member,
    MemberDay,
    MemberMerge,
    Message,
    MessageVersion,
    Reaction,
    Thread,
)
from cmhub.models.desk import (
    Draft,
    InboxView,
    Label,
    Note,
    SavedReply,
    ThreadLabel,
)
from cmhub.models.home import HandoverNote, HomeVisit
from cmhub.models.networks import Channel, Connection
from cmhub.models.outgoing import Measure, Reply
from cmhub.models.people import (
    Agency,
    AgencySlug,
    AuditEvent,
    DataKey,
    Invitation,
    Membership,
    RateBucket,
    RecoveryCode,
    SpecialDay,
    UserAccount,
    UserFactor,
    UserKey,
    UserSession,
    UserToken,
    Workspace,
)
from cmhub.models.transfers import ExportRun, ImportRun
from cmhub.models.work import NoticePreference, Notification, Task

GLOBAL_TABLES = frozenset(
    model.__tablename__
    for model in (
        UserAccount,
        UserSession,
        UserToken,
        UserKey,
        UserFactor,
        RecoveryCode,
        AgencySlug,
        RateBucket,
        NoticePreference,
    )
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
    "Draft",
    "EarlyEvent",
    "ExportRun",
    "HandoverNote",
    "HomeVisit",
    "Identity",
    "ImportRun",
    "InAgency",
    "InWorkspace",
    "InboxView",
    "Invitation",
    "Label",
    "Measure",
    "Member",
    "MemberDay",
    "MemberMerge",
    "Membership",
    "Message",
    "MessageVersion",
    "Note",
    "NoticePreference",
    "Notification",
    "RateBucket",
    "Reaction",
    "RecoveryCode",
    "Reply",
    "SavedReply",
    "SpecialDay",
    "Task",
    "Thread",
    "ThreadLabel",
    "UserAccount",
    "UserFactor",
    "UserKey",
    "UserSession",
    "UserToken",
    "Workspace",
    "new_id",
]
