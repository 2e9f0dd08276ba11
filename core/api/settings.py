"""What the settings of a plugin are made of besides the types of Python."""

from typing import Annotated

from msgspec import Meta

Secret = Annotated[str, Meta(extra_json_schema={"writeOnly": True})]
"""A text that nobody can read again: forms and the API take a new one and show none, and it is stored sealed.

`key: Annotated[Secret, Meta(title=N_("Key"), max_length=200)] = ""`; it cannot stand in a list.
"""
