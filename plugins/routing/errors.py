"""Why something cannot be done with route lists."""

from collections.abc import Sequence

from core.api import N_
from core.api.errors import InUse, NotFound, Taken


class ListNotFound(NotFound):
    """There is no such list in this tenant."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such route list."))


class RouteNotFound(NotFound):
    """The list has no such route."""

    def __init__(self) -> None:
        super().__init__(N_("The list has no such route."))


class NameTaken(Taken):
    """Another list has the name."""

    def __init__(self, name: str) -> None:
        super().__init__(N_("Another list is called {name}: give this one a name of its own."), field="name", name=name)


class ValueTaken(Taken):
    """The value leads somewhere already."""

    def __init__(self, value: str) -> None:
        super().__init__(N_("{value} leads somewhere already."), field="value", value=value)


class ListInUse(InUse):
    """Flows ask the list."""

    def __init__(self, flows: Sequence[str]) -> None:
        text = N_("The list is used in {flows}: take it out there first.")
        super().__init__(text, flows=", ".join(flows))
