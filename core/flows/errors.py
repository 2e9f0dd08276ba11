"""What can be wrong with a flow, and how it is told: place, fault and remedy."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from core.api.errors import InUse, Invalid, NotFound, Refused, Taken
from core.api.texts import N_


class Problem(Struct, frozen=True, kw_only=True):
    """One fault of a flow. `what` and `remedy` are gettext ids; `values` fill their %(name)s places."""

    what: str
    remedy: str
    node: str = ""
    """Id of the node; empty: the document as a whole."""
    field: str = ""
    """Path of the setting, such as `prompts[0].text`; empty: the node as a whole."""
    values: dict[str, str] = {}

    @property
    def place(self) -> str:
        return ".".join(part for part in (self.node, self.field) if part) or "flow"

    def text(self, translate: Callable[[str], str]) -> str:
        """Fault and remedy in the language of `translate` (a gettext function)."""
        return f"{translate(self.what) % self.values}; {translate(self.remedy) % self.values}"

    def __str__(self) -> str:
        return f"{self.place}: {self.text(str)}"


class Faulty(Invalid):
    """One problem of a flow, as a refusal at its place."""

    def __init__(self, problem: Problem) -> None:
        super().__init__("{problem}", field=problem.place, problem=problem)
        self._problem = problem

    def text(self, translate: Callable[[str], str]) -> str:
        return self._problem.text(translate)


class FlowInvalid(Invalid):
    """A flow document cannot be stored or published: all its problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(N_("The flow cannot be kept like this:\n{problems}"), problems="\n".join(map(str, problems)))
        self.problems = tuple(problems)

    @property
    def all(self) -> tuple[Refused, ...]:
        return tuple(Faulty(problem) for problem in self.problems)


class FlowNotFound(NotFound):
    """There is no such flow in this tenant."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such flow."))


class VersionNotFound(NotFound):
    """There is no such version of the flow, or of any flow of this tenant."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such version of a flow."))


class NameTaken(Taken):
    """Another flow of the tenant has the name."""

    def __init__(self, name: str) -> None:
        text = N_("Another flow is called {name}: give this one a name of its own.")
        super().__init__(text, field="name", name=name)


class FlowLinked(InUse):
    """A flow to which others lead cannot be removed."""

    def __init__(self, flows: Sequence[str]) -> None:
        super().__init__(N_("{flows} leads to this flow: let it lead elsewhere first."), flows=", ".join(flows))


class FlowInUse(InUse):
    """A flow that answers numbers cannot be removed."""

    def __init__(self, numbers: Sequence[str]) -> None:
        text = N_("The flow answers {numbers}: let another flow answer there first.")
        super().__init__(text, numbers=", ".join(numbers))
