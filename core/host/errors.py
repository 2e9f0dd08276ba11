"""Why a plugin is not loaded, or is not there for a tenant."""

from core.api.errors import NotFound, Refused
from core.api.texts import N_


class PluginRefused(Exception):
    """The plugin breaks a rule of the loader; the message says which, where, and how to mend it."""


class NoSuchModule(NotFound):
    """No such plugin is loaded, or the operator has not granted it to the tenant: both look the same (GEN-8)."""


class ModuleOff(NotFound):
    """The tenant does not have the module on, so nothing of it is there."""


class NoSeatLeft(Refused):
    """Every seat that the operator has granted is taken (GEN-10)."""

    code = "no_seat_left"

    def __init__(self, seats: int) -> None:
        super().__init__(
            N_("All {seats} seats of this module are taken. Take one back, or ask your operator for more."),
            seats=seats,
        )
