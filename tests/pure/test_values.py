"""Addresses in settings: networks of proxies, origins of pages, names of hosts."""

from __future__ import annotations

import pytest

from service import values
from service.settings import SettingsError, load


def test_lists_are_read_as_they_are_written():
    """Commas part them; blanks and capitals do not matter, and a single address is a network."""
    settings = load({
        "CAPMAP_PROXIES": "10.0.0.0/8, 192.0.2.7 ,2001:db8::/32",
        "CAPMAP_CORS_ORIGINS": "https://Maps.example.org, https://a.example:8443",
        "CAPMAP_HOSTS": "Map.example.org,[::1]",
    })  # fmt: skip
    assert settings.proxies == ("10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32")
    assert settings.cors_origins == ("https://maps.example.org", "https://a.example:8443")
    assert settings.hosts == ("map.example.org", "[::1]")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAPMAP_CORS_ORIGINS", "*"), ("CAPMAP_CORS_ORIGINS", "http://maps.example.org"),
        ("CAPMAP_CORS_ORIGINS", "https://maps.example.org/"), ("CAPMAP_CORS_ORIGINS", "null"),
        ("CAPMAP_CORS_ORIGINS", "https://*.example.org"), ("CAPMAP_CORS_ORIGINS", " , "),
        ("CAPMAP_PROXIES", "*"), ("CAPMAP_PROXIES", "10.0.0.1/8"), ("CAPMAP_PROXIES", "proxy"),
        ("CAPMAP_HOSTS", "map.example.org:443"), ("CAPMAP_HOSTS", "https://map.example.org"),
    ],
)  # fmt: skip
def test_what_would_let_in_more_than_was_meant_is_refused(name, value):
    """Neither stars, nor plain http, nor what is no address."""
    with pytest.raises(SettingsError, match=name):
        load({name: value})


def test_a_service_of_its_own_machine_has_three_names():
    """By which a browser reaches it there."""
    assert values.hosts(",".join(values.LOOPBACK)) == values.LOOPBACK
