"""Why something cannot be done: what, where and how to mend it, in words that can be translated.

A service raises these; pages show them beside the field, the REST API as problem details (RFC 9457). A package's
`errors.py` makes its own kinds, each with a stable `code`.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from core.api.texts import N_


class Refused(ValueError):
    """Something that was asked for and cannot be done as things are (HTTP 409).

    `message` is a gettext id with {placeholders} that `values` fill; `field` names what it is about, when it is one
    field of a form. `str()` is the English text.
    """

    code: ClassVar[str] = "refused"
    """What kind of refusal: stable, for programs. Ends up in the API's problem type."""
    status: ClassVar[int] = 409

    def __init__(self, message: str, /, *, field: str = "", **values: object) -> None:
        super().__init__(message.format(**values))
        self.message, self.field, self.values = message, field, values

    def text(self, translate: Callable[[str], str]) -> str:
        """The message in the language of `translate` (a gettext function)."""
        return translate(self.message).format(**self.values)

    @property
    def all(self) -> "tuple[Refused, ...]":
        """The refusals that this one stands for: itself, or those of each field."""
        return (self,)


class Invalid(Refused):
    """What was given cannot be right, whatever the state of things (HTTP 422)."""

    code = "invalid"
    status = 422


class NotFound(Refused):
    """There is no such thing, or it belongs to somebody else (HTTP 404)."""

    code = "not_found"
    status = 404


class Changed(Refused):
    """Somebody else changed it since it was read (HTTP 412): read it again, then change it."""

    code = "changed"
    status = 412

    def __init__(self) -> None:
        super().__init__(
            N_("Somebody else has changed this in the meantime. Look at how it is now, then make your change again.")
        )


class Taken(Refused):
    """Something else has it already: a name, a number, an address."""

    code = "taken"


class InUse(Refused):
    """It cannot go while something or somebody uses it; the text says who."""

    code = "in_use"


class SeveralInvalid(Invalid):
    """Several fields are wrong; each has a refusal of its own in `all`."""

    def __init__(self, problems: Iterable[Refused]) -> None:
        self._problems = tuple(problems)
        super().__init__(N_("Some fields need another look."))

    @property
    def all(self) -> tuple[Refused, ...]:
        return self._problems


class Problems:
    """Collects what is wrong with a form, field by field, so that all of it is told at once.

    `with problems.of("email"): checked(...)` keeps a refusal; `problems.check()` raises what was collected.
    """

    def __init__(self) -> None:
        self._found: list[Refused] = []

    def of(self, field: str) -> "_Field":
        """A block whose refusals belong to `field`."""
        return _Field(self._found, field)

    def add(self, problem: Refused) -> None:
        """Keep a refusal."""
        self._found.append(problem)

    def check(self) -> None:
        """Raise the refusal that was kept, or SeveralInvalid when there are more; nothing when there is none."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            raise SeveralInvalid(self._found)


class _Field:
    """Collects the refusals of one field."""

    def __init__(self, found: list[Refused], field: str) -> None:
        self._found, self._field = found, field

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if not isinstance(error, Refused):
            return False
        for problem in error.all:
            problem.field = problem.field or self._field
            self._found.append(problem)
        return True
