"""Numbers as the operator writes them down: single ones and ranges; no I/O."""

import re
from collections.abc import Iterator

from core.api.errors import Invalid
from core.api.texts import N_
from core.tenancy.model import checked_e164

MOST = 10_000
"""Numbers that can be entered at once."""
_RANGE = re.compile(r"(\+\d+)\s*(?:-|–|\.\.|to)\s*(\+\d+)")


def parse_numbers(text: str) -> list[str]:
    """The numbers (E.164) of a text with one number or range ("+4722334400 - +4722334499") a line.

    Spaces inside a number do not count. Raises Invalid: a line that is neither, a range that is none, too many.
    """
    found: dict[str, None] = {}
    for line in filter(None, map(str.strip, re.split(r"[\n,;]", text))):
        for number in _numbers_of(line):
            found[number] = None
            if len(found) > MOST:
                raise Invalid(N_("Enter at most {most} numbers at a time."), field="numbers", most=MOST)
    if not found:
        raise Invalid(N_("Enter at least one number."), field="numbers")
    return list(found)


def _numbers_of(line: str) -> Iterator[str]:
    ends = _RANGE.fullmatch(re.sub(r"(?<=\d)[ \u00a0()./]+(?=\d)", "", line))
    if ends is None:
        yield checked_e164(re.sub(r"[ \u00a0()./-]", "", line))
        return
    first, last = (checked_e164(end) for end in ends.groups())
    if len(first) != len(last) or last < first:
        raise Invalid(
            N_("“{line}” is no range: both ends are as long, and the second is the higher one."),
            field="numbers",
            line=line,
        )
    if int(last[1:]) - int(first[1:]) >= MOST:
        raise Invalid(N_("Enter at most {most} numbers at a time."), field="numbers", most=MOST)
    yield from (f"+{value}" for value in range(int(first[1:]), int(last[1:]) + 1))
