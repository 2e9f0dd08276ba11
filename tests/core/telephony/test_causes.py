"""SIP responses and causes, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calls.events import Cause, LegRole
from core.telephony.causes import (
    cause_of_hang_up,
    cause_of_loss,
    cause_of_refusal,
    refusal_of_cause,
    tries_next_trunk,
)


@pytest.mark.parametrize(
    ("code", "rang", "cause"),
    [
        (486, True, Cause.BUSY),
        (600, True, Cause.BUSY),
        (603, True, Cause.REJECTED),
        (403, False, Cause.REJECTED),
        (480, True, Cause.NO_ANSWER),
        (408, True, Cause.NO_ANSWER),
        (408, False, Cause.UNREACHABLE),
        (404, False, Cause.UNREACHABLE),
        (500, False, Cause.UNREACHABLE),
        (503, False, Cause.UNREACHABLE),
        (487, True, Cause.CANCELLED),
        (488, False, Cause.INCOMPATIBLE_MEDIA),
        (606, False, Cause.INCOMPATIBLE_MEDIA),
        (499, False, Cause.REJECTED),
        (302, False, Cause.FAILED),
    ],
)
def test_a_refusal_has_a_cause(code: int, rang: bool, cause: Cause) -> None:
    assert cause_of_refusal(code, rang) is cause


@given(st.integers(300, 699), st.booleans())
def test_every_final_response_has_a_cause_of_the_other_side(code: int, rang: bool) -> None:
    assert cause_of_refusal(code, rang) not in (Cause.COMPLETED, Cause.CALLER_HUNG_UP, Cause.AGENT_HUNG_UP)


@given(st.sampled_from(list(Cause)))
def test_every_cause_refuses_a_call_with_a_final_response(cause: Cause) -> None:
    assert 400 <= refusal_of_cause(cause) < 700


@pytest.mark.parametrize(
    "cause", [Cause.BUSY, Cause.REJECTED, Cause.NO_ANSWER, Cause.INCOMPATIBLE_MEDIA], ids=lambda cause: str(cause)
)
def test_a_cause_survives_the_way_over_sip(cause: Cause) -> None:
    assert cause_of_refusal(refusal_of_cause(cause), rang=True) is cause


def test_who_hung_up_depends_on_the_leg() -> None:
    assert cause_of_hang_up(LegRole.CALLER) is Cause.CALLER_HUNG_UP
    assert cause_of_hang_up(LegRole.AGENT) is Cause.AGENT_HUNG_UP
    assert cause_of_hang_up(LegRole.OUTSIDE) is Cause.AGENT_HUNG_UP
    assert cause_of_loss(LegRole.CALLER, 200) is Cause.CALLER_HUNG_UP
    assert cause_of_loss(LegRole.CALLER, 415) is Cause.INCOMPATIBLE_MEDIA
    assert cause_of_loss(LegRole.AGENT, 408) is Cause.FAILED


@given(st.integers(300, 699))
def test_another_trunk_is_never_tried_after_it_rang(code: int) -> None:
    assert not tries_next_trunk(code, rang=True)
    assert tries_next_trunk(code, rang=False) == (code == 408 or 500 <= code < 600)
