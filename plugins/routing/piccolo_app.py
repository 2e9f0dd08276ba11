"""The tables of route lists, for Piccolo and for `sentralbord migrate`."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from plugins.routing.tables import Route, RouteList

APP_CONFIG = AppConfig(
    app_name="routing",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[RouteList, Route],
    migration_dependencies=["core.tenancy.piccolo_app"],
)
