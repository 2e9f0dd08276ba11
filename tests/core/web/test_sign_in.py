"""Signing in and out over HTTP."""

from tests.core.web.conftest import Visitor


async def test_right_password_signs_in(visitor: Visitor, kari) -> None:
    answer = await visitor.sign_in("Kari@A.example")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = await visitor.client.get("/", headers={"accept": "text/html"})
    assert page.headers["location"] == "/live"
