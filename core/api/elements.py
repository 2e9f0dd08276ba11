"""The base class of call-flow elements: settings, exits and what runs."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable
from uuid import UUID

from msgspec import Struct

from core.api.calls import CallControl

END = ""
"""The exit of an element after which nothing follows: the call was ended or taken over."""


class Exit(Struct, frozen=True):
    """One way out of an element: its key in the flow document and its title (a gettext id)."""

    key: str
    title: str
    required: bool = True
    """False: when nothing is connected, the call is ended without an error."""
    waits: bool = False
    """True: the caller had time to act before this exit, so that a loop through it is not endless."""


class FlowLink(Struct, frozen=True):
    """What an element's run() returns to let the call go on in another flow of the tenant, from its start (IVR-19).

    When that cannot be, because the flow is gone or the call has gone through too many links (FWD-10), the call leaves
    by the element's exit `failed`.
    """

    flow: UUID


ConfigT = TypeVar("ConfigT", bound=Struct)


class Element(ABC, Generic[ConfigT]):
    """A kind of node of a call flow. Stateless: one instance serves all calls.

    `key` of a plugin's element begins with the plugin's name and a dot; `title` is a gettext id;
    `config` is the msgspec Struct from which the settings form is made.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    config: ClassVar[type[Struct]]

    @abstractmethod
    def exits(self, config: ConfigT) -> tuple[Exit, ...]:
        """The exits that a node with these settings has."""

    @abstractmethod
    async def run(self, call: CallControl, config: ConfigT) -> str | FlowLink:
        """Do the element's work; returns the key of the exit taken, END, or a link to another flow."""


AnyElement = Element[Any]


@runtime_checkable
class FlowUses(Protocol):
    """Who uses a thing that elements name in their settings: `flow_uses: NamedDependency[FlowUses]` in a route."""

    async def __call__(self, setting: str, id: UUID) -> list[str]:
        """Names of the flows whose newest version, or one that answers a number, has the id in this setting."""
        ...


@runtime_checkable
class FlowNames(Protocol):
    """The flows that can be linked to: `flow_names: NamedDependency[FlowNames]` in a route."""

    async def __call__(self) -> dict[UUID, str]:
        """Name of each flow of the tenant that has a version."""
        ...
