"""Values of tenancy, checked; no I/O."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def checked_slug(slug: str) -> str:
    """`slug`. Raises ValueError unless it is 1 to 63 small letters, digits and hyphens."""
    if not _SLUG.fullmatch(slug):
        raise ValueError(f"the slug {slug!r} must be small letters, digits and hyphens, at most 63, for example acme")
    return slug


def checked_timezone(name: str) -> str:
    """`name`. Raises ValueError unless it is a zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone, for example Europe/Oslo") from None
    return name


def checked_language(code: str) -> str:
    """`code`. Raises ValueError unless it is an ISO 639 code."""
    if not _LANGUAGE.fullmatch(code):
        raise ValueError(f"the language {code!r} must be an ISO 639 code, for example nb")
    return code


def checked_e164(number: str) -> str:
    """`number`. Raises ValueError unless it is an international number as E.164 writes it."""
    if not _E164.fullmatch(number):
        raise ValueError(f"{number!r} must be an E.164 number: + and at most 15 digits, for example +4722334455")
    return number
