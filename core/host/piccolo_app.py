"""Tables of the plugin host, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.host.tables import ModuleSeat

APP_CONFIG = AppConfig(
    app_name="host",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[ModuleSeat],
    migration_dependencies=["core.identity.piccolo_app"],
)
