"""Who tells Home what: one tuple, and the one way to ask them.

A later area adds its ``Area`` here and edits nothing else of Home.
"""

import logging
from dataclasses import dataclass, replace
from secrets import token_hex

from sqlalchemy.ext.asyncio import AsyncSession

from cmhub.db import is_away
from cmhub.services.home import activity, connections, outgoing, tasks, threads
from cmhub.services.home.parts import Area, Line, Look, Part, Provider, rank

logger = logging.getLogger(__name__)

AREAS: tuple[Area, ...] = (
    threads.AREA,
    outgoing.AREA,
    connections.AREA,
    tasks.AREA,
    activity.AREA,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """An area that could not be looked at; the log has the reason under its reference."""

    area: str
    part: str
    reference: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the areas said of one part, the worst first, and which of them could not."""

    lines: tuple[Line, ...] = ()
    faults: tuple[Fault, ...] = ()


async def ask(
    session: AsyncSession, part: Part, look: Look, areas: tuple[Area, ...] | None = None
) -> Told:
    """Ask every area about a part; one that breaks costs its own lines, and says so."""
    lines: list[Line] = []
    faults: list[Fault] = []
    for area in AREAS if areas is None else areas:
        provider: Provider | None = getattr(area, part)
        reach = tuple(each for each in look.workspace_ids if look.actor.may(area.permission, each))
        if provider is None or not reach:
            continue
        try:
            async with session.begin_nested():
                lines += await provider(session, replace(look, workspace_ids=reach))
        except Exception as error:  # whatever one area does, the others are shown
            if is_away(error):
                raise
            faults.append(_fault(area, part, error))
    return Told(tuple(sorted(lines, key=rank)), tuple(faults))


def _fault(area: Area, part: Part, error: Exception) -> Fault:
    reference = token_hex(4)
    logger.error("home: %s of %s, reference %s", part, area.name, reference, exc_info=error)
    return Fault(area.name, part, reference)
