"""Tables of roles, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.roles.tables import Role, RoleLevel

APP_CONFIG = AppConfig(
    app_name="roles",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Role, RoleLevel],
    migration_dependencies=["core.identity.piccolo_app"],
)
