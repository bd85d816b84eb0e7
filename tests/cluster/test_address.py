"""Addresses of clusters are numeric and name one interface."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.cluster.address import PORT, Address, address
from blur.errors import UsageError


@given(
    host=st.ip_addresses().filter(lambda ip: not ip.is_unspecified and not ip.is_multicast),
    port=st.integers(1, 65535),
)
def test_what_is_written_is_read_again(host: object, port: int) -> None:
    place = Address(str(host), port)
    if "%" not in place.host:
        assert address(str(place)) == place


def test_the_port_may_be_left_out() -> None:
    assert address("tls://192.168.1.5") == Address("192.168.1.5", PORT)
    assert address("tls://[fd00::5]") == Address("fd00::5", PORT)


@pytest.mark.parametrize(
    "text",
    [
        *("tls://laptop:8786", "tcp://10.0.0.1:8786", "10.0.0.1:8786", "tls://0.0.0.0", "tls://[::]:8786"),
        *("tls://10.0.0.1:0", "tls://10.0.0.1:65536", "tls://224.0.0.1", "tls://10.0.0.300", "", "tls://"),
    ],
)
def test_anything_else_is_an_error_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        address(text)
    assert "tls://192.168.1.5" in caught.value.hint
