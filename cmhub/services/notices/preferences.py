"""How a user wants to be told: in the page, by mail at once or once a day, and when not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.db import doors
from cmhub.errors import Invalid, NotFound
from cmhub.services.checks import usual_zone
from cmhub.services.notices.kinds import DIGEST, KINDS, MAIL_CHOICES, MailChoice

DIGEST_AT = time(8)
_READER = text("select * from notice_reader(:user)")
_CHOOSE = text("select choose_notice(:user, :kind, :way, :value)")
_QUIET = text("select keep_quiet(:user, :start, :end)")


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a kind shows in the page, and how it is mailed."""

    in_page: bool
    mail: MailChoice


@dataclass(frozen=True, slots=True)
class Reader:
    """A user as notifications reach them; quiet hours are those of their own clock."""

    user_id: UUID
    email: str
    name: str
    language: str
    zone: ZoneInfo
    confirmed: bool
    choices: Mapping[str, Choice]
    digest: bool
    quiet_from: time | None
    quiet_until: time | None

    def mail_at(self, kind: str, moment: datetime, grace: timedelta) -> datetime | None:
        """When a mail about something that happens now is due; nothing when none is wanted."""
        wanted = self.choices[kind].mail
        if not self.confirmed or wanted == "never" or (wanted == "daily" and not self.digest):
            return None
        if wanted == "daily":
            return self._next(DIGEST_AT, moment)
        return self.after_quiet(moment + grace)

    def after_quiet(self, moment: datetime) -> datetime:
        """The moment, or the end of the quiet hours that it falls into."""
        start, end = self.quiet_from, self.quiet_until
        if start is None or end is None or start == end:
            return moment
        clock = moment.astimezone(self.zone).time()
        quiet = start <= clock < end if start < end else clock >= start or clock < end
        return self._next(end, moment) if quiet else moment

    def _next(self, clock: time, moment: datetime) -> datetime:
        """The first moment after this one when the reader's clock shows that time."""
        local = moment.astimezone(self.zone)
        today = datetime.combine(local.date(), clock, self.zone)
        if today > moment:
            return today
        return datetime.combine(local.date() + timedelta(days=1), clock, self.zone)


async def find_reader(session: AsyncSession, user_id: UUID) -> Reader | None:
    """How a user is reached; nothing when they are gone."""
    row = (await session.execute(_READER, {"user": user_id})).one_or_none()
    if row is None:
        return None
    chosen = cast("Mapping[str, Mapping[str, Any]]", row.choices)
    return Reader(
        user_id=user_id,
        email=row.email,
        name=row.name,
        language=row.language,
        zone=ZoneInfo(usual_zone(row.time_zone)),
        confirmed=row.confirmed,
        choices={kind: _choice(kind, chosen.get(kind, {})) for kind in KINDS},
        digest=chosen.get(DIGEST, {}).get("mail") != "never",
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
    )


def _choice(kind: str, chosen: Mapping[str, Any]) -> Choice:
    mail = chosen.get("mail")
    return Choice(
        in_page=chosen.get("page", "yes") != "no",
        mail=mail if mail in MAIL_CHOICES else KINDS[kind].mail,
    )


async def read_preferences(user_id: UUID) -> Reader:
    """How a user is told.

    Raises:
        NotFound: there is no such user any more.
    """
    async with doors() as session:
        found = await find_reader(session, user_id)
    if found is None:
        raise NotFound
    return found


async def choose_page(user_id: UUID, kind: str, *, shown: bool) -> None:
    """Show a kind in the page, or not.

    Raises:
        Invalid: there is no such kind.
    """
    if kind not in KINDS:
        raise Invalid("filter")
    await _choose(user_id, kind, "page", "yes" if shown else "no")


async def choose_mail(user_id: UUID, kind: str, mail: str) -> None:
    """Have a kind mailed at once, once a day or never; ``digest`` is the daily mail as a whole.

    Raises:
        Invalid: there is no such kind or way.
    """
    allowed = ("daily", "never") if kind == DIGEST else MAIL_CHOICES
    if (kind not in KINDS and kind != DIGEST) or mail not in allowed:
        raise Invalid("filter")
    await _choose(user_id, kind, "mail", mail)


async def _choose(user_id: UUID, kind: str, way: str, value: str) -> None:
    given = {"user": user_id, "kind": kind, "way": way, "value": value}
    async with doors() as session:
        await session.execute(_CHOOSE, given)


async def keep_quiet(user_id: UUID, start: str, end: str) -> None:
    """Send no mails at once between two times of the user's clock, ``HH:MM``; empty for never.

    Raises:
        Invalid: one of them is no time, or only one is given.
    """
    times = (_clock(start), _clock(end))
    if (times[0] is None) != (times[1] is None):
        raise Invalid("quiet_half")
    async with doors() as session:
        await session.execute(_QUIET, {"user": user_id, "start": times[0], "end": times[1]})


def _clock(value: str) -> time | None:
    if not value:
        return None
    try:
        return time.fromisoformat(value).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Invalid("time_wrong") from None
