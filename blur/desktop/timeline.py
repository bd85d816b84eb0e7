"""Time as a strip, from left to right: masks, muted sound and doubts, how many, and where one is."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QSlider

from blur.desktop.mutes import Mutes
from blur.desktop.theme import colours
from blur.desktop.words import say
from blur.plan.model import Plan

LANES = 7
"""Rows of masks; where more overlap, the rest share the last row."""
LANE = 9
"""Height of a mask's row in pixels."""
NUMBERED = 99
"""Doubts whose numbers are drawn: there may be a hundred thousand."""


class Timeline(QSlider):
    """Shows a plan over time; a click, a drag or a turn of the wheel moves through it.

    To screen readers it is a slider through the frames.

    Signals:
        sought: the position of a frame.
    """

    sought = Signal(int)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(say("review.timeline"))
        self._plan: Plan | None = None
        self._times = np.zeros(1)
        self._tick = 1.0
        """Seconds of a tick of the plan's times."""
        self._lanes: list[int] = []
        self._chosen: int | None = None
        self._mutes: Mutes = ()
        self._index = 0
        self._from, self._to = 0.0, 1.0
        self._drawn: QPixmap | None = None
        self.valueChanged.connect(self._moved)

    def sizeHint(self) -> QSize:
        return QSize(400, self._top() + (LANES + 5) * LANE + 8)

    def set_plan(self, plan: Plan, times: Sequence[Fraction], chosen: int | None, mutes: Mutes) -> None:
        if plan is not self._plan:
            if self._plan is None or len(self._times) != len(times):
                self._times = np.array([float(time) for time in times])
                self._from, self._to = 0.0, max(float(self._times[-1]), 1e-3)
                self.setRange(0, len(times) - 1)
            self._plan, self._lanes = plan, packed(plan)
            self._tick = float(plan.time_base.seconds(1))
        self._chosen, self._mutes = chosen, mutes
        self._drawn = None
        self.update()

    def clear(self) -> None:
        self._plan = None

    def set_index(self, index: int) -> None:
        self._index = index
        self.setValue(index)
        now, span = float(self._times[index]), self._to - self._from
        if not self._from <= now <= self._to:
            # Zoomed in, the strip follows what is shown.
            self._from = min(max(now - span / 4, 0.0), max(float(self._times[-1]) - span, 0.0))
            self._to, self._drawn = self._from + span, None
        self.update()

    def _moved(self, index: int) -> None:
        if self._plan is not None and index != self._index:
            self.sought.emit(index)  # by a screen reader: it is told of the plan's own moves

    def _top(self) -> int:
        """Height of the row of doubts, whose numbers are as large as all text."""
        return max(self.fontMetrics().height() + 4, 20)

    def _x(self, seconds: float) -> float:
        return 8 + (seconds - self._from) / (self._to - self._from) * (self.width() - 16)

    def _frame_at(self, x: float) -> int:
        seconds = self._from + (x - 8) / max(self.width() - 16, 1) * (self._to - self._from)
        return int(np.abs(self._times - seconds).argmin())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._drawn = None

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._plan is None:
            return
        if self._drawn is None:
            self._drawn = self._draw(self._plan)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._drawn)
        c, x = colours(), self._x(float(self._times[self._index]))
        painter.setPen(QPen(QColor(c.text), 2))
        painter.drawLine(QPointF(x, 4), QPointF(x, self.height() - 4))
        painter.setBrush(QColor(c.text))
        painter.drawEllipse(QPointF(x, 6), 4, 4)

    def _draw(self, plan: Plan) -> QPixmap:
        ratio, c = self.devicePixelRatioF(), colours()
        drawn = QPixmap(self.size() * ratio)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(QColor(c.card))
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (track, lane) in enumerate(zip(plan.tracks, self._lanes, strict=True)):
            chosen = index == self._chosen
            left, right = (self._x(self._seconds(plan, int(track.pts[end]))) for end in (0, -1))
            bar = QRectF(left, self._top() + lane * LANE, max(right - left, 3), LANE - 3)
            colour = QColor(c.accent if chosen or track.reason == "user" else c.track)
            painter.setPen(QPen(QColor(c.text), 1.5) if chosen else Qt.PenStyle.NoPen)
            # Weak grounds are hollow, so that the difference is not in the colour alone.
            painter.setBrush(Qt.BrushStyle.NoBrush if track.reason == "held" and not chosen else colour)
            if track.reason == "held" and not chosen:
                painter.setPen(QPen(colour, 1.2))
            painter.drawRoundedRect(bar, 2.5, 2.5)
        self._draw_mutes(painter)
        self._draw_coverage(painter, plan)
        self._draw_doubts(painter, plan)
        painter.end()
        return drawn

    def _draw_mutes(self, painter: QPainter) -> None:
        """Where the sound is muted, as a hatched row below the masks."""
        painter.setPen(QPen(QColor(colours().text), 1))
        painter.setBrush(QBrush(QColor(colours().text), Qt.BrushStyle.BDiagPattern))
        for first, last in self._mutes:
            left, right = self._x(first / 1000), self._x(last / 1000)
            painter.drawRect(QRectF(left, self._top() + LANES * LANE + 1, max(right - left, 3), LANE - 3))

    def _draw_coverage(self, painter: QPainter, plan: Plan) -> None:
        """How many masks there are in each frame, as a hill along the bottom."""
        counts = np.zeros(len(plan.pts))
        for track in plan.tracks:
            counts[np.searchsorted(plan.pts, track.pts)] += 1
        base, height = self.height() - 4.0, 3.0 * LANE
        scale = height / max(counts.max(initial=0), 1)
        # A point for each pixel, however many frames share it.
        places = 8 + (self._times - self._from) / (self._to - self._from) * (self.width() - 16)
        columns, starts = np.unique(np.round(places), return_index=True)
        tops = base - np.maximum.reduceat(counts, starts) * scale
        hill = QPolygonF([QPointF(columns[0], base)])
        for x, y in zip(columns.tolist(), tops.tolist(), strict=True):
            hill.append(QPointF(x, y))
        hill.append(QPointF(columns[-1], base))
        fill = QColor(colours().track)
        fill.setAlpha(110)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(hill)

    def _draw_doubts(self, painter: QPainter, plan: Plan) -> None:
        places = [self._x(self._seconds(plan, doubt.first)) for doubt in plan.doubts]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().warning))
        for x in places:
            painter.drawPolygon(QPolygonF([QPointF(x - 5, 7), QPointF(x + 5, 7), QPointF(x, 17)]))
        painter.setPen(QColor(colours().warning))
        text = self.fontMetrics()
        for x, number in numbered(
            places[:NUMBERED], text.horizontalAdvance("8"), text.horizontalAdvance("+")
        ):
            painter.drawText(QPointF(x + 7, text.ascent() + 1), number)

    def _seconds(self, plan: Plan, pts: int) -> float:
        return (pts - int(plan.pts[0])) * self._tick

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.sought.emit(self._frame_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(self._frame_at(event.position().x()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms around the pointer."""
        if not event.angleDelta().y():
            return
        share = min(max((event.position().x() - 8) / max(self.width() - 16, 1), 0.0), 1.0)
        whole = max(float(self._times[-1]), 1e-3)
        span = self._to - self._from
        new = min(max(span * (0.8 if event.angleDelta().y() > 0 else 1.25), min(1.0, whole)), whole)
        start = min(max(self._from + share * (span - new), 0.0), whole - new)
        self._from, self._to, self._drawn = start, start + new, None
        self.update()


def numbered(places: Sequence[float], digit: float, more: float) -> list[tuple[float, str]]:
    """The numbers of doubts that there is room for, each with its place, the gravest first.

    Where several meet, the gravest has its number, with a plus; the list has them all.

    Args:
        places: of the doubts, in pixels.
        digit: width of a digit, and ``more`` of the plus.
    """
    taken: dict[int, bool] = {}
    for rank, place in enumerate(places):
        width = digit * len(str(rank + 1)) + more + 4
        near = [
            other
            for other in taken
            if places[other] - width < place < places[other] + digit * len(str(other + 1)) + more + 4
        ]
        taken.update(dict.fromkeys(near, True))
        if not near:
            taken[rank] = False
    return [(places[rank], f"{rank + 1}{'+' if others else ''}") for rank, others in taken.items()]


def packed(plan: Plan) -> list[int]:
    """A row for each track so that those of one row do not overlap, as long as there are rows."""
    ends: list[int] = []
    order = sorted(range(len(plan.tracks)), key=lambda index: int(plan.tracks[index].pts[0]))
    rows = [0] * len(plan.tracks)
    for index in order:
        track = plan.tracks[index]
        free = next((row for row, end in enumerate(ends) if end < int(track.pts[0])), len(ends))
        if free == len(ends) and len(ends) < LANES:
            ends.append(0)
        free = min(free, LANES - 1)
        rows[index], ends[free] = free, max(ends[free], int(track.pts[-1]))
    return rows
