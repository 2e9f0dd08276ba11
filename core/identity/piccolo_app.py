"""Tables of identity, for Piccolo and migrate()."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from core.identity.tables import ApiToken, Passkey, PasswordLink, RecoveryCode, Totp, User, UserIdentifier

APP_CONFIG = AppConfig(
    app_name="identity",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[User, UserIdentifier, PasswordLink, Totp, RecoveryCode, Passkey, ApiToken],
    migration_dependencies=["core.tenancy.piccolo_app"],
)
