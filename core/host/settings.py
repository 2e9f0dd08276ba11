"""The settings of plugins as tenants have stored them; secrets are sealed there, and open only for the plugin."""

import base64
import logging
from typing import Any

import msgspec
from msgspec import Struct

from core.api.errors import Invalid
from core.data import current_tenant
from core.host.registry import Plugin
from core.host.settings_form import form_of, secrets_of
from core.host.settings_values import Plain, checked
from core.identity.vault import Vault, VaultError
from core.tenancy.service import store_settings, stored_settings

log = logging.getLogger(__name__)


class ReadSettings(Struct, frozen=True):
    """Settings of a plugin, an instance of Manifest.settings, and their version; 0: nothing is stored."""

    settings: Any
    version: int


class PluginSettings:
    """Reads and stores the settings of the tenant in force. Nothing is kept in memory, so every process has the same.

    `vault`: seals the secrets; None: for plugins that have none.
    """

    def __init__(self, vault: Vault | None = None) -> None:
        self._vault = vault

    async def read(self, plugin: Plugin) -> ReadSettings:
        """The settings of a plugin that has some; defaults when nothing is stored, or nothing that fits."""
        kind = plugin.manifest.settings
        assert kind is not None, f"{plugin.name} has no settings"
        stored = await stored_settings(plugin.name)
        values = stored.value
        form = form_of(kind)
        for path in secrets_of(form):
            if sealed := value_at(values, path):
                put_at(values, path, self._open(plugin, path, sealed))
        try:
            return ReadSettings(checked(form, values), stored.version)
        except Invalid as error:
            log.error(
                "stored settings of %s for %s do not fit and are not used: %s", plugin.name, current_tenant(), error
            )
            return ReadSettings(kind(), stored.version)

    async def write(self, plugin: Plugin, settings: Any, version: int) -> int:
        """Store settings instead of those of `version`; the new version. Raises Changed."""
        values = msgspec.to_builtins(settings)
        for path in secrets_of(form_of(type(settings))):
            if secret := value_at(values, path):
                put_at(values, path, self._seal(plugin, path, secret))
        return await store_settings(plugin.name, values, version)

    def _seal(self, plugin: Plugin, path: str, secret: str) -> str:
        return base64.b64encode(self._key.seal(secret, _about(plugin, path))).decode()

    def _open(self, plugin: Plugin, path: str, sealed: str) -> str:
        """The secret; nothing when it was sealed with a key that is lost: then it has to be typed again."""
        try:
            return self._key.open(base64.b64decode(sealed), _about(plugin, path))
        except VaultError as error:
            log.error("the setting %s of %s for %s is lost: %s", path, plugin.name, current_tenant(), error)
            return ""

    @property
    def _key(self) -> Vault:
        if self._vault is None:
            raise RuntimeError("these plugins' settings were opened without a vault for secrets")
        return self._vault


def value_at(values: Plain, path: str) -> Any:
    """The value at a path of names with dots; None where there is nothing."""
    found: Any = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def put_at(values: Plain, path: str, value: Any) -> None:
    """Put a value at a path; what leads there is made where it is missing, and left where it is no object."""
    *way, last = path.split(".")
    for name in way:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            return
    values[last] = value


def _about(plugin: Plugin, path: str) -> str:
    return f"setting:{current_tenant()}:{plugin.name}:{path}"
