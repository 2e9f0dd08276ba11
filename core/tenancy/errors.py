"""What can go wrong with tenants."""


class TenancyError(ValueError):
    """A tenant, or something that it owns, cannot be made or found as asked; the message says why."""
