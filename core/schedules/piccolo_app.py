"""Tables of schedules, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.schedules.tables import ScheduleRow

APP_CONFIG = AppConfig(
    app_name="schedules",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[ScheduleRow],
    migration_dependencies=["core.tenancy.piccolo_app"],
)
