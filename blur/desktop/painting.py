"""What is drawn over the picture of the review page: masks, the place of a doubt, and their tags."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from blur.desktop.words import say

AROUND = QColor("#0e1112")
INK = QColor("#f4f5f3")
NEW = QColor("#6cc3a8")
ALARM = QColor("#c8323c")
COVER = QColor("#23292a")
LEAST = 44.0
"""Pixels of the screen that the corners around a place are apart at least."""
GAP = 8.0
"""Pixels between a tag and what it names."""


def paint_mask(painter: QPainter, rect: QRectF, state: str, *, chosen: bool, room: QRectF) -> None:
    """A mask; ``state`` is a Mark's. Its tag stays within ``room``."""
    pen = QPen(QColor(244, 245, 243, 120), 1)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if state == "new":
        painter.setBrush(QBrush(COVER))
        pen = QPen(NEW, 1.5)
    elif state == "gone":
        pen = QPen(INK, 1.5, Qt.PenStyle.DashLine)
    painter.setPen(QPen(NEW, 2.5) if chosen else pen)
    painter.drawEllipse(rect)
    if state != "same":
        # One below and one above, since a mask that was moved is mostly near its old place.
        below = state == "new"
        edge = rect.bottom() if below else rect.top()
        tag(painter, say(f"review.{state}"), QPointF(rect.center().x(), edge), COVER, room, below=below)
    if chosen:
        painter.setPen(QPen(AROUND, 1))
        painter.setBrush(NEW)
        for corner in corners(rect).values():
            painter.drawEllipse(corner, 5, 5)


def paint_place(painter: QPainter, rect: QRectF, text: str, room: QRectF) -> None:
    """Four corners around a place, dark and light at once, and a tag: known by their shape, not by colour."""
    wide, high = max(rect.width() * 1.5, LEAST), max(rect.height() * 1.5, LEAST)
    box = QRectF(0, 0, wide, high)
    box.moveCenter(rect.center())
    arm = min(wide, high) / 3
    path = QPainterPath()
    for corner, x, y in (
        (box.topLeft(), 1, 1),
        (box.topRight(), -1, 1),
        (box.bottomRight(), -1, -1),
        (box.bottomLeft(), 1, -1),
    ):
        path.moveTo(corner + QPointF(x * arm, 0))
        path.lineTo(corner)
        path.lineTo(corner + QPointF(0, y * arm))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((AROUND, 7), (INK, 3)):
        painter.setPen(QPen(QColor(colour), width, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPath(path)
    tag(painter, text, QPointF(box.center().x(), box.bottom()), COVER, room)


def tag(
    painter: QPainter, text: str, at: QPointF, ground: QColor, room: QRectF, *, below: bool = True
) -> None:
    """A text below or above a point, on a ground of its own, so that it can be read over any picture."""
    bounds = QRectF(painter.fontMetrics().boundingRect(text)).adjusted(-9, -4, 9, 4)
    bounds = beside(bounds.size(), at, room, below=below)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(bounds, 8, 8)
    painter.setPen(INK)
    painter.drawText(bounds, Qt.AlignmentFlag.AlignCenter, text)


def beside(size: QSizeF, at: QPointF, room: QRectF, *, below: bool) -> QRectF:
    """A rectangle of a size, below or above a point, moved into ``room`` where it would reach beyond."""
    left = at.x() - size.width() / 2
    top = at.y() + GAP if below else at.y() - GAP - size.height()
    left = min(max(left, room.left()), room.right() - size.width())
    top = min(max(top, room.top()), room.bottom() - size.height())
    return QRectF(QPointF(left, top), size)


def corners(rect: QRectF) -> Mapping[str, QPointF]:
    return {
        "top left": rect.topLeft(),
        "top right": rect.topRight(),
        "bottom left": rect.bottomLeft(),
        "bottom right": rect.bottomRight(),
    }


def inside(rect: QRectF, at: QPointF) -> bool:
    """Whether a point lies in the ellipse of a rectangle."""
    across = (at.x() - rect.center().x()) / max(rect.width() / 2, 1)
    down = (at.y() - rect.center().y()) / max(rect.height() / 2, 1)
    return across * across + down * down <= 1
