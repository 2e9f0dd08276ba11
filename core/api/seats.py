"""Named seats of a module: the licences that its tenant has, and who has been given one (GEN-10)."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Seat(Struct, frozen=True):
    """A seat of a module that a user has. `taken_at` is UTC."""

    user_id: UUID
    user: str
    """Her name."""
    taken_at: datetime


class Seats(Struct, frozen=True):
    """The seats of a module: how many there are, None for as many as wanted, and those that are taken."""

    limit: int | None
    taken: tuple[Seat, ...]
