from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from blur.desktop.timeline import LANE, LANES, Timeline, numbered, packed
from blur.plan.model import Doubt, Plan, Track
from blur.timing import TimeBase

FRAMES = 100
TIMES = [Fraction(number, 10) for number in range(FRAMES)]
spans = st.tuples(st.integers(0, FRAMES - 1), st.integers(0, FRAMES - 1)).map(sorted)


def plan(*tracks: list[int]) -> Plan:
    made = []
    for first, last in tracks:
        pts = np.arange(first, last + 1, dtype=np.int64)
        made.append(Track("face", 500, pts, np.tile(np.array([[0, 0, 9, 9]], np.int32), (len(pts), 1))))
    return Plan(64, 48, TimeBase(1, 10), np.arange(FRAMES, dtype=np.int64), tuple(made))


@given(st.lists(spans, max_size=20))
def test_bars_of_one_row_overlap_only_where_rows_run_out(tracks: list[list[int]]) -> None:
    rows = packed(plan(*tracks))
    assert len(rows) == len(tracks)
    assert all(0 <= row < LANES for row in rows)
    for row in range(LANES - 1):
        mine = sorted(span for span, its in zip(tracks, rows, strict=True) if its == row)
        assert all(before[1] < after[0] for before, after in pairwise(mine))


@pytest.fixture
def strip(qapp: QApplication) -> Timeline:
    made = Timeline()
    made.resize(616, 130)
    made.set_plan(plan([10, 40]), TIMES, None, ())
    made.show()
    qapp.processEvents()
    return made


@given(st.lists(st.floats(0, 600), max_size=99))
def test_numbers_of_doubts_do_not_lie_over_each_other_and_stand_for_all(places: list[float]) -> None:
    shown = sorted(numbered(places, 8, 9))
    assert all(one + 8 * len(text.rstrip("+")) + 9 < other for (one, text), (other, _) in pairwise(shown))
    drawn = {int(text.rstrip("+")) for _, text in shown}
    assert drawn == set(range(1, len(places) + 1)) or any(text.endswith("+") for _, text in shown)


def test_where_several_doubts_meet_the_gravest_has_its_number_with_a_plus() -> None:
    assert numbered([100, 300, 102, 101], 8, 9) == [(100, "1+"), (300, "2")]


def test_doubts_are_drawn(strip: Timeline, qapp: QApplication) -> None:
    def drawn(*doubts: Doubt) -> bytes:
        strip.set_plan(replace(plan([10, 40]), doubts=doubts), TIMES, None, ())
        qapp.processEvents()
        image = strip.grab(QRect(0, 0, strip.width(), 24)).toImage()  # its bits go with it
        return bytes(image.constBits())

    one, other, later = Doubt(20, 20, "a", 900), Doubt(20, 20, "b", 800), Doubt(60, 60, "c", 700)
    assert len({drawn(), drawn(one), drawn(one, other), drawn(one, later)}) == 4


def test_a_click_seeks_and_time_runs_from_left_to_right_in_every_script(
    qapp: QApplication, strip: Timeline
) -> None:
    sought: list[int] = []
    strip.sought.connect(sought.append)
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        for x in (8, 308, 607):
            QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(x, 60))
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    assert sought == pytest.approx([0, (FRAMES - 1) / 2, FRAMES - 1], abs=1)
    assert strip.layoutDirection() == Qt.LayoutDirection.LeftToRight


def test_the_wheel_zooms_around_the_pointer_and_the_strip_follows_the_film(
    qapp: QApplication, strip: Timeline
) -> None:
    def turn(by: int) -> None:
        none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
        at = QPointF(308, 60)
        qapp.sendEvent(strip, QWheelEvent(at, at, QPoint(), QPoint(0, by), *none, False))

    middle = strip._frame_at(308)
    for _ in range(6):
        turn(120)
    assert strip._frame_at(308) == pytest.approx(middle, abs=1)
    assert strip._frame_at(607) - strip._frame_at(8) < FRAMES / 2
    strip.set_index(2)
    assert strip._frame_at(8) <= 2 <= strip._frame_at(607)
    for _ in range(20):
        turn(-120)
    assert (strip._frame_at(8), strip._frame_at(607)) == (0, FRAMES - 1)


def test_masks_are_painted_where_they_are(
    strip: Timeline, until: Callable[[Callable[[], object]], None]
) -> None:
    until(lambda: strip._drawn is not None)
    picture = strip.grab().toImage()
    row = strip._top() + 3
    ground = picture.pixelColor(615, row)
    painted = [picture.pixelColor(x, row) != ground for x in (30, 150, 400)]
    assert painted == [False, True, False]


def test_muted_sound_has_a_row_of_its_own(strip: Timeline) -> None:
    row = strip._top() + LANES * LANE + 1
    before = strip.grab().toImage()
    strip.set_plan(plan([10, 40]), TIMES, None, ((4000, 6000),))
    after = strip.grab().toImage()
    assert [before.pixelColor(x, row) != after.pixelColor(x, row) for x in (100, 310, 500)] == [
        False,
        True,
        False,
    ]


def test_to_a_screen_reader_it_is_a_slider_through_the_frames(strip: Timeline) -> None:
    sought: list[int] = []
    strip.sought.connect(sought.append)
    strip.set_index(30)
    reader = QAccessible.queryAccessibleInterface(strip)
    assert reader.role() == QAccessible.Role.Slider
    values = reader.valueInterface()
    assert (values.minimumValue(), values.currentValue(), values.maximumValue()) == (0, 30, FRAMES - 1)
    assert sought == []
    values.setCurrentValue(50)
    assert sought == [50]
