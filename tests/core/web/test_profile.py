"""My profile: each one's own page."""

from core.identity.tables import User
from tests.core.web.conftest import Visitor


async def test_my_profile_opens_at_its_first_page_and_offers_its_pages(visitor: Visitor, kari: User) -> None:
    """GEN-3."""
    await visitor.sign_in(kari.email)
    assert (await visitor.get("/profile")).headers["location"] == "/profile/details"
    page = await visitor.get("/profile/details")
    assert kari.name in page.text
    assert '<a href="/profile/details" aria-current="page">' in page.text
    assert 'href="/profile"' in page.text


async def test_the_language_chosen_in_my_profile_is_spoken_at_once_and_kept(
    visitor: Visitor, stranger: Visitor, kari: User
) -> None:
    """PRF-3, GEN-12."""
    await visitor.sign_in(kari.email)
    answer = await visitor.post("/profile/details", language="fi")
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile/details")
    assert '<html lang="fi"' in (await visitor.get("/profile/details")).text
    await stranger.sign_in(kari.email)
    assert '<html lang="fi"' in (await stranger.get("/live")).text


async def test_a_language_that_we_do_not_have_is_refused_and_nothing_changes(visitor: Visitor, kari: User) -> None:
    await visitor.sign_in(kari.email)
    answer = await visitor.post("/profile/details", language="xx")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert '<html lang="nb"' in (await visitor.get("/profile/details")).text
