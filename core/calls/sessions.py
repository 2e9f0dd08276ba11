"""How long an agent was logged in and out within a period (RAD-3 … RAD-5)."""

from collections.abc import Iterable
from datetime import datetime

from core.calls.model import AgentSession, seconds


def logged_in_out(sessions: Iterable[AgentSession], start: datetime, end: datetime) -> tuple[float, float]:
    """Seconds logged in to any queue, and seconds logged in to none, between `start` and `end` (UTC).

    The sessions are one agent's, in any order; they overlap when she is logged in to several queues. One that is
    still open lasts until `end`. The two sum up to the length of the period.  RAD-3
    """
    logged_in = logged_out = 0.0
    reached = start
    for session in sorted(sessions, key=lambda s: s.logged_in_at):
        begin = max(session.logged_in_at, reached)
        finish = min(session.logged_out_at or end, end)
        if finish <= begin:
            continue
        logged_out += seconds(reached, begin)
        logged_in += seconds(begin, finish)
        reached = finish
    return logged_in, logged_out + seconds(reached, end)
