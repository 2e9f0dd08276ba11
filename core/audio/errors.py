"""What can be wrong with a sound."""

from collections.abc import Sequence

from core.api.errors import InUse, Invalid, NotFound, Taken
from core.api.texts import N_


class SoundError(Invalid):
    """An audio file, or what is said about a sound, cannot be used; the message says why and what to do."""


class SoundNotFound(NotFound):
    """There is no such sound in this tenant."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such sound: choose another one."))


class CategoryNotFound(NotFound):
    """There is no such category in this tenant."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such category."), field="category")


class VersionNotFound(NotFound):
    """The sound has no such version."""

    def __init__(self) -> None:
        super().__init__(N_("The sound has no such version."))


class NameTaken(Taken):
    """Another sound, or category, has the name."""

    def __init__(self, name: str) -> None:
        super().__init__(N_("{name} is there already: choose another name."), field="name", name=name)


class SoundInUse(InUse):
    """A sound that something plays is removed only by somebody who knows that."""

    def __init__(self, places: Sequence[str]) -> None:
        text = N_("The sound is used by: {places}. Choose another there first, or remove it all the same.")
        super().__init__(text, places=", ".join(places))
