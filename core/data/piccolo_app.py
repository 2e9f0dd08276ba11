"""Database functions of the data layer, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

APP_CONFIG = AppConfig(app_name="data", migrations_folder_path=Path(__file__).parent / "piccolo_migrations")
