"""What a page says after a change: only we can write it, and it is said once."""

from hypothesis import given
from hypothesis import strategies as st

from core.ui.flash import LONGEST, Flash, seal, unseal


@given(st.text(max_size=200), st.sampled_from(["ok", "error"]), st.text(min_size=1))
def test_what_was_sealed_is_read_with_the_same_key(text: str, tone: str, key: str) -> None:
    assert unseal(seal(Flash(text, tone), key), key) == Flash(text, tone)


@given(st.text(max_size=60))
def test_what_somebody_else_wrote_is_nothing(value: str) -> None:
    assert unseal(value, "key") is None


def test_a_text_of_another_session_is_nothing() -> None:
    assert unseal(seal(Flash("Saved"), "one"), "other") is None


def test_a_long_text_still_fits_a_cookie() -> None:
    assert len(seal(Flash("ø" * 10_000), "key")) < 4096
    assert unseal(seal(Flash("x" * 10_000), "key"), "key") == Flash("x" * LONGEST)
