"""The built-in elements. A tenant's elements are these and those of its plugins."""

from collections.abc import Mapping

from core.api.elements import AnyElement
from core.flows.elements.hangup import HangUp
from core.flows.elements.menu import Menu
from core.flows.elements.message import Message
from core.flows.elements.opening_hours import OpeningHours
from core.flows.elements.queue import Queue
from core.flows.elements.transfer import Transfer

BUILT_IN: Mapping[str, AnyElement] = {
    element.key: element for element in (OpeningHours(), Message(), Menu(), Queue(), Transfer(), HangUp())
}


def with_plugins(elements: Mapping[str, AnyElement]) -> Mapping[str, AnyElement]:
    """A tenant's elements: the built-in ones and `elements` of its plugins, which cannot replace them."""
    return {**elements, **BUILT_IN}
