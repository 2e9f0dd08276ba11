"""The tables of VIP lists, for Piccolo and for `sentralbord migrate`."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from plugins.vip.tables import VipList, VipNumber

APP_CONFIG = AppConfig(
    app_name="vip",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[VipList, VipNumber],
    migration_dependencies=["core.tenancy.piccolo_app"],
)
