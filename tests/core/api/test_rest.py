"""Cursors and entity tags."""

from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.exceptions import HTTPException

from core.api.errors import Invalid
from core.api.rest import cursor, etag, page_of, read_cursor, wanted_version

SOMETHING = UUID("01912345-6789-7abc-8def-0123456789ab")


@given(st.text(max_size=40), st.uuids())
def test_a_cursor_gives_back_the_key_that_it_was_made_of(name: str, key: UUID) -> None:
    assert read_cursor(cursor(name, key), tuple[str, UUID]) == (name, key)


@given(st.text(max_size=60))
def test_what_is_no_cursor_of_ours_is_refused_and_nothing_else(text: str) -> None:
    with suppress(Invalid):
        read_cursor(text, tuple[UUID])


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(Invalid):
        read_cursor(cursor("name"), tuple[UUID])


@given(st.lists(st.uuids(), max_size=8), st.integers(1, 8))
def test_a_page_has_its_limit_and_says_whether_more_follow(ids: list[UUID], limit: int) -> None:
    page = page_of(ids[: limit + 1], limit, lambda one: [one])
    assert page.items == ids[:limit]
    assert (page.next is not None) == (len(ids) > limit)
    if page.next:
        assert read_cursor(page.next, tuple[UUID]) == (page.items[-1],)


@pytest.mark.parametrize("text", ['"7"', 'W/"7"', ' "7" '])
def test_a_version_is_read_from_its_entity_tag(text: str) -> None:
    assert wanted_version(text) == 7
    assert etag(7) == '"7"'


@pytest.mark.parametrize(
    ("text", "status"), [("", 428), ('"x"', 412), (f'"{SOMETHING}"', 412), ('"9999999999"', 412), ("*", 412)]
)
def test_a_change_without_the_version_that_was_read_is_refused(text: str, status: int) -> None:
    with pytest.raises(HTTPException) as caught:
        wanted_version(text)
    assert caught.value.status_code == status
