"""A task as a user writes it, judged before it is kept."""

from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from cmhub.errors import Invalid
from cmhub.services.references import Reference
from cmhub.services.tasks.dates import REPEATS

LONGEST_TEXT = 300
LONGEST_NOTE = 5_000


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """What a task says; ``due_on`` is ``YYYY-MM-DD`` and ``due_time`` ``HH:MM``, or empty."""

    text: str
    note: str = ""
    assignee_id: UUID | None = None
    due_on: str = ""
    due_time: str = ""
    repeats: str = "never"
    reference: Reference | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The same, cleaned."""

    text: str
    note: str
    due_on: date | None
    due_time: time | None
    repeats: str


def check_draft(draft: TaskDraft) -> Checked:
    """Judge what was typed.

    Raises:
        Invalid: a value is missing, too long, or no date; a task repeats without a date.
    """
    words = " ".join(draft.text.replace("\x00", "").split())
    note = draft.note.replace("\x00", "").strip()
    if not words:
        raise Invalid("task_missing")
    if len(words) > LONGEST_TEXT:
        raise Invalid("too_long", most=LONGEST_TEXT)
    if len(note) > LONGEST_NOTE:
        raise Invalid("too_long", most=LONGEST_NOTE)
    due_on, due_time = _date(draft.due_on), _time(draft.due_time)
    if draft.repeats not in REPEATS:
        raise Invalid("filter")
    if due_on is None and due_time is not None:
        raise Invalid("time_without_date")
    if due_on is None and draft.repeats != "never":
        raise Invalid("repeats_without_date")
    return Checked(words, note, due_on, due_time, draft.repeats)


def _date(value: str) -> date | None:
    if not value:
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise Invalid("date_wrong") from None
    if not 2000 <= found.year < 3000:
        raise Invalid("date_wrong")
    return found


def _time(value: str) -> time | None:
    if not value:
        return None
    try:
        return time.fromisoformat(value).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Invalid("time_wrong") from None
