"""Public holidays of the countries that we serve, from the library `holidays`."""

from collections.abc import Mapping
from datetime import date
from functools import cache

import holidays

from core.schedules.model import Holidays

COUNTRIES: Mapping[str, str] = {"NO": "no", "SE": "sv", "FI": "fi", "EE": "et", "LT": "lt", "GB": "en_GB"}
"""Country (ISO 3166) → the language in which its holidays are named."""


def subdivisions(country: str) -> tuple[str, ...]:
    """Parts of a country with holidays of their own."""
    return tuple(holidays.country_holidays(country).subdivisions) if country == "GB" else ()


def holiday_name(calendar: Holidays, day: date) -> str:
    """The name of the holiday that a day is; "" when it is none, or one that the calendar leaves out."""
    return "" if day in calendar.without else of_year(calendar.country, calendar.subdivision, day.year).get(day, "")


@cache
def of_year(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """The holidays of a year by day. Raises NotImplementedError for a country or part that the library lacks."""
    found = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language=COUNTRIES.get(country))
    return dict(sorted(found.items()))
