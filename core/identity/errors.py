"""Why a sign-in is refused."""

from uuid import UUID


class IdentityError(ValueError):
    """A user cannot be made or changed like this; the message says why."""


class WrongCredentials(Exception):
    """No active user has this e-mail address and password. Which of the two is wrong is not told."""


class TooManyAttempts(Exception):
    """Too many failed sign-ins; `seconds` until the next one is looked at."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many failed sign-ins: try again in {seconds} s")
        self.seconds = seconds


class SeveralCompanies(Exception):
    """Address and password fit users of several tenants; `companies` are their ids and names."""

    def __init__(self, companies: dict[UUID, str]) -> None:
        super().__init__("choose one of the companies")
        self.companies = companies
