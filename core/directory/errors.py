"""Why somebody cannot be added to the directory, changed or removed."""

from core.api.errors import Refused
from core.api.texts import N_


class Taken(Refused):
    """Somebody else has it already."""

    code = "taken"


class InUse(Refused):
    """It cannot go while somebody has it."""

    code = "in_use"


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
