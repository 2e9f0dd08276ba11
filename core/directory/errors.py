"""Why somebody cannot be added to the directory, changed or removed."""

from core.api.errors import Refused
from core.api.texts import N_


class LastAdministrator(Refused):
    """The company would have no administrator left."""

    code = "last_administrator"

    def __init__(self) -> None:
        super().__init__(
            N_("Nobody would be left to administer the company: make somebody else an administrator first."),
            field="role",
        )


class Yourself(Refused):
    """An administrator would lock herself out."""

    code = "yourself"

    def __init__(self) -> None:
        super().__init__(
            N_("You cannot remove or switch off yourself, nor give yourself another role: ask another administrator."),
            field="role",
        )
