"""What a refused form shows: the problem of each field, and one text above."""

from collections.abc import Iterable

from core.api.errors import Invalid, Refused
from core.api.texts import N_
from core.ui.templating import _


def problems_of(error: Refused) -> dict[str, str]:
    """Field → what is wrong with it, in the language of the request."""
    return {one.field: one.text(_) for one in error.all if one.field}


def problem_of(error: Refused) -> str:
    """The text above the form."""
    return error.text(_)


def only_fields(form: Iterable[str], *names: str) -> None:
    """Refuse a form with a field that is none of these; one that ends in a dot: any that begins so. Raises Invalid."""
    for name in form:
        if name != "csrf" and not any(name.startswith(one) if one.endswith(".") else name == one for one in names):
            raise Invalid(N_("This form has no field {name}."), name=name[:40])


def number_in(text: str, field: str) -> int | None:
    """The whole number typed into a field; None when it is empty. Raises Invalid."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Invalid(N_("“{text}” is no whole number."), field=field, text=text)
    return int(text)
