"""The child of a worker takes one order, and nothing else."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import pytest

from blur.batch.journal import as_text
from blur.cluster.piece import Piece, events
from blur.errors import UsageError
from blur.events import Finished
from blur.settings import Settings
from tests.media.making import make_clip


def test_a_clip_is_made_as_it_is_ordered(tmp_path: Path) -> None:
    source, target = tmp_path / "in.mp4", tmp_path / "out.mkv"
    make_clip(source, size=(160, 120), pts=(0, 1, 2))
    settings = Settings(preset="fast", style="solid", audio="disguise", mute=((Fraction(0), Fraction(1, 3)),))
    piece = Piece(
        "whole", str(source), str(target), as_text(settings, force=False), 60, (None, None), [], [], []
    )
    seen = list(events(io.BytesIO(piece.told()), None))
    assert isinstance(seen[-1], Finished)
    assert (seen[-1].frames, seen[-1].output) == (3, "out.mkv")
    assert target.exists()


@pytest.mark.parametrize(
    "said", [b"", b"{}", b"[]", b'{"source": 1, "target": 2, "settings": "{}"}', b"\xff"]
)
def test_anything_else_is_a_named_error(said: bytes) -> None:
    with pytest.raises(UsageError):
        events(io.BytesIO(said), None)
