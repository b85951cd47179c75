"""Computation and blocking calls, kept off the event loop. No other module starts threads."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def cpu(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what takes more than a few milliseconds in a thread, and return its result."""
    return await asyncio.to_thread(work, *args, **kwargs)
