"""Keys: UUIDv7 (RFC 9562, 5.7), which begin with their time of birth and so sort and partition by it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils.compat

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)


def uuid7() -> UUID:
    """A new key, in order of creation within this process."""
    return uuid_utils.compat.uuid7()


def uuid7_floor(moment: datetime) -> UUID:
    """The smallest UUIDv7 of the millisecond of `moment`: a lower bound for keys made at or after it.

    Raises ValueError for a time without a zone or before 1970.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; give UTC or any zone")
    milliseconds = (moment - _EPOCH) // _MILLISECOND
    if not 0 <= milliseconds < 1 << 48:
        raise ValueError(f"{moment.isoformat()} is outside what a UUIDv7 can hold (from 1970)")
    return UUID(int=(milliseconds << 80) | _VERSION_AND_VARIANT)


def uuid7_time(key: UUID) -> datetime:
    """When the key was made: UTC, to the millisecond. Raises ValueError for another UUID version."""
    if key.version != 7:
        raise ValueError(f"{key} is not a UUIDv7, so it carries no time")
    return _EPOCH + (key.int >> 80) * _MILLISECOND
