"""Why something cannot be done with roles."""

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
