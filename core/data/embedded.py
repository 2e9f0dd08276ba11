"""The services of an installation that has none of its own: PostgreSQL and Redis in its data folder."""

from core.data.embedded_postgres import EmbeddedPostgres
from core.data.embedded_redis import EmbeddedRedis
from core.data.server_folder import EmbeddedError

__all__ = ["EmbeddedError", "EmbeddedPostgres", "EmbeddedRedis"]
