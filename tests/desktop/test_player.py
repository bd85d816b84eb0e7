from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from blur.desktop.player import Player
from tests.desktop.making import FRAMES, film

TIMES = [Fraction(number, 12) for number in range(FRAMES)]
Until = Callable[[Callable[[], object]], None]


class Seen(QObject):
    """What a player has shown: position, lightness, and whether it was the original."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[tuple[int, int, bool]] = []

    def take(self, index: int, picture: QImage, original: bool) -> None:
        self.frames.append((index, picture.pixelColor(5, 5).red(), original))


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def player(qapp: QObject, tmp_path: Path, seen: Seen) -> Iterator[Player]:
    film(tmp_path / "result.mp4")
    film(tmp_path / "source.mp4", grey=5)
    made = Player(tmp_path / "result.mp4", tmp_path / "source.mp4", TIMES, qapp)
    made.shown.connect(seen.take)
    made.set_fit((64, 48))
    yield made
    made.close()


def test_seeking_shows_that_frame_of_the_result(player: Player, seen: Seen, until: Until) -> None:
    for index in (5, 0, FRAMES - 1):
        player.seek(index)
        until(lambda index=index: seen.frames and seen.frames[-1][0] == index)
        assert seen.frames[-1][1] == pytest.approx(90 + 4 * index, abs=3)
    assert not any(original for _, _, original in seen.frames)


def test_there_is_nothing_before_the_first_and_after_the_last_frame(player: Player) -> None:
    player.seek(-5)
    assert player.index == 0
    player.seek(FRAMES + 5)
    assert player.index == FRAMES - 1
    player.skip(-1.0)
    assert player.index == FRAMES - 1 - 12


def test_a_film_runs_to_its_end_in_order_and_at_its_pace(player: Player, seen: Seen, until: Until) -> None:
    from time import monotonic

    player.seek(0)
    until(lambda: seen.frames)
    seen.frames.clear()
    began = monotonic()
    player.toggle()
    until(lambda: not player.playing)
    assert monotonic() - began == pytest.approx(float(TIMES[-1]), abs=1.0)
    shown = [index for index, _, _ in seen.frames]
    assert shown == sorted(shown)
    assert shown[-1] == FRAMES - 1
    assert len(shown) > FRAMES / 3


def test_the_original_is_shown_only_while_it_is_held(player: Player, seen: Seen, until: Until) -> None:
    player.seek(10)
    until(lambda: seen.frames)
    player.hold_original(True)
    until(lambda: seen.frames[-1][2])
    assert seen.frames[-1][1] == pytest.approx(5 + 40, abs=3)
    player.hold_original(False)
    until(lambda: not seen.frames[-1][2])
    assert seen.frames[-1][1] == pytest.approx(90 + 40, abs=3)


def test_an_original_that_comes_too_late_is_not_shown(player: Player, seen: Seen, until: Until) -> None:
    player.seek(3)
    until(lambda: seen.frames)
    player.hold_original(True)
    player.hold_original(False)
    count = len(seen.frames)
    until(lambda: len(seen.frames) > count)
    assert not any(original for _, _, original in seen.frames)


def test_a_film_stops_for_the_original(player: Player, seen: Seen, until: Until) -> None:
    player.toggle()
    until(lambda: len(seen.frames) > 3)
    player.hold_original(True)
    assert not player.playing
    player.toggle()
    assert not player.playing


def test_a_film_that_is_gone_is_told_of(qapp: QObject, tmp_path: Path, until: Until) -> None:
    told: list[str] = []
    player = Player(tmp_path / "none.mp4", tmp_path / "none.mov", TIMES, qapp)
    player.failed.connect(told.append)
    player.seek(0)
    until(lambda: told)
    player.close()
