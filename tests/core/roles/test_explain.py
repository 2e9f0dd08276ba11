"""The chain from a role to a permission says exactly what the gate does, and names the link that breaks."""

from hypothesis import given
from hypothesis import strategies as st

from core.roles.explain import Company, chains
from core.roles.model import AREAS, OPERATOR_AREA
from tests.core.roles.test_model import CATALOGUE, ON, PLUGINS, ROLES

COMPANIES = st.builds(
    lambda on, granted, operator: Company(on & granted, granted, operator),
    ON,
    st.frozensets(st.sampled_from(PLUGINS)),
    st.booleans(),
)


@given(ROLES, COMPANIES)
def test_why_says_yes_exactly_where_the_gate_does(levels, company: Company) -> None:
    access = CATALOGUE.access("role", levels, company.on, operator=company.operator)
    answers = {one.permission.key: one.verdict for one in chains(CATALOGUE, company, levels)}
    for key in CATALOGUE.permissions:
        assert (answers.get(key) == "allowed") == access.allows(key)


@given(ROLES, COMPANIES)
def test_the_first_link_that_breaks_is_named(levels, company: Company) -> None:
    for one in chains(CATALOGUE, company, levels):
        if one.area.key in PLUGINS and one.area.key not in company.on:
            assert one.verdict == "off"
        else:
            assert (one.verdict == "level") == (one.level < one.permission.level)
    off = list(chains(CATALOGUE, company, levels, active=False))
    assert {one.verdict for one in off} <= {"account_off"}


@given(COMPANIES)
def test_nothing_is_told_of_a_module_that_is_not_granted_or_of_the_operators_area(company: Company) -> None:
    """GEN-8."""
    areas = {area.key for area in company.areas(CATALOGUE)}
    assert areas == {*AREAS, *company.granted} - (set() if company.operator else {OPERATOR_AREA})
