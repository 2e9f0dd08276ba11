"""Why a plugin is not loaded, or is not there for a tenant."""

from core.api.errors import NotFound


class PluginRefused(Exception):
    """The plugin breaks a rule of the loader; the message says which, where, and how to mend it."""


class NoSuchModule(NotFound):
    """No such plugin is loaded, or the operator has not granted it to the tenant: both look the same (GEN-8)."""


class ModuleOff(NotFound):
    """The tenant does not have the module on, so nothing of it is there."""
