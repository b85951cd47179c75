"""Every kind of notification: who may be told, how unless they choose otherwise, where it leads.

The sentence of a kind is the text ``notices.is.<kind>``, what the settings call it
``notices.kind.<kind>``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from cmhub.actor import Permission

MailChoice = Literal["now", "daily", "never"]
MAIL_CHOICES: tuple[MailChoice, ...] = get_args(MailChoice)
DIGEST = "digest"
"""The daily mail as a whole, among the choices of a user."""


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of notification.

    ``permission`` is what its reader must hold in its workspace when it is read. It leads to the
    thing that it is about, or to ``path`` in the workspace, ``agency_path`` where there is none.
    """

    permission: Permission | None
    mail: MailChoice
    path: str = ""
    agency_path: str = ""


_P = Permission
KINDS: Mapping[str, NoticeKind] = {
    "task_assigned": NoticeKind(_P.TASK_READ, "now"),
    "task_due": NoticeKind(_P.TASK_READ, "now"),
    "thread_assigned": NoticeKind(_P.INBOX_READ, "now"),
    "mention": NoticeKind(_P.INBOX_READ, "now"),
    "reply_failed": NoticeKind(_P.INBOX_READ, "now"),
    "connection_reconnect": NoticeKind(_P.CONNECTION_READ, "now"),
    "connection_trouble": NoticeKind(_P.CONNECTION_READ, "daily"),
    "import_finished": NoticeKind(_P.HISTORY_IMPORT, "never", "settings/import/"),
    "invitation_accepted": NoticeKind(None, "never", "settings/people/", "people/"),
}
