"""What the tests of clusters share."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture
def unused_port() -> int:
    """A port of this machine that nobody listens at, nor at the two after it, as far as can be told."""
    with socket.socket() as end:
        end.bind(("127.0.0.1", 0))
        return min(int(end.getsockname()[1]), 65000)
