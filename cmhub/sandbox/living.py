"""What keeps the demo alive in a web process."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from cmhub.config import settings
from cmhub.sandbox.community import life
from cmhub.sandbox.demo import follow_address, made_at, made_on

_LOOK_SECONDS = 15.0
_log = logging.getLogger(__name__)


async def live() -> None:
    """Let the demo's communities live for as long as this process runs, where there is a demo."""
    if not settings().local:
        return
    async with asyncio.TaskGroup() as group:
        group.create_task(_follow(), name="address of the demo")
        group.create_task(life.live(made_on), name="life of the demo")


async def _follow() -> None:
    """Lead the connections of every demo that is made meanwhile to this process."""
    followed = 0.0
    while True:
        made = made_at()
        if made != followed:
            try:
                await follow_address()
                followed = made
            except (SQLAlchemyError, OSError) as fault:
                _log.warning("the demo's address is not followed yet (%s)", type(fault).__name__)
        await asyncio.sleep(_LOOK_SECONDS)
