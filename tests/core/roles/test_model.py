"""Access levels and system roles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.roles.model import OPERATOR_AREA, PERMISSIONS, SIGNED_IN, SYSTEM_ROLES, AccessLevel, allows, area, level_of

ROLES = st.sampled_from(sorted(SYSTEM_ROLES))
KEYS = st.sampled_from(sorted(PERMISSIONS))


def test_levels_are_ordered() -> None:
    assert AccessLevel.NONE < AccessLevel.VIEW < AccessLevel.USE < AccessLevel.MANAGE


@given(ROLES, KEYS)
def test_a_permission_is_had_exactly_from_its_level_on(role: str, key: str) -> None:
    permission = PERMISSIONS[key]
    assert allows(role, key, operator=True) == (level_of(role, area(key)) >= permission.level)


@given(KEYS)
def test_an_administrator_has_everything_and_a_leader_what_a_user_has(key: str) -> None:
    assert allows("administrator", key, operator=True)
    assert not allows("user", key) or allows("team_leader", key)


@given(ROLES, KEYS)
def test_only_in_the_operators_own_tenant_is_there_a_platform(role: str, key: str) -> None:
    assert allows(role, key) == (allows(role, key, operator=True) and area(key) != OPERATOR_AREA)


@given(st.text(), st.text())
def test_what_nobody_knows_is_allowed_to_nobody(role: str, permission: str) -> None:
    if role not in SYSTEM_ROLES or permission not in {*PERMISSIONS, SIGNED_IN}:
        assert not allows(role, permission)


@pytest.mark.parametrize("role", SYSTEM_ROLES)
def test_every_role_may_sign_out(role: str) -> None:
    assert allows(role, SIGNED_IN)
