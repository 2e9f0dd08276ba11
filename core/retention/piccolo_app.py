"""Tables of retention, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.retention.tables import RetentionPeriod

APP_CONFIG = AppConfig(
    app_name="retention",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[RetentionPeriod],
    migration_dependencies=["core.tenancy.piccolo_app"],
)
