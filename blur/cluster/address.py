"""Where a batch gives out its work: a numeric address, since a name would have to be asked for."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from blur.errors import UsageError
from blur.text import printable

PORT = 8786
_FORM = re.compile(r"tls://(?:\[([0-9a-fA-F:]+)\]|([0-9.]+))(?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Address:
    """A machine's own address and a port of TCP."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tls://{host}:{self.port}"


def address(text: str) -> Address:
    """The address that ``tls://192.168.1.5:8786`` names; the port may be left out.

    Raises UsageError where it names none, or all interfaces at once.
    """
    found = _FORM.fullmatch(text)
    port = int(found[3] or PORT) if found else 0
    host = _numeric((found[1] or found[2]) if found else "")
    if host is None or host.is_unspecified or host.is_multicast or not 0 < port < 1 << 16:
        raise UsageError(
            f"{printable(text)} is no address of a cluster",
            f"Write it in numbers, as tls://192.168.1.5:{PORT}: names would have to be looked up.",
        )
    return Address(str(host), port)


def _numeric(text: str) -> IPv4Address | IPv6Address | None:
    with suppress(ValueError):
        return ip_address(text)
    return None
