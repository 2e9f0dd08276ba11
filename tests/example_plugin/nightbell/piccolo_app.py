"""The night bell's tables, for Piccolo and for `sentralbord migrate`."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from nightbell.tables import Ring

APP_CONFIG = AppConfig(
    app_name="nightbell",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Ring],
    migration_dependencies=["core.tenancy.piccolo_app"],
)
