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
    Invitation,
    Membership,
    RateBucket,
    RecoveryCode,
    UserAccount,
    UserFactor,
    UserKey,
    UserSession,
    UserToken,
    Workspace,
)

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
    "EarlyEvent",
    "Identity",
    "InAgency",
    "InWorkspace",
    "Invitation",
    "Measure",
    "Member",
    "MemberDay",
    "Membership",
    "Message",
    "MessageVersion",
    "RateBucket",
    "Reaction",
    "RecoveryCode",
    "Reply",
    "Thread",
    "UserAccount",
    "UserFactor",
    "UserKey",
    "UserSession",
    "UserToken",
    "Workspace",
    "new_id",
]
