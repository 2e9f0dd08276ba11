"""The element that branches on where a call comes from: the caller's country, or the kind of the number."""

from enum import StrEnum
from typing import Annotated, ClassVar

import phonenumbers
from msgspec import Meta, Struct
from phonenumbers import PhoneNumberType

from core.api.calls import CallControl
from core.api.elements import Element, Exit
from core.api.texts import N_

OTHERWISE = "otherwise"
Country = Annotated[
    str, Meta(pattern="^[A-Z]{2}$", description=N_("write the two capital letters of the country, such as NO"))
]


class NumberKind(StrEnum):
    """What a caller's number is."""

    WITHHELD = "withheld"
    MOBILE = "mobile"
    FIXED = "fixed"


KINDS = {
    PhoneNumberType.MOBILE: NumberKind.MOBILE,
    PhoneNumberType.FIXED_LINE: NumberKind.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.FIXED,
}
TITLES = {
    NumberKind.WITHHELD: N_("Number withheld"),
    NumberKind.MOBILE: N_("Mobile number"),
    NumberKind.FIXED: N_("Fixed line"),
}


class OriginConfig(Struct, frozen=True, kw_only=True):
    """Settings of the element."""

    countries: Annotated[tuple[Country, ...], Meta(max_length=20)] = ()
    """ISO 3166 codes of those that have an exit of their own."""
    kinds: Annotated[tuple[NumberKind, ...], Meta(max_length=3)] = ()
    """Kinds of numbers that have one; for a number from a country that is named, the country's goes first."""

    def __post_init__(self) -> None:
        named = (*self.countries, *self.kinds)
        if not named or len(set(named)) != len(named):
            raise ValueError("name at least one country or kind, and each once")


class Origin(Element[OriginConfig]):
    """Leaves at once. Where a country's numbers do not tell mobiles from fixed lines, they count as fixed."""

    key: ClassVar[str] = "core.origin"
    title: ClassVar[str] = N_("Where the call comes from")
    config: ClassVar[type[Struct]] = OriginConfig

    def exits(self, config: OriginConfig) -> tuple[Exit, ...]:
        countries = (Exit(country, country) for country in config.countries)
        kinds = (Exit(kind.value, TITLES[kind]) for kind in config.kinds)
        return (*countries, *kinds, Exit(OTHERWISE, N_("Anything else")))

    async def run(self, call: CallControl, config: OriginConfig) -> str:
        country, kind = origin_of(call.caller)
        if country in config.countries:
            return country
        return kind.value if kind in config.kinds else OTHERWISE


def origin_of(caller: str) -> tuple[str, NumberKind | None]:
    """Country ("" when it cannot be told) and kind of a number; None: of no kind that can be named."""
    if not caller:
        return "", NumberKind.WITHHELD
    try:
        number = phonenumbers.parse(caller, None)
    except phonenumbers.NumberParseException:
        return "", None
    return phonenumbers.region_code_for_number(number) or "", KINDS.get(phonenumbers.number_type(number))
