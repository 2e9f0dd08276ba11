"""What can go wrong with opening hours."""

from core.api.errors import InUse, NotFound, Taken
from core.api.texts import N_


class ScheduleNotFound(NotFound):
    """The tenant has no such opening hours."""

    def __init__(self) -> None:
        super().__init__(N_("There are no such opening hours; they may have been removed."))


class NameTaken(Taken):
    """Other opening hours have the name."""

    def __init__(self, name: str) -> None:
        text = N_("There are opening hours called {name} already: choose another name.")
        super().__init__(text, field="name", name=name)


class ScheduleInUse(InUse):
    """Opening hours that are used cannot be removed."""

    def __init__(self, uses: str) -> None:
        super().__init__(N_("These opening hours are used by {uses}: take them out there first."), uses=uses)
