"""The one gate: is this plugin on for this tenant?"""

from collections.abc import Mapping
from uuid import UUID


class Gate:
    """Which tenants have which plugins on. Answers from memory; `load` replaces what it knows.

    A plugin that is not loaded is on for nobody; a tenant has a plugin on when it is entitled to it and has
    switched it on.
    """

    def __init__(self, loaded: frozenset[str]) -> None:
        self._loaded = loaded
        self._on: Mapping[UUID, frozenset[str]] = {}

    def load(self, on: Mapping[UUID, frozenset[str]]) -> None:
        """Take over what the database says: tenant → plugins that are entitled and enabled."""
        self._on = {tenant: plugins & self._loaded for tenant, plugins in on.items()}

    def is_on(self, plugin: str, tenant_id: UUID) -> bool:
        return plugin in self._on.get(tenant_id, frozenset())

    def plugins(self, tenant_id: UUID) -> frozenset[str]:
        """The plugins that are on for the tenant."""
        return self._on.get(tenant_id, frozenset())

    def tenants(self, plugin: str) -> list[UUID]:
        """The tenants that have the plugin on."""
        return [tenant_id for tenant_id, plugins in self._on.items() if plugin in plugins]
