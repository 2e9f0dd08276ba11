"""Why somebody cannot be added to the directory, changed or removed."""

from core.api.errors import Refused
from core.api.texts import N_


class Yourself(Refused):
    """An administrator would lock herself out."""

    code = "yourself"

    def __init__(self) -> None:
        super().__init__(
            N_("You cannot remove or switch off yourself, nor give yourself another role: ask another administrator."),
            field="role",
        )


class NotYours(Refused):
    """A detail that the company does not let its users change."""

    code = "not_yours"

    def __init__(self, *, field: str) -> None:
        super().__init__(N_("Only an administrator of your company can change this."), field=field)
