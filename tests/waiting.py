"""Waiting for conditions instead of sleeping."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until `condition()` is true. Raises TimeoutError after `seconds`, which are many for a busy machine."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
