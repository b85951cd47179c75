"""Ingest: what networks and imports bring, made into members, threads and messages.

One batch is one transaction. The same events twice, or in any order, leave the same rows.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.integrations.networks.base import Event
from cmhub.services.ingest.early import apply_changes, apply_early
from cmhub.services.ingest.messages import add_messages
from cmhub.services.ingest.people import recognise
from cmhub.services.ingest.rollups import count_days
from cmhub.services.ingest.scope import Ingested, Scope, lock_channels, sort_events
from cmhub.services.ingest.threads import settle_threads

__all__ = ["Ingested", "Scope", "ingest"]


async def ingest(session: AsyncSession, scope: Scope, events: Sequence[Event]) -> Ingested:
    """Write a batch of events of the scope's channels, with all that follows from them.

    Events of channels outside the scope are left out. The caller commits.

    Returns:
        How much of the batch was new.
    """
    batch = sort_events(scope, events)
    await lock_channels(session, batch.channels)
    people = await recognise(session, scope, batch.people)
    added = await add_messages(session, scope, batch.messages, people)
    changed = await apply_changes(session, scope, batch, people, added)
    early = await apply_early(session, scope, added)
    await settle_threads(session, scope, added, changed.threads | early.threads)
    await count_days(session, scope, [*added.days, *changed.days, *early.days])
    return Ingested(
        len(added.ids),
        len(changed.days) + len(early.days) + changed.edits,
        added.newest,
    )
