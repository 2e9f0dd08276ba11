"""Texts of settings into which values of the call are filled in: {caller}, {dialled}, {language}, and variables."""

import re

from core.api.calls import CallControl

NAME = r"^[a-z][a-z0-9_]{0,30}$"
PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,30})\}")
LONGEST = 1000
"""Characters that a variable holds; what is longer is cut."""


def filled(text: str, call: CallControl) -> str:
    """The text with each {name} replaced by the value; "" for a variable that was not set."""
    own = {"caller": call.caller, "dialled": call.dialled, "language": call.language}
    return PLACE.sub(lambda place: own.get(place[1], call.variables.get(place[1], "")), text)[:LONGEST]
