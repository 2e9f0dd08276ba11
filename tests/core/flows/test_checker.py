"""The checker: a faultless flow passes, every fault is named with its place, and what passes can be run."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.api.calls import CallerHungUp, DialOutcome, QueueExit, QueueResult
from core.calls.events import FlowFailed
from core.flows.checker import validate
from core.flows.document import Document, Edge, parse
from core.flows.elements import BUILT_IN
from core.flows.errors import FlowInvalid, Problem
from core.flows.interpreter import run_flow
from core.flows.prompts import prompts_of
from core.flows.settings import check_settings
from core.flows.simulator import Press, Script, SimulatedCall, Stay, Try
from tests.core.flows.flows import QUEUE, document, node, published, switchboard

GOOD = switchboard()


def problems(flow: Document) -> list[Problem]:
    return validate(flow, BUILT_IN)


def change(flow: Document, **fields: Any) -> Document:
    return msgspec.structs.replace(flow, **fields)


def test_a_faultless_flow_has_no_problems() -> None:
    assert problems(GOOD) == []


def test_a_document_survives_being_stored() -> None:
    assert parse(msgspec.json.encode(GOOD)) == GOOD


@given(st.integers(0, len(GOOD.edges) - 1))
def test_every_connection_that_is_missing_is_named(number: int) -> None:
    edge = GOOD.edges[number]
    found = problems(change(GOOD, edges=GOOD.edges[:number] + GOOD.edges[number + 1 :]))
    required = edge.source not in ("hello", "sorry")
    missing = {(p.node, p.values.get("exit")) for p in found if "leads nowhere" in p.what}
    assert missing == ({(edge.source, edge.exit)} if required else set())


@given(st.integers(0, len(GOOD.edges) - 1))
def test_a_connection_to_a_node_that_does_not_exist_is_named(number: int) -> None:
    edges = list(GOOD.edges)
    edges[number] = Edge(edges[number].source, edges[number].exit, "nobody")
    found = [p for p in problems(change(GOOD, edges=tuple(edges))) if "lacks the node" in p.what]
    assert [(p.node, p.values["end"]) for p in found] == [(edges[number].source, "nobody")]


@given(st.integers(0, len(GOOD.edges) - 1))
def test_a_connection_from_an_exit_that_the_node_does_not_have_is_named(number: int) -> None:
    source = GOOD.edges[number].source
    found = problems(change(GOOD, edges=(*GOOD.edges, Edge(source, "7", "menu"))))
    assert [(p.node, p.values.get("exit")) for p in found] == [(source, "7")]


@given(st.integers(0, len(GOOD.nodes) - 1))
def test_an_unknown_element_is_named_and_hides_no_other_fault(number: int) -> None:
    nodes = list(GOOD.nodes)
    nodes[number] = msgspec.structs.replace(nodes[number], element="fax.receive")
    found = problems(change(GOOD, nodes=(*nodes, node("island", "hang_up"))))
    assert {(p.node, "fax.receive" in str(p)) for p in found} == {(nodes[number].id, True), ("island", False)}


def test_a_node_that_no_call_reaches_is_named() -> None:
    (found,) = problems(change(GOOD, nodes=(*GOOD.nodes, node("island", "hang_up"))))
    assert (found.node, found.what) == ("island", "no call can come here")


def test_ids_and_connections_that_exist_twice_are_named() -> None:
    twice = change(GOOD, nodes=(*GOOD.nodes, node("bye", "hang_up")), edges=(*GOOD.edges, GOOD.edges[0]))
    assert {(p.node, p.what.split()[0]) for p in problems(twice)} == {("bye", "several"), ("hello", "the")}


def test_a_start_that_does_not_exist_is_named() -> None:
    found = problems(change(GOOD, start="nobody"))
    assert "begins at a node that does not exist" in found[0].what


@given(st.integers(1, 8))
def test_a_loop_without_a_wait_is_named_with_its_nodes(length: int) -> None:
    nodes = [node(f"n{i}", "message", prompt="Hi.") for i in range(length)]
    edges = " ".join(f"n{i}.next>n{(i + 1) % length}" for i in range(length))
    (found,) = problems(document(*nodes, edges=edges))
    loop = found.values["loop"].split(" → ")
    assert "without end" in found.what
    assert sorted(loop[1:]) == sorted(n.id for n in nodes)
    assert all(f"{a}.next>{b}" in edges.split() for a, b in pairwise(loop))


def test_each_of_several_loops_is_named() -> None:
    nodes = [node(name, "message", prompt="Hi.") for name in "abcd"]
    found = problems(document(*nodes, edges="a.next>b b.next>a c.next>d d.next>c"))
    loops = [set(p.values["loop"].split(" → ")) for p in found if "loop" in p.values]
    assert sorted(map(sorted, loops)) == [["a", "b"], ["c", "d"]]


def test_a_loop_through_a_menu_is_allowed() -> None:
    menu, message = node("menu", "menu", prompt="One?", keys="1"), node("m", "message", prompt="So.")
    edges = "menu.1>m menu.invalid>m menu.no_dial>m m.next>menu"
    assert problems(document(menu, message, edges=edges)) == []


def test_a_loop_over_a_queue_that_sends_on_at_once_is_endless() -> None:
    flow = document(
        node("q", "queue", queue=QUEUE, exit_if_queue=True, allow_empty=True),
        node("m", "message", prompt="All are busy."),
        edges="q.busy>m m.next>q q.timeout>m",
    )
    (found,) = problems(flow)
    assert set(found.values["loop"].split(" → ")) == {"q", "m"}


@pytest.mark.parametrize(
    ("element", "settings", "field", "words"),
    [
        ("menu", {"prompts": [{"text": "One?"}]}, "keys", "keys is missing"),
        ("menu", {"prompts": [{"text": "One?"}], "keys": "1a"}, "keys", "write the digits of the menu"),
        ("menu", {"prompts": [{"text": "One?"}], "keys": "11"}, "", "name one of them twice"),
        ("menu", {"prompts": [], "keys": "1"}, "prompts", "at least 1"),
        ("menu", {"prompts": [{"text": "?"}], "keys": "1", "attempts": 0}, "attempts", "use 1 or more"),
        ("menu", {"prompts": [{"text": "?"}], "keys": "1", "attempts": 99}, "attempts", "use 9 or less"),
        ("menu", {"prompts": [{"text": "?"}], "keys": "1", "attempts": "two"}, "attempts", "a whole number"),
        ("message", {"prompts": [{"text": "Hi", "sound": QUEUE}]}, "prompts[0]", "either a sound or a text"),
        (
            "message",
            {"prompts": [{"text": "Hi"}, {"sound": "x"}]},
            "prompts[1].sound",
            "not the id of anything",
        ),
        ("message", {"prompts": "Hi"}, "prompts", "give a list"),
        ("message", {"prompts": [{"text": "Hi"}], "loud": True}, "loud", "the settings are: prompts"),
        ("queue", {"queue": QUEUE, "distribution": "fair"}, "distribution", "longest_idle, ring_all"),
        ("queue", {"queue": QUEUE, "total_seconds": 1}, "total_seconds", "use 5 or more"),
        ("queue", {"queue": 7}, "queue", "an id"),
        ("transfer", {"number": "22334455"}, "number", "write it with + and the country code"),
        ("hang_up", {"now": 1}, "now", "remove it"),
    ],
)
def test_a_wrong_setting_is_named_in_plain_words(
    element: str, settings: dict[str, Any], field: str, words: str
) -> None:
    (found,) = check_settings(BUILT_IN[f"core.{element}"], settings, "here")
    assert (found.node, found.field) == ("here", field)
    assert words in str(found)
    assert "`" not in str(found)
    assert "$" not in str(found)


def test_every_wrong_setting_of_a_node_is_named_at_once() -> None:
    settings = {"prompts": [], "keys": "x", "attempts": 0, "colour": "blue"}
    found = check_settings(BUILT_IN["core.menu"], settings)
    assert {p.field for p in found} == set(settings)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("{", "flow"),
        ("[]", "flow"),
        ('{"start": "a"}', "flow"),
        ('{"start": "a", "nodes": [{"id": "A B", "element": "core.menu"}]}', "nodes[0].id"),
        (
            '{"start": "a", "nodes": [], "edges": [{"source": "a", "exit": 1, "target": "b"}]}',
            "edges[0].exit",
        ),
        ('{"start": "a", "nodes": [], "format": 2}', "format"),
        ('{"start": "a", "nodes": [], "colour": 2}', "flow"),
    ],
)
def test_what_is_no_flow_document_is_refused_with_the_place(data: str, place: str) -> None:
    with pytest.raises(FlowInvalid) as raised:
        parse(data)
    assert raised.value.problems[0].place == place


def test_all_prompts_of_a_flow_are_found_each_once() -> None:
    flow = document(
        node("m", "message", prompts=[{"text": "a"}, {"text": "b"}, {"text": "a"}]),
        node("q", "queue", queue=QUEUE, message=[{"sound": QUEUE}]),
        node("n", "menu", prompt="c", keys="1", invalid_prompts=[{"text": "d"}]),
        node("x", "fax"),
        node("bad", "message", prompts=3),
    )
    assert [p.text or str(p.sound) for p in prompts_of(flow, BUILT_IN)] == ["a", "b", QUEUE, "c", "d"]


IDS = ("a", "b", "c", "d", "e")
KINDS: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
    ("message", {"prompt": "Hi."}, ("next",)),
    ("menu", {"prompt": "One?", "keys": "12"}, ("1", "2", "invalid", "no_dial")),
    ("queue", {"queue": QUEUE, "keys": "9"}, ("timeout", "empty", "9")),
    ("transfer", {"number": "+4722334455"}, ("busy", "no_answer", "unreachable", "not_allowed")),
    ("hang_up", {}, ()),
)


@st.composite
def flows(draw: st.DrawFn) -> Document:
    kinds = [draw(st.sampled_from(KINDS)) for _ in range(draw(st.integers(1, len(IDS))))]
    ids = IDS[: len(kinds)]
    target = st.sampled_from(ids)
    edges = (
        Edge(id, exit, draw(target)) for id, kind in zip(ids, kinds, strict=True) for exit in kind[2]
        if kind[0] not in ("message", "transfer") or draw(st.booleans())
    )  # fmt: skip
    nodes = tuple(node(id, kind[0], **kind[1]) for id, kind in zip(ids, kinds, strict=True))
    return Document(start=draw(target), nodes=nodes, edges=tuple(edges))


@settings(max_examples=300)
@given(flow=flows(), keys=st.text("129", max_size=30), data=st.data())
async def test_a_flow_that_passes_the_check_runs_without_a_fault(
    flow: Document, keys: str, data: st.DataObject
) -> None:
    found = problems(flow)
    exits = st.sampled_from([QueueExit.TIMEOUT, QueueExit.EMPTY, QueueExit.ANSWERED])
    script = Script(
        presses=tuple(Press(7.0 * i, key) for i, key in enumerate(keys)),
        stays=tuple(Stay(9, QueueResult(e)) for e in data.draw(st.lists(exits, min_size=1, max_size=4))),
        tries=tuple(Try(9, outcome) for outcome in data.draw(st.permutations(list(DialOutcome)))),
        hang_up_at=600.0,
    )
    call = SimulatedCall(script)
    try:
        await run_flow(published(flow), call, call, BUILT_IN)
    except CallerHungUp:
        return
    faults = [entry.data.problem for entry in call.journal if isinstance(entry.data, FlowFailed)]
    # Unreachable nodes do no harm, a loop without a wait does; on all others time passes until the hang-up.
    assert faults == [] or any("without end" in p.what for p in found)
