"""What differs between two documents is told node by node; applied to the earlier it gives the later."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.flows.difference import Difference, NodeChange, difference
from core.flows.document import Document, Edge, Node, Position
from tests.core.flows.flows import document, node, switchboard

IDS = ("a", "b", "c")
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("pq"), inner, max_size=2),
    max_leaves=4,
)
nodes = st.builds(
    Node,
    id=st.sampled_from(IDS),
    element=st.sampled_from(["core.menu", "core.queue"]),
    name=st.sampled_from(["", "Front"]),
    settings=st.dictionaries(st.sampled_from("xy"), values, max_size=2),
    position=st.builds(Position, x=st.integers(0, 1).map(float)),
)
edges = st.builds(Edge, st.sampled_from(IDS), st.sampled_from("12"), st.sampled_from(IDS))
documents = st.builds(
    Document,
    start=st.sampled_from(IDS),
    nodes=st.lists(nodes, unique_by=lambda one: one.id).map(tuple),
    edges=st.lists(edges, unique=True).map(tuple),
)


@given(documents, documents)
def test_what_is_told_leads_from_the_earlier_to_the_later(before: Document, after: Document) -> None:
    """IVR-3."""
    found = difference(before, after)
    assert {one.id for one in before.nodes} - {one.id for one in found.removed} | {one.id for one in found.added} == {
        one.id for one in after.nodes
    }
    assert set(before.edges) - set(found.disconnected) | set(found.connected) == set(after.edges)
    told = {change.id for change in found.changed} | set(found.moved)
    later = {one.id: one for one in after.nodes}
    for one in before.nodes:
        if one.id in later:
            assert (one.id in told) == (one != later[one.id])


@given(documents, documents)
def test_backwards_the_same_is_told_the_other_way_round(before: Document, after: Document) -> None:
    there, back = difference(before, after), difference(after, before)
    assert (there.added, there.connected) == (back.removed, back.disconnected)
    assert {one.id: one.settings for one in there.changed} == {
        one.id: {path: (new, old) for path, (old, new) in one.settings.items()} for one in back.changed
    }


@given(documents)
def test_a_document_does_not_differ_from_itself_in_another_order(flow: Document) -> None:
    turned = msgspec.structs.replace(flow, nodes=flow.nodes[::-1], edges=flow.edges[::-1])
    assert not difference(flow, turned)


def test_a_setting_is_told_by_its_path_with_what_it_was_and_is() -> None:
    changed = document(
        *(node("hello", "message", prompt="God dag.") if one.id == "hello" else one for one in switchboard().nodes)
    )
    found = difference(switchboard(), msgspec.structs.replace(changed, edges=switchboard().edges))
    assert found == Difference(
        changed=(NodeChange(id="hello", settings={"prompts[0].text": ("Welcome to Fjord Industries.", "God dag.")}),)
    )
