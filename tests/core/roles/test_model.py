"""Access levels, system roles and what comes of them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.manifest import API, Manifest
from core.roles.model import (
    AREAS,
    NOBODY,
    OPERATOR_AREA,
    PERMISSIONS,
    PUBLIC,
    SIGNED_IN,
    SYSTEM_ROLES,
    AccessLevel,
    Catalogue,
    Permission,
    area_of,
)

PLUGINS = ("bell", "horn")
CATALOGUE = Catalogue(
    Manifest(
        name=name,
        title=name,
        version="1",
        api=API,
        package=name,
        permissions=tuple(Permission(f"{name}.{level.name.lower()}", "", level) for level in AccessLevel if level),
    )
    for name in PLUGINS
)
KEYS = sorted(CATALOGUE.permissions)
LEVELS = st.sampled_from(AccessLevel)
ROLES = st.dictionaries(st.sampled_from(sorted(CATALOGUE.areas)), LEVELS)
ON = st.frozensets(st.sampled_from(PLUGINS))


def test_levels_are_ordered() -> None:
    assert AccessLevel.NONE < AccessLevel.VIEW < AccessLevel.USE < AccessLevel.MANAGE


@given(ROLES, ON, st.booleans())
def test_a_permission_is_had_exactly_from_its_level_on_where_the_company_has_its_area(levels, on, operator) -> None:
    access = CATALOGUE.access("role", levels, on, operator=operator)
    for key, permission in CATALOGUE.permissions.items():
        area = area_of(key)
        there = area in on or (area in AREAS and (operator or area != OPERATOR_AREA))
        assert access.allows(key) == (there and levels.get(area, AccessLevel.NONE) >= permission.level)


@given(st.sampled_from(sorted(CATALOGUE.areas)))
def test_each_level_includes_the_ones_below(area: str) -> None:
    given = [CATALOGUE.areas[area].gives(level) for level in AccessLevel]
    assert given == sorted(given, key=len)
    assert all(lower <= higher for lower, higher in itertools.pairwise(given))
    assert given[0] == frozenset()
    assert given[-1] == {key for key in KEYS if area_of(key) == area}


@given(ROLES, ON)
def test_a_role_never_gives_what_the_companys_modules_do_not_have(levels, on) -> None:
    access = CATALOGUE.access("role", levels, on)
    assert all(area_of(key) not in set(PLUGINS) - on for key in access.permissions)
    assert access.levels.keys().isdisjoint(set(PLUGINS) - on)


@given(ROLES, ON, st.text())
def test_what_nobody_knows_is_allowed_to_nobody(levels, on, permission) -> None:
    if permission not in {PUBLIC, SIGNED_IN, *KEYS}:
        assert not CATALOGUE.access("role", levels, on).allows(permission)
        assert not NOBODY.allows(permission)


@given(ROLES, ON, st.frozensets(st.sampled_from(KEYS)))
def test_a_token_can_do_no_more_than_its_scopes_and_no_more_than_its_user(levels, on, scopes) -> None:
    access = CATALOGUE.access("role", levels, on)
    limited = access.only(scopes)
    assert limited.permissions == (access.permissions & scopes) | {PUBLIC}
    assert access.covers(limited)


@given(ON)
def test_an_administrator_has_everything_and_a_leader_what_a_user_has(on) -> None:
    """ROL-2."""
    administrator, leader, user = (
        CATALOGUE.access(role, CATALOGUE.system_levels(role), on, operator=True) for role in SYSTEM_ROLES
    )
    assert administrator.permissions >= {key for key in KEYS if area_of(key) in AREAS or area_of(key) in on}
    assert administrator.covers(leader)
    assert leader.covers(user)


@pytest.mark.parametrize("role", SYSTEM_ROLES)
def test_every_role_may_sign_out(role: str) -> None:
    assert CATALOGUE.access(role, CATALOGUE.system_levels(role), ()).allows(SIGNED_IN)


def test_a_role_that_is_none_gives_nothing_beyond_being_signed_in() -> None:
    access = CATALOGUE.access("gone", CATALOGUE.system_levels("gone"), PLUGINS)
    assert access.permissions == {PUBLIC, SIGNED_IN}


def test_every_permission_of_core_belongs_to_an_area_with_a_title_and_every_area_has_one() -> None:
    assert {area_of(key) for key in PERMISSIONS} == set(AREAS)
    assert all(AREAS.values())


@pytest.mark.parametrize(("area", "most"), [("roles", AccessLevel.VIEW), ("queues", AccessLevel.USE)])
def test_only_administrators_change_roles_and_make_queues(area: str, most: AccessLevel) -> None:
    """ROL-7 [D]."""
    assert CATALOGUE.areas[area].most == most


@pytest.mark.parametrize("area", ["users", "numbers", "modules", "security", "audit", "schedules", "flows"])
def test_company_administration_can_be_given_to_any_role(area: str) -> None:
    """ROL-7: whoever has it still gives no role that may do more than her own (see test_escalation)."""
    assert CATALOGUE.areas[area].most == AccessLevel.MANAGE


def test_others_are_logged_in_and_out_of_queues_by_every_role_that_uses_them() -> None:
    """ROL-7: below the level that only administrators have."""
    assert CATALOGUE.areas["queues"].most >= AccessLevel.USE
    assert SYSTEM_ROLES["team_leader"]["queues"] == AccessLevel.USE


@pytest.mark.parametrize("what", ["visitors", "chat", "statistics"])
def test_a_modules_levels_can_be_given_to_any_role_except_what_it_keeps_for_administrators(what: str) -> None:
    """ROL-7: visitor registration, logging others in and out of chat, dashboards; but not the set-up of the chat."""

    def most(*, administrators_only: bool) -> AccessLevel:
        manage = Permission(f"{what}.manage", "", AccessLevel.MANAGE, administrators_only)
        permissions = (Permission(f"{what}.use", "", AccessLevel.USE), manage)
        made = Manifest(name=what, title=what, version="1", api=API, package=what, permissions=permissions)
        return Catalogue([made]).areas[what].most

    assert most(administrators_only=False) == AccessLevel.MANAGE
    assert most(administrators_only=True) == AccessLevel.USE
