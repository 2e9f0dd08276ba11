"""The numbers of the tenant in force as the directory needs them: its own, its countries, its extensions."""

from functools import cached_property

import phonenumbers
from msgspec import Struct

from core.data import transaction
from core.directory.model import next_free
from core.tenancy.service import main_numbers


class Numbering(Struct, frozen=True, dict=True):
    """`own`: the company's numbers (E.164), by what it calls them."""

    own: dict[str, str]

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The countries (ISO 3166) that it has numbers in."""
        found = (phonenumbers.region_code_for_number(phonenumbers.parse(number)) for number in self.own)
        return tuple(dict.fromkeys(region for region in found if region))

    @property
    def region(self) -> str | None:
        """The country of numbers that are written without a country code."""
        return self.regions[0] if self.regions else None


async def numbering() -> Numbering:
    """The numbers of the tenant in force."""
    return Numbering({row.number: row.label for row in await main_numbers()})


async def free_extension() -> str | None:
    """The extension to offer to somebody new; None when all are taken."""
    async with transaction(read_only=True) as unit:
        taken = [row["extension"] for row in await unit.fetch("SELECT extension FROM person WHERE extension <> ''")]
    return next_free(taken, (await numbering()).regions)
