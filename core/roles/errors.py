"""Why something cannot be done with roles."""

from core.api.errors import Refused
from core.api.texts import N_


class SystemRole(Refused):
    """The roles of the system are as they are (ROL-2)."""

    code = "system_role"

    def __init__(self) -> None:
        super().__init__(N_("The roles of the system cannot be changed: make a copy, and change that."))


class LastAdministrator(Refused):
    """The company would have no administrator left."""

    code = "last_administrator"

    def __init__(self) -> None:
        super().__init__(
            N_("Nobody would be left to administer the company: make somebody else an administrator first."),
            field="role",
        )


class NotCovered(Refused):
    """It would give, or touch somebody who has, more than whoever asks may do herself."""

    code = "not_covered"
    status = 403

    def __init__(self, missing: str) -> None:
        super().__init__(
            N_("This needs more than you may do yourself ({missing}): ask an administrator."), missing=missing
        )
