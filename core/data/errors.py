"""What PostgreSQL refuses and a use case may want to explain; asyncpg itself is for core.data alone."""

from asyncpg import CheckViolationError, ForeignKeyViolationError, UniqueViolationError

__all__ = ["CheckViolationError", "ForeignKeyViolationError", "UniqueViolationError"]
