"""Tables of the sound library, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.audio.tables import Sound, SoundCategory, SoundVersion

APP_CONFIG = AppConfig(
    app_name="audio",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[SoundCategory, Sound, SoundVersion],
    migration_dependencies=["core.directory.piccolo_app"],
)
