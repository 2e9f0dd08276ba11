"""Tables of telephony, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.telephony.tables import TrunkRow

APP_CONFIG = AppConfig(
    app_name="telephony",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[TrunkRow],
    migration_dependencies=[
        "core.tenancy.piccolo_app",
        "core.directory.piccolo_app",
        "core.audio.piccolo_app",
        "core.queues.piccolo_app",
        "core.flows.piccolo_app",
    ],
)
