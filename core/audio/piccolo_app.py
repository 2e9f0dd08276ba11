"""Tables of the sound library, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.audio.tables import Sound

APP_CONFIG = AppConfig(
    app_name="audio",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Sound],
    migration_dependencies=["core.tenancy.piccolo_app"],
)
