"""Drawings of Blur's own, as SVG; ``currentColor`` stands for the colour of the text around them."""

from __future__ import annotations

from importlib.resources import files


def read(name: str) -> str:
    """The drawing's source."""
    return files(__name__).joinpath(f"{name}.svg").read_text(encoding="utf-8")
