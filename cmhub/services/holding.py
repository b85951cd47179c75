"""Keeping what is ours while a network takes its time."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from cmhub.db import DatabaseAway


@asynccontextmanager
async def renewed(renew: Callable[[], Awaitable[None]], lasting: timedelta) -> AsyncGenerator[None]:
    """Renew a claim that lasts so long, well before it ends, until the block is done.

    So a claim can be short, and what a dead worker held is soon free again.
    """
    task = asyncio.create_task(_renew(renew, lasting.total_seconds() * 0.6))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _renew(renew: Callable[[], Awaitable[None]], pause: float) -> None:
    while True:
        await asyncio.sleep(pause)
        try:
            await renew()
        except DatabaseAway:
            continue  # then nobody else can take it either
