"""Every kind of job and the service that does it."""

from collections.abc import Awaitable, Callable, Mapping

from cmhub.jobs.mails import HANDLERS as MAILS
from cmhub.queue import Work
from cmhub.services import archiving, delivering, notes, sorting, syncing, views
from cmhub.services.exporting.runs import make_export
from cmhub.services.importing.runs import run_import
from cmhub.services.notices.mailing import mail_due
from cmhub.services.tasks.reminding import remind

Handler = Callable[[Work], Awaitable[None]]

HANDLERS: Mapping[str, Handler] = {
    **MAILS,
    "history.read": syncing.read_history,
    "reply.send": delivering.send,
    "measure.apply": delivering.apply,
    "import.run": run_import,
    "export.make": make_export,
    "workspace.delete": archiving.delete_for_good,
    "thread.wake": sorting.wake,
    "note.forget": notes.forget,
    "view.forget": views.forget,
    "task.remind": remind,
    "notice.mail": mail_due,
}

DUE: Mapping[str, str] = {
    "import": "import.run",
    "export": "export.make",
    "history": "history.read",
    "reply": "reply.send",
    "measure": "measure.apply",
    "deletion": "workspace.delete",
    "snooze": "thread.wake",
    "note": "note.forget",
    "view": "view.forget",
    "task": "task.remind",
    "notice": "notice.mail",
}
"""Kinds of rows with a due time, and their jobs."""
DUE_DOORS: Mapping[str, str] = {
    "import": "due_transfers",
    "export": "due_transfers",
    "snooze": "due_inbox",
    "note": "due_inbox",
    "view": "due_inbox",
    **dict.fromkeys(("history", "reply", "measure"), "open_work"),
    "deletion": "due_deletion",
    "task": "due_notices",
    "notice": "due_notices",
}
"""The function that tells what is due of a kind, where it is not ``due_work``; both are asked for
a kind and for how many at most, and answer with agency, workspace and id. A migration that adds a
kind brings a function of its own."""
