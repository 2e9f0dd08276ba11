"""Tables of calls, for migrate(). Partitioned tables stay out of Piccolo's own migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

APP_CONFIG = AppConfig(
    app_name="calls",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    migration_dependencies=["core.data.piccolo_app"],
)
