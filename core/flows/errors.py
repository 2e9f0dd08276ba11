"""What can be wrong with a flow, and how it is told: place, fault and remedy."""

from collections.abc import Sequence

from msgspec import Struct


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

    def __str__(self) -> str:
        return f"{self.place}: {self.what % self.values}; {self.remedy % self.values}"


class FlowInvalid(ValueError):
    """A flow document cannot be stored or published: all its problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class FlowNotFound(LookupError):
    """There is no such flow or version in this tenant."""
