"""What a refused form shows: the problem of each field, and one text above."""

from core.api.errors import Refused
from core.ui.templating import _


def problems_of(error: Refused) -> dict[str, str]:
    """Field → what is wrong with it, in the language of the request."""
    return {one.field: one.text(_) for one in error.all if one.field}


def problem_of(error: Refused) -> str:
    """The text above the form."""
    return error.text(_)
