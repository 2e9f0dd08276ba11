"""For how long personal data is kept: what a plugin declares of its tables."""

from typing import Literal

from msgspec import Struct

Unit = Literal["days", "months"]


class RetainedRows(Struct, frozen=True, kw_only=True):
    """A table with one row for each thing that is kept, and the tables whose rows go with it."""

    table: str
    key: str = "id"
    """Its UUID column that tells the things apart within a tenant."""
    time: str = ""
    """Its timestamptz column that the period counts from. Empty: `key` is a UUIDv7, and its own time counts."""
    parts: tuple[str, ...] = ()
    """Further tables with a column `key`: their rows of a thing go before it, in the same transaction."""
    only: str = ""
    """SQL condition on the row's columns: what does not fulfil it stays, however old. Empty: everything goes."""


class RetentionClass(Struct, frozen=True, kw_only=True):
    """A kind of personal data, and for how long a tenant may keep it: `least` to `most` `unit`, `default` at first.

    What is older than so many whole days or months of the tenant is deleted every night, also while the plugin is off.
    """

    key: str
    title: str
    """What it is: a gettext id, as `about`."""
    about: str
    """What belongs to it, in a sentence."""
    unit: Unit
    default: int
    most: int
    least: int = 1
    choices: tuple[int, ...] = ()
    """Only these may be chosen; empty: every whole number from `least` to `most`."""
    rows: tuple[RetainedRows, ...]
