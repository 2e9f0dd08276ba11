"""Every action that core records can be told in plain language, and no other is listed."""

import re
from pathlib import Path

from core.audit.actions import ACTIONS

CORE = Path(__file__).parents[3] / "core"
RECORDED = re.compile(r'\brecord(?:_for_operator)?\(\s*(?:"([a-z_.]+)" if on else )?"([a-z_.]+)"')


def test_every_recorded_action_has_a_text_and_every_text_is_of_a_recorded_action() -> None:
    found = (hit for file in CORE.rglob("*.py") for hit in RECORDED.findall(file.read_text()))
    recorded = {action for hit in found for action in hit if action}
    assert recorded == ACTIONS.keys()
