"""Names of files as they may be shown."""

from __future__ import annotations


def printable(text: str) -> str:
    """``text`` on one line, without characters that would steer a terminal or cannot be encoded."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
