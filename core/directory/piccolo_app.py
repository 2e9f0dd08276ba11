"""Tables of the directory, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.directory.tables import (
    CustomField,
    Device,
    Person,
    PersonPicture,
    Presence,
    StatusName,
    UserBatch,
    UserBatchItem,
)

APP_CONFIG = AppConfig(
    app_name="directory",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Person, Device, PersonPicture, CustomField, Presence, StatusName, UserBatch, UserBatchItem],
    migration_dependencies=["core.identity.piccolo_app"],
)
