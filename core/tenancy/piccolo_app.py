"""Tables of tenancy, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.tenancy.tables import MainNumber, Tenant, TenantModule, TenantSetting

APP_CONFIG = AppConfig(
    app_name="tenancy",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Tenant, MainNumber, TenantModule, TenantSetting],
    migration_dependencies=["core.data.piccolo_app"],
)
