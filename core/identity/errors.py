"""Why somebody cannot sign in, or be given what she signs in with."""

from uuid import UUID

from core.api.errors import Invalid, NotFound, Refused
from core.api.texts import N_


class IdentityError(Refused):
    """A user cannot be made or changed like this; the message says why."""


class NoSuchUser(NotFound):
    """There is no such user in the company."""


class UnknownRole(NotFound):
    """The company has no such role."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such role; it may have been deleted. Choose another."), field="role")


class WeakPassword(Invalid):
    """A password that is too short, or among the first that somebody would guess."""

    code = "weak_password"


class PasskeyRefused(Invalid):
    """What should have been a passkey's answer is none, comes too late, or is of a passkey that is no good."""

    code = "passkey_refused"


class LinkOver(Refused):
    """A link that was used, replaced by a newer one, or is too old."""

    code = "link_over"
    status = 410

    def __init__(self) -> None:
        super().__init__(N_("This link has been used, or it is too old. Ask for a new one."))


class SignInAgain(Refused):
    """What is asked for needs a sign-in of the last minutes."""

    code = "sign_in_again"
    status = 403
    leads_to = "/sign-in?again=true&next=/profile/security"

    def __init__(self) -> None:
        super().__init__(N_("Sign in again to change how you sign in: the last time is a while ago."))


class SecondFactorMissing(Refused):
    """The company requires a second factor, and she has none: nothing else opens until she has set one up."""

    code = "second_factor_missing"
    status = 403
    leads_to = "/profile/security"

    def __init__(self) -> None:
        super().__init__(N_("Your company requires a second factor: set one up to go on."))


class WrongCredentials(Exception):
    """No active user has this identifier and password. Which of the two is wrong is not told."""


class TooManyAttempts(Refused):
    """Too many attempts; `seconds` until the next one is looked at."""

    code = "too_many"
    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(N_("Too many attempts. Try again in {minutes} min."), minutes=-(-seconds // 60))
        self.seconds = seconds
        self.headers = {"Retry-After": str(seconds)}


class SeveralCompanies(Exception):
    """Identifier and password fit users of several tenants; `companies` are their ids and names."""

    def __init__(self, companies: dict[UUID, str]) -> None:
        super().__init__("choose one of the companies")
        self.companies = companies
