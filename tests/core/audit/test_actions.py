"""Every action that core records can be told in plain language, and no other is listed."""

import re
from pathlib import Path

from core.audit.actions import ACTIONS

CORE = Path(__file__).parents[3] / "core"
RECORDED = re.compile(r'\brecord\(\s*"([a-z_.]+)"')


def test_every_recorded_action_has_a_text_and_every_text_is_of_a_recorded_action() -> None:
    recorded = {action for file in CORE.rglob("*.py") for action in RECORDED.findall(file.read_text())}
    assert recorded == ACTIONS.keys()
