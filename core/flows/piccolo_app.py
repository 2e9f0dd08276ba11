"""Tables of flows, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.flows.tables import Flow, FlowVersion

APP_CONFIG = AppConfig(
    app_name="flows",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Flow, FlowVersion],
    migration_dependencies=["core.tenancy.piccolo_app"],
)
