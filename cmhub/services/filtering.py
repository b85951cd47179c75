"""Which threads a filter of the inbox asks for: conditions that the indexes of thread answer."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cmhub.actor import Actor
from cmhub.errors import Invalid
from cmhub.locales import LANGUAGES

STATES = ("open", "waiting", "snoozed", "done")
WAITS = {
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "1d": timedelta(days=1),
    "3d": timedelta(days=3),
    "7d": timedelta(days=7),
}
"""How long a member waits at least, by the word of the address."""
ME, NOBODY = "me", "nobody"


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Which threads; ``after`` is the ``place`` of the last row of the page before.

    ``assignee`` is a user's id, ``me`` or ``nobody``; ``waits`` a word of ``WAITS``.
    """

    state: str = "open"
    channel_id: UUID | None = None
    after: str = ""
    assignee: str = ""
    label_id: UUID | None = None
    language: str = ""
    waits: str = ""
    noted: bool = False

    @property
    def cheap(self) -> bool:
        """Whether an index finds the threads of every state, so that they may be counted."""
        other = self.language or self.waits or self.label_id or self.assignee == NOBODY
        return not other


Values = dict[str, object]


def condition(actor: Actor, wanted: InboxFilter) -> tuple[str, Values]:
    """What a thread ``t`` must be but for its state and its place, and the values for that.

    Raises:
        Invalid: the filter asks for what there is not.
    """
    where, values = "", Values()
    if wanted.channel_id is not None:
        where += " and t.channel_id = :channel"
        values["channel"] = wanted.channel_id
    if wanted.assignee == NOBODY:
        where += " and t.assignee_id is null"
    elif wanted.assignee:
        where += " and t.assignee_id = :assignee"
        values["assignee"] = _assignee(actor, wanted.assignee)
    if wanted.label_id is not None:
        where += (
            " and exists (select from thread_label k where k.agency_id = t.agency_id"
            " and k.workspace_id = t.workspace_id and k.thread_id = t.id and k.label_id = :label)"
        )
        values["label"] = wanted.label_id
    return _rest(wanted, where, values)


def _rest(wanted: InboxFilter, where: str, values: Values) -> tuple[str, Values]:
    if wanted.language:
        if wanted.language not in LANGUAGES:
            raise Invalid("filter")
        where += " and t.language = :language"
        values["language"] = wanted.language
    if wanted.waits:
        if wanted.waits not in WAITS:
            raise Invalid("filter")
        where += " and t.waiting_since <= :waits"
        values["waits"] = datetime.now(UTC) - WAITS[wanted.waits]
    if wanted.noted:
        where += " and t.note_count > 0"
    return where, values


def _assignee(actor: Actor, wanted: str) -> UUID | None:
    if wanted == ME:
        return actor.user_id
    try:
        return UUID(wanted)
    except ValueError:
        raise Invalid("filter") from None


def place_after(after: str) -> tuple[datetime, UUID]:
    """Where the page before ended.

    Raises:
        Invalid: it is no such place.
    """
    at, _, row = after.partition("~")
    try:
        moment = datetime.fromisoformat(at.replace(" ", "+"))
        if moment.tzinfo is None:
            raise ValueError
        return moment, UUID(row)
    except ValueError:
        raise Invalid("filter") from None
