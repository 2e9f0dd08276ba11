"""Why a plugin is not loaded."""


class PluginRefused(Exception):
    """The plugin breaks a rule of the loader; the message says which, where, and how to mend it."""
