"""The timeline of a call in plain language."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

import pytest

from core.api.calls import QueueExit
from core.calls import events as e
from core.calls import timeline as t
from core.calls.events import AnyData, Event
from core.calls.timeline import timeline
from tests.journals import Company, journals

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
COMPANY = Company(UUID(int=7))


def test_every_event_type_has_a_line() -> None:
    assert set(t._LINES) == set(get_args(AnyData))


@pytest.mark.parametrize(
    ("kinds", "texts"),
    [
        (e.Cause, t.ENDS),
        (e.Cause, t.LEG_ENDS),
        (e.Entry, t.ENTRIES),
        (QueueExit, t.EXITS),
        (e.OfferKind, t.OFFERS),
        (e.OfferOutcome, t.OUTCOMES),
        (e.PartEnd, t.PART_ENDS),
    ],
)
def test_every_cause_exit_and_outcome_has_words_of_its_own(kinds: type, texts: dict[object, str]) -> None:
    assert set(texts) == set(kinds)
    assert len(set(texts.values())) == len(texts)


def test_every_generated_journal_reads_as_complete_sentences() -> None:
    for events in journals(3, COMPANY, AT, calls_a_day=300):
        lines = list(timeline(events))
        assert [line.seq for line in lines] == [event.seq for event in events]
        assert lines[0].seconds == 0
        for line in lines:
            words = line.words()
            assert "{" not in words
            assert "unknown" not in words or "number" in words
            assert line.type.count(".") == 1


def test_a_line_tells_who_answered_and_after_how_long_and_is_translated() -> None:
    offer = UUID(int=1)
    offered = e.Offered(
        offer_id=offer,
        visit_id=UUID(int=2),
        person_id=UUID(int=3),
        person="Anna Berg",
        kind=e.OfferKind.AUTOMATIC,
        ring_seconds=20,
    )
    ended = e.OfferEnded(offer_id=offer, outcome=e.OfferOutcome.ANSWERED)
    events = [
        Event(UUID(int=7), UUID(int=8), 1, AT, offered),
        Event(UUID(int=7), UUID(int=8), 2, AT + timedelta(seconds=4.26), ended),
    ]
    lines = list(timeline(events))
    assert [line.words() for line in lines] == ["Ringing Anna Berg for up to 20 s", "Anna Berg answered after 4.3 s"]
    assert lines[1].seconds == 4.26
    norwegian = {"{person} answered after {seconds} s": "{person} svarte etter {seconds} s"}
    assert lines[1].words(lambda text: norwegian.get(text, text)) == "Anna Berg svarte etter 4.3 s"


def test_parameters_that_are_words_are_translated_and_names_are_not() -> None:
    leg = UUID(int=1)
    created = e.LegCreated(leg_id=leg, role=e.LegRole.AGENT, address="sip:busy@x", person="busy")
    ended = e.LegEnded(leg_id=leg, cause=e.Cause.BUSY)
    lines = list(timeline([Event(UUID(int=7), leg, 1, AT, created), Event(UUID(int=7), leg, 2, AT, ended)]))
    words = lines[1].words(lambda text: {"busy": "opptatt"}.get(text, text))
    assert words == "The telephone of busy is disconnected: opptatt"
