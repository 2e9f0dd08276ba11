"""What PostgreSQL refuses and a use case may want to explain; asyncpg itself is for core.data alone."""

from asyncpg import CheckViolationError, DataError, ForeignKeyViolationError, PostgresError, UniqueViolationError

__all__ = ["CheckViolationError", "DataError", "ForeignKeyViolationError", "PostgresError", "UniqueViolationError"]
