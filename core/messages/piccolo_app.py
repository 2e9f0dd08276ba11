"""Tables of the outbox, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.messages.tables import OutboxMessage

APP_CONFIG = AppConfig(
    app_name="messages",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[OutboxMessage],
    migration_dependencies=["core.tenancy.piccolo_app"],
)
