"""The cookies that identify a browser."""

from typing import Literal

from litestar.datastructures import Cookie

SESSION = "session"
CSRF = "csrf"
"""Token of a visitor who is not signed in; afterwards the session holds it."""
PENDING = "pending"
"""Who has given the right password and is asked for the second step."""
LANGUAGE = "language"
THEME = "theme"
YEAR = 365 * 86400


class Cookies:
    """Makes our cookies. With `secure` they are bound to this host by the __Host- prefix (RFC 6265bis)."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure

    def name(self, name: str) -> str:
        """The full name of the cookie. The theme's has no prefix: the page's script writes it."""
        return f"__Host-{name}" if self._secure and name != THEME else name

    def make(
        self,
        name: str,
        value: str,
        *,
        max_age: int | None = None,
        samesite: Literal["lax", "strict"] = "lax",
    ) -> Cookie:
        """A cookie of the whole site; `max_age` in seconds, None: until the browser closes, 0: delete it."""
        return Cookie(
            key=self.name(name),
            value=value,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite=samesite,
            max_age=max_age,
        )
