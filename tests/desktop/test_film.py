"""Films of the window are decoded by a child that reaches nothing else, and whose end is a named error."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from blur.desktop import film
from blur.desktop.film import open_film
from blur.errors import CrashedError, DamagedError
from blur.media.preview import open_preview
from blur.media.showing import HEAD
from blur.sandbox.landlock import version
from tests.conftest import REPO
from tests.media.making import make_clip
from tests.media.photos import make_photo

TIMES = [Fraction(number, 25) for number in range(12)]
FIT = (40, 40)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "a.mp4", pts=range(12), time_base=Fraction(1, 25))


def test_frames_are_those_of_a_preview_from_any_place_on(clip: Path) -> None:
    with open_film(clip, TIMES) as shown, open_preview(clip, TIMES) as preview:
        for start in (7, 0, 11):
            pairs = list(zip(shown.frames(start, FIT), preview.frames(start, FIT), strict=True))
            assert len(pairs) == 12 - start
            for (index, pixels), (other, expected) in pairs:
                assert index == other
                assert np.array_equal(pixels, expected)


def test_a_new_place_is_gone_to_while_an_old_one_is_still_open(clip: Path) -> None:
    with open_film(clip, TIMES) as shown:
        assert next(shown.frames(0, FIT))[0] == 0
        assert next(shown.frames(9, FIT))[0] == 9


def test_a_photo_is_a_film_of_one_frame(tmp_path: Path) -> None:
    with open_film(make_photo(tmp_path / "a.png"), TIMES[:1]) as shown:
        assert next(shown.frames(0, (30, 20)))[1].shape == (20, 30, 4)


@pytest.mark.parametrize("content", [b"", b"no video"])
def test_what_cannot_be_opened_is_told_of(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(DamagedError, match=r"a\.mp4 is "), open_film(tmp_path / "a.mp4", TIMES):
        pass


def child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    begin = f"import os, struct, sys, signal\nsys.path.insert(0, {str(REPO)!r})\n"
    monkeypatch.setattr(film, "command", lambda: [sys.executable, "-c", begin + code])


CRASHES = """
import blur.media.preview as preview
def crash(*_): os.kill(os.getpid(), signal.SIGSEGV)
preview.Preview.frames = crash
import cli
cli.main()
"""


def test_a_file_that_breaks_its_decoder_leaves_the_window_alive(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(monkeypatch, CRASHES)
    with open_film(clip, TIMES) as shown, pytest.raises(CrashedError, match=r"a\.mp4 cannot be shown"):
        next(shown.frames(0, FIT))


@pytest.mark.parametrize("answer", [(3, 41, 40), (3, 0, 40), (-7, 4, 4), (3, 1 << 31, 1 << 31)])
def test_a_child_that_was_taken_over_sends_no_more_than_a_picture(
    clip: Path, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, int, int]
) -> None:
    said = HEAD.pack(-1, 0, 0) + HEAD.pack(*answer)
    child(
        monkeypatch, f"sys.stdout.buffer.write({said!r} + bytes(8000))\nsys.stdout.flush()\ninput()\ninput()"
    )
    with open_film(clip, TIMES) as shown, pytest.raises(CrashedError):
        next(shown.frames(0, FIT))


REACHES = """
import blur.media.preview as preview, socket, subprocess
from blur.errors import DamagedError
from pathlib import Path
def reach(path, _):
    path.read_bytes()
    told = []
    for what in (
        lambda: path.with_name("b").read_bytes(),
        lambda: path.write_bytes(b""),
        lambda: socket.socket(),
        lambda: subprocess.run(["/bin/true"]),
    ):
        try:
            what()
            told.append("done")
        except OSError as error:
            told.append(type(error).__name__)
    raise DamagedError(" ".join(told))
preview.open_preview = reach
import cli
cli.main()
"""


@pytest.mark.skipif(version() == 0, reason="this kernel has no Landlock")
def test_the_child_reaches_its_film_and_nothing_else(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip.with_name("b").write_bytes(b"secret")
    child(monkeypatch, REACHES)
    told = "^" + " ".join(["PermissionError"] * 4) + "$"
    with pytest.raises(DamagedError, match=told), open_film(clip, TIMES):
        pass
