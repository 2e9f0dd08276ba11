"""Refusals: what, where, how to mend it, in the reader's language."""

import pytest

from core.api.errors import Invalid, Problems, Refused, SeveralInvalid


def test_a_refusal_is_told_in_english_and_in_the_readers_language() -> None:
    refused = Refused("{name} is taken", name="support")
    assert str(refused) == "support is taken"
    assert refused.text({"{name} is taken": "{name} er opptatt"}.__getitem__) == "support er opptatt"


def test_all_fields_that_are_wrong_are_told_at_once_each_with_its_name() -> None:
    problems = Problems()
    with problems.of("email"):
        raise Invalid("no address")
    with problems.of("name"):
        raise Refused("taken")
    with problems.of("role"):
        pass
    with pytest.raises(SeveralInvalid) as caught:
        problems.check()
    assert [(one.field, str(one)) for one in caught.value.all] == [("email", "no address"), ("name", "taken")]


def test_a_single_wrong_field_is_raised_as_it_is_and_none_raises_nothing() -> None:
    problems = Problems()
    problems.check()
    problems.add(Invalid("too long", field="name"))
    with pytest.raises(Invalid, match="too long"):
        problems.check()


def test_a_fault_of_ours_is_no_refusal_of_a_field() -> None:
    with pytest.raises(ZeroDivisionError), Problems().of("name"):
        raise ZeroDivisionError
