"""Tables of the queues, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.queues.tables import Queue, QueueMember

APP_CONFIG = AppConfig(
    app_name="queues",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Queue, QueueMember],
    migration_dependencies=["core.directory.piccolo_app"],
)
