"""Reading an INVITE."""

import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.telephony.invite import IncomingCall, address, read_invite, user
from core.telephony.trunks import Trunk

CARRIER = Trunk(id=UUID(int=1), name="carrier", host="192.0.2.1", trusts_identity=True)
ANY_CARRIER = Trunk(id=UUID(int=2), name="another", host="192.0.2.1")


def read(*headers: str, first: str = "INVITE sip:22334455@192.0.2.9 SIP/2.0", trunk: Trunk = CARRIER) -> IncomingCall:
    """Read an INVITE with these headers."""
    return read_invite("\r\n".join([first, *headers, "", ""]), source="192.0.2.1:5060", trunk=trunk)


def test_the_caller_is_who_a_trusted_network_asserts_before_who_claims() -> None:
    call = read(
        'From: "Kari" <sip:12345678@x>;tag=1', "P-Asserted-Identity: <sip:+4790000001@x;user=phone>", "Call-ID: a@b"
    )
    assert call == IncomingCall(
        caller="+4790000001",
        display_name="Kari",
        dialled="+4722334455",
        trunk="carrier",
        sip_call_id="a@b",
        source="192.0.2.1:5060",
    )


def test_what_a_network_asserts_that_is_not_trusted_counts_for_nothing() -> None:
    asserts = "P-Asserted-Identity: <sip:+4790000001@x;user=phone>"
    assert read("From: <sip:12345678@x>", asserts, trunk=ANY_CARRIER).caller == "+4712345678"
    assert read("From: <sip:anonymous@anonymous.invalid>", asserts, trunk=ANY_CARRIER).caller == ""


@pytest.mark.parametrize(
    "headers",
    [
        ("From: <sip:anonymous@anonymous.invalid>;tag=1",),
        ("From: <sip:90000001@x>", "Privacy: id"),
        ("From: <sip:90000001@x>", "P-Asserted-Identity: <sip:90000001@x>", "Privacy: user;id"),
        ("From: sip:x",),
        (),
    ],
)
def test_a_withheld_number_is_empty(headers: tuple[str, ...]) -> None:
    assert (read(*headers).caller, read(*headers).display_name) == ("", "")


@pytest.mark.parametrize(
    ("uri", "dialled"),
    [
        ("sip:+4722334455@x;user=phone", "+4722334455"),
        ("sip:004722334455@x:5060", "+4722334455"),
        ("tel:+47-22-33-44-55;phone-context=x", "+4722334455"),
        ("sip:%2B4722334455@x", "+4722334455"),
        ("sips:reception@x", "reception"),
        ("sip:22334455;npdi=yes@x", "+4722334455"),
    ],
)
def test_the_dialled_number_is_the_user_of_the_request(uri: str, dialled: str) -> None:
    assert read("From: <sip:90000001@x>", first=f"INVITE {uri} SIP/2.0").dialled == dialled


def test_without_a_user_in_the_request_the_to_header_counts() -> None:
    assert read("t: <sip:22334455@x>", first="INVITE sip:192.0.2.9 SIP/2.0").dialled == "+4722334455"


def test_compact_and_folded_headers() -> None:
    call = read('f: "A,\r\n  <B>; C" <sip:90000001@x>;tag=1', "i: abc")
    assert (call.caller, call.display_name, call.sip_call_id) == ("+4790000001", "A, <B>; C", "abc")


def test_quotes_in_a_display_name() -> None:
    assert address(r'"Kari \"K\" N" <sip:1@x>') == ('Kari "K" N', "1")
    assert address("Kari Nordmann <sip:1@x>") == ("Kari Nordmann", "1")
    assert user("mailto:a@b") == ""


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    call = read_invite(text, source="", trunk=CARRIER)
    assert not call.caller or call.caller.startswith("+")


@given(st.lists(st.text(alphabet='<>":;@ \tsipte+0123456789abc%\\\r\n', max_size=60), max_size=6))
def test_damaged_headers_are_read_without_an_exception(parts: list[str]) -> None:
    names = ("From", "To", "P-Asserted-Identity", "Privacy", "f", "i")
    read(*(f"{name}: {part}" for name, part in zip(names, parts, strict=False)))


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e"])
def test_no_sign_in_a_display_name_begins_another_header(sign: str) -> None:
    forged = f'"Kari{sign}P-Asserted-Identity: <sip:+4722000000@x>{sign}Privacy: id"'
    call = read(f"From: {forged} <sip:+4790000001@x>;tag=1", "P-Asserted-Identity: <sip:+4790000009@carrier>")
    assert call.caller == "+4790000009"
    assert call.display_name.isprintable()


def test_long_headers_cost_no_time_and_are_cut() -> None:
    began = time.perf_counter()
    call = read(f"From: a{' ' * 14_000}x", f"Call-ID: {'c' * 9000}", first=f"INVITE sip:{'d' * 9000}@x SIP/2.0")
    assert time.perf_counter() - began < 0.1
    assert len(call.sip_call_id) == 200
    assert len(call.dialled) <= 80
    name = read(f'From: "{"n" * 900}" <sip:+4790000001@x>').display_name
    assert name == "n" * 80
