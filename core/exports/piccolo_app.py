"""Tables of exports, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.exports.tables import DataExport, DataExportPart

APP_CONFIG = AppConfig(
    app_name="exports",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[DataExport, DataExportPart],
    migration_dependencies=["core.tenancy.piccolo_app"],
)
