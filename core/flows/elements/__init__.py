"""The built-in elements. A tenant's elements are these and those of its plugins."""

from collections.abc import Mapping
from uuid import UUID

from core.api.elements import AnyElement
from core.flows.elements.branch import Branch
from core.flows.elements.counter import Counter
from core.flows.elements.hangup import HangUp
from core.flows.elements.language import Language
from core.flows.elements.link import Link
from core.flows.elements.menu import Menu
from core.flows.elements.message import Message
from core.flows.elements.opening_hours import OpeningHours
from core.flows.elements.origin import Origin
from core.flows.elements.queue import Queue
from core.flows.elements.set_variable import SetVariable
from core.flows.elements.transfer import Transfer
from core.host.gate import Gate
from core.host.registry import Registry

BUILT_IN: Mapping[str, AnyElement] = {
    element.key: element
    for element in (
        OpeningHours(),
        Message(),
        Menu(),
        Language(),
        Queue(),
        Transfer(),
        Link(),
        SetVariable(),
        Branch(),
        Origin(),
        Counter(),
        HangUp(),
    )
}


def with_plugins(elements: Mapping[str, AnyElement]) -> Mapping[str, AnyElement]:
    """A tenant's elements: the built-in ones and `elements` of its plugins, which cannot replace them."""
    return {**elements, **BUILT_IN}


class TenantElements:
    """Which elements a tenant's flows may be made of, as its plugins go on and off."""

    def __init__(self, registry: Registry, gate: Gate) -> None:
        self._registry, self._gate = registry, gate
        self._known: dict[frozenset[str], Mapping[str, AnyElement]] = {}

    def of(self, tenant_id: UUID) -> Mapping[str, AnyElement]:
        """The built-in elements, and those of the plugins that the tenant has on."""
        on = self._gate.plugins(tenant_id)
        if on not in self._known:
            theirs = {key: item for key, item in self._registry.elements.items() if self._registry.owner(key) in on}
            self._known[on] = with_plugins(theirs)
        return self._known[on]
