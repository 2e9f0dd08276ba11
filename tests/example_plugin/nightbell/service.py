"""What the night bell does, always for the tenant in force."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from core.api import Context
from nightbell.tables import Ring


async def ring(call_id: UUID, caller: str) -> None:
    """Somebody rings the bell."""
    await Ring(call_id=call_id, caller=caller).save()


async def answered(call_id: UUID) -> None:
    """The call is over: nobody waits at the bell any more."""
    await Ring.update({Ring.answered: True}).where(Ring.call_id == call_id)


async def first_day(ctx: Context) -> None:
    """The tenant has switched the bell on: it rings once, so that the list shows how it looks."""
    if not await Ring.exists():
        await Ring(caller="").save()


async def last_day() -> None:
    """The tenant has switched the bell off: nobody will come to those who rang."""
    await Ring.update({Ring.answered: True}, force=True)


ROPES: set[str] = set()
"""Processes of this interpreter in which the bell hangs."""


@contextmanager
def bell_rope(process: str) -> Iterator[None]:
    """The bell hangs in a process as long as that runs."""
    ROPES.add(process)
    try:
        yield
    finally:
        ROPES.discard(process)
