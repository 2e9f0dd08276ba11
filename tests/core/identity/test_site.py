"""To which address passkeys belong."""

import pytest

from core.identity.site import Site


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://pbx.example.com", Site("https://pbx.example.com", "pbx.example.com")),
        ("https://PBX.Example.com:443", Site("https://pbx.example.com", "pbx.example.com")),
        ("https://pbx.example.com:8443", Site("https://pbx.example.com:8443", "pbx.example.com")),
        ("http://localhost:8080", Site("http://localhost:8080", "localhost")),
        ("http://127.0.0.1:8080", Site("http://localhost:8080", "localhost")),
        ("http://[::1]:80", Site("http://localhost", "localhost")),
    ],
)
def test_passkeys_belong_to_the_address_as_browsers_write_it(address: str, site: Site) -> None:
    assert Site.of(address) == site


@pytest.mark.parametrize(
    "address", ["http://pbx.example.com", "https://192.0.2.7", "http://192.0.2.7:8080", "http://0.0.0.0:8080", "", "x"]
)
def test_without_a_name_and_https_there_are_none(address: str) -> None:
    assert Site.of(address) is None
