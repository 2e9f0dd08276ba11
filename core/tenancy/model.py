"""Values of tenancy, checked; no I/O."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.api.texts import N_
from core.tenancy.errors import InvalidTenant

NAME_LENGTH = 100
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def checked_slug(slug: str) -> str:
    """`slug`. Raises InvalidTenant unless it is 1 to 63 small letters, digits and hyphens."""
    if not _SLUG.fullmatch(slug):
        raise InvalidTenant(
            N_("The short name “{slug}” must be small letters, digits and hyphens, at most 63, for example acme."),
            slug=slug,
        )
    return slug


def checked_timezone(name: str) -> str:
    """`name`. Raises InvalidTenant unless it is a zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidTenant(N_("“{name}” is not an IANA time zone, for example Europe/Oslo."), name=name) from None
    return name


def checked_language(code: str) -> str:
    """`code`. Raises InvalidTenant unless it is an ISO 639 code."""
    if not _LANGUAGE.fullmatch(code):
        raise InvalidTenant(N_("The language “{code}” must be an ISO 639 code, for example nb."), code=code)
    return code


def checked_e164(number: str) -> str:
    """`number`. Raises InvalidTenant unless it is an international number as E.164 writes it."""
    if not _E164.fullmatch(number):
        raise InvalidTenant(
            N_("“{number}” must be an E.164 number: + and at most 15 digits, for example +4722334455."),
            number=number,
        )
    return number


def checked_name(name: str) -> str:
    """`name` without space around it. Raises InvalidTenant when nothing is left, or more than 100 characters."""
    name = name.strip()
    if not name or len(name) > NAME_LENGTH:
        raise InvalidTenant(N_("A company needs a name of at most {most} characters."), most=NAME_LENGTH)
    return name


def checked_label(label: str) -> str:
    """`label` without space around it. Raises InvalidTenant for more than 100 characters."""
    label = label.strip()
    if len(label) > NAME_LENGTH:
        raise InvalidTenant(N_("A label has at most {most} characters."), field="label", most=NAME_LENGTH)
    return label
