"""Which files begin as videos do."""

from __future__ import annotations

from pathlib import Path

import pytest

from blur.media.video_kind import looks_like_video
from tests.media.making import make_clip


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".avi", ".ts", ".flv"])
def test_clips_are_known_by_their_content(tmp_path: Path, suffix: str) -> None:
    codec = "libvpx-vp9" if suffix == ".webm" else "libx264"
    assert looks_like_video(make_clip(tmp_path / f"a{suffix}", codec=codec).rename(tmp_path / "a"))


@pytest.mark.parametrize(
    "content", [b"", b"G", b"text\n" * 99, b"RIFF\0\0\0\0WAVEfmt ", b"\0\0\0\x18ftypM4A \0", b"GATHER" * 99]
)
def test_what_is_none_is_told_from_them(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert not looks_like_video(tmp_path / "a")
    assert not looks_like_video(tmp_path)
    assert not looks_like_video(tmp_path / "none")
