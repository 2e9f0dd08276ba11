"""What somebody may give to others: never more than she has, whatever modules are on (ROL-7)."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data import tenant
from core.roles.acting import Acting, ensure_covers_levels, ensure_covers_roles, lacking, with_access_of
from core.roles.errors import NotCovered
from core.roles.model import AccessLevel, Catalogue
from tests.core.roles.test_model import CATALOGUE, KEYS, PLUGINS, ROLES

SCOPES = st.none() | st.frozensets(st.sampled_from(KEYS))


@given(ROLES, ROLES, SCOPES, st.frozensets(st.sampled_from(PLUGINS)), st.booleans())
def test_who_lacks_nothing_may_do_all_that_she_gives_whatever_modules_are_on(own, levels, scopes, on, operator) -> None:
    missing = lacking(Acting(CATALOGUE, "", operator, scopes), own, levels)
    mine, theirs = (CATALOGUE.access("", each, on, operator=operator) for each in (own, levels))
    if not missing:
        assert mine.covers(theirs)
        assert scopes is None or theirs.permissions & set(KEYS) <= scopes
    assert set(missing) & mine.permissions <= (set() if scopes is None else set(KEYS) - scopes)


@given(ROLES, SCOPES)
def test_nobody_is_kept_from_giving_nothing_and_everybody_may_give_what_she_has(own, scopes) -> None:
    assert lacking(Acting(CATALOGUE, "", False, scopes), own, {}) == []
    assert lacking(Acting(CATALOGUE, "", False, None), own, own) == []


async def test_it_is_asked_within_requests_only(tenant_a: UUID) -> None:
    catalogue = Catalogue()
    with tenant(tenant_a):
        await ensure_covers_roles("administrator")  # the command line
        with with_access_of(Acting(catalogue, "user")):
            await ensure_covers_roles("", "user")
            with pytest.raises(NotCovered, match="Read the call log"):
                await ensure_covers_roles("", "user", "team_leader")
            with pytest.raises(NotCovered):
                await ensure_covers_levels({"audit": AccessLevel.VIEW})
