"""What can go wrong with tenants."""

from core.api.errors import Invalid, NotFound, Refused


class TenancyError(Refused):
    """A tenant, or something that it owns, cannot be made or changed as asked; the message says why."""


class InvalidTenant(Invalid, TenancyError):
    """A value of a tenant that cannot be right."""

    code = "invalid"


class NoSuchTenant(NotFound, TenancyError):
    """There is no such tenant, or nothing like this in it."""

    code = "not_found"
