"""Tables of the platform, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.platform.tables import PlatformNumber

APP_CONFIG = AppConfig(
    app_name="platform",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[PlatformNumber],
    migration_dependencies=["core.tenancy.piccolo_app"],
)
