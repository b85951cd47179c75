"""Write to a room, and take back what is there."""

from datetime import datetime, timedelta

from cmhub.integrations.networks.base import Credentials, Event, Gone, IncomingMessage, Invalid
from cmhub.integrations.networks.base import NotAllowed as Refused
from cmhub.integrations.networks.matrix.api import route
from cmhub.integrations.networks.matrix.capabilities import TEXT_BYTES
from cmhub.integrations.networks.matrix.events import KEY_FIELD
from cmhub.integrations.networks.matrix.power import Power
from cmhub.integrations.networks.matrix.reading import Reading
from cmhub.integrations.networks.matrix.shape import as_object, as_text

_SEARCH_PAGES = 20
_CLOCKS_APART = timedelta(minutes=5)
_REASON_CHARACTERS = 500


class Writing(Power, Reading):
    """Verbs of writing and deleting."""

    async def reply(
        self,
        credentials: Credentials,
        channel: str,
        thread: str | None,
        reply_to: str | None,
        text: str,
        key: str,
    ) -> str:
        """Write to a thread, in answer to a message, or simply to the room.

        The key is the transaction id: the server answers a repeated one with the event it already
        has, for as long as it remembers (Synapse: a day) and on the same device.

        Raises:
            Invalid: there is no text, or it is too long for an event.
            NotAllowed: the account may not write there.
        """
        if not text.strip():
            raise Invalid("empty_text")
        if len(text.encode()) > TEXT_BYTES:
            raise Invalid("too_long")
        body: dict[str, object] = {
            "msgtype": "m.text",
            "body": text,
            "m.mentions": {},
            KEY_FIELD: key,
            **_relates(thread, reply_to),
        }
        path = route("rooms", channel, "send", "m.room.message", key)
        try:
            answer = await self.call(credentials, "PUT", path, json=body)
        except Refused as error:
            raise await self.refusal(credentials, channel, "write") from error
        return as_text(answer.get("event_id"))

    async def find_sent(
        self, credentials: Credentials, channel: str, key: str, text: str, since: datetime
    ) -> str | None:
        """Look for our message with the key among what came since; the text is not needed."""
        cursor: str | None = None
        for _ in range(_SEARCH_PAGES):
            page = await self.history(credentials, channel, cursor, 100)
            for event in page.events:
                if isinstance(event, IncomingMessage) and event.key == key:
                    return event.external_id
            if not page.more or _reaches(page.events, since):
                return None
            cursor = page.cursor
        return None

    async def delete(
        self, credentials: Credentials, channel: str, message: str, reason: str, key: str
    ) -> None:
        """Redact an event; its place in the room stays, its content is gone for good.

        Raises:
            Gone: the room has no such event.
            NotAllowed: it is another's, and the account's level is too low.
        """
        path = route("rooms", channel, "redact", message, key)
        body = {"reason": reason[:_REASON_CHARACTERS]} if reason else {}
        try:
            await self.call(credentials, "PUT", path, json=body)
        except Refused as error:
            raise await self.refusal(credentials, channel, "delete") from error

    async def is_deleted(self, credentials: Credentials, channel: str, message: str) -> bool:
        """Read back whether an event is redacted.

        Raises:
            Gone: the room has no such event, or hides it from the account.
        """
        path = route("rooms", channel, "event", message)
        try:
            event = await self.call(credentials, "GET", path)
        except Refused as error:
            raise Gone() from error
        return bool(as_object(event.get("unsigned")).get("redacted_because"))


def _relates(thread: str | None, reply_to: str | None) -> dict[str, object]:
    """Return the relation; clients that know no threads see a reply to the root instead."""
    if thread is None and reply_to is None:
        return {}
    answered = {"m.in_reply_to": {"event_id": reply_to or thread}}
    if thread is None:
        return {"m.relates_to": answered}
    return {
        "m.relates_to": {
            "rel_type": "m.thread",
            "event_id": thread,
            "is_falling_back": reply_to is None or reply_to == thread,
            **answered,
        }
    }


def _reaches(events: tuple[Event, ...], since: datetime) -> bool:
    written = [event.posted_at for event in events if isinstance(event, IncomingMessage)]
    return bool(written) and min(written) < since - _CLOCKS_APART
