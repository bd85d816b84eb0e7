"""The picture of the review page: a frame, the masks that are not in it yet, and the hand that draws them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QLabel, QSizePolicy

from blur.desktop.painting import ALARM, AROUND, NEW, corners, inside, paint_mask, paint_place, tag
from blur.desktop.session import Mark
from blur.desktop.words import say
from blur.plan.model import Region

HANDLE = 9
"""Half the side of the square around a corner in which it can be taken, in pixels of the screen."""
SMALLEST = 6
"""A region drawn smaller than this, in pixels of the screen, was a click."""
CLOSEST = 8.0
SLACK = 1e-6
"""What the way from the picture to the screen and back may lose, in pixels."""


class View(QLabel):
    """Shows a frame and lets masks be selected, moved, resized and drawn.

    Signals:
        selected: position of a track, or -1 for none.
        reshaped: position of a track and its new region.
        drawn: a new region.
        resized: the picture is shown in another size now.
    """

    selected = Signal(int)
    reshaped = Signal(int, tuple)
    drawn = Signal(tuple)
    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPixmap(QPixmap(1, 1))  # never painted; screen readers take a label that has one for a picture
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(240, 160))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(say("review.picture"))
        self.outlines = True
        self.revealed = 1.0
        """Share of the picture, from its left edge on, over which the original lies where it is held."""
        self.zoom = 1.0
        self._middle = QPointF(0.5, 0.5)
        self.image: QImage | None = None
        self._original: QImage | None = None
        self._size = QSize(16, 9)
        self._shape = (16, 9)
        self._marks: Sequence[Mark] = ()
        self._chosen: int | None = None
        self._place: tuple[Region, str] | None = None
        self._grip: tuple[str, QPointF] | None = None
        self._sketch: QRectF | None = None

    def set_clip(self, width: int, height: int) -> None:
        """The size of the upright picture, in the plan's pixels."""
        self._size, self._shape = QSize(width, height), (width, height)
        self.image = self._original = None
        self.zoom, self._middle = 1.0, QPointF(0.5, 0.5)

    @property
    def original(self) -> bool:
        """Whether the original is in sight."""
        return self._original is not None

    def reveal(self, share: float) -> None:
        self.revealed = share
        self.update()

    def set_frame(self, image: QImage, *, original: bool) -> None:
        if image.height():
            # A picture is shown in its own proportions, which differ where pixels are not square.
            self._shape = image.width(), image.height()
        if original:
            self._original = image
        else:
            self.image, self._original = image, None
        self.update()

    def set_marks(self, marks: Sequence[Mark], chosen: int | None) -> None:
        self._marks, self._chosen = marks, chosen
        self.update()

    def set_place(self, region: Region | None, text: str) -> None:
        """Draws attention to a place, by a sign with a text; to none where there is no region."""
        self._place = None if region is None else (region, text)
        self.update()

    def pixels(self) -> tuple[int, int]:
        """How many pixels of the screen the picture may take."""
        ratio = self.devicePixelRatioF() * self.zoom
        return max(int(self.width() * ratio), 16), max(int(self.height() * ratio), 16)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zooms around a point of the widget: the selected mask, or the middle, where none is given."""
        region = self._chosen_region()
        if at is not None:
            kept = self._to_picture(at)
        elif region is not None:
            kept = QRectF(QPointF(*region[:2]), QPointF(*region[2:])).center()
        else:
            kept = QPointF(self._middle.x() * self._size.width(), self._middle.y() * self._size.height())
        before = self._to_widget(kept)
        self.zoom = min(max(self.zoom * factor, 1.0), CLOSEST)
        if self.zoom == 1.0:
            self._middle = QPointF(0.5, 0.5)
        else:
            after, box = self._to_widget(kept), self._box()
            wanted = before if at is not None else QPointF(self.rect().center())
            moved = after - wanted
            self._middle += QPointF(moved.x() / box.width(), moved.y() / box.height())
        self.resized.emit()
        self.update()

    def _box(self) -> QRectF:
        """Where the picture lies in the widget."""
        width, height = self._shape
        scale = min(self.width() / width, self.height() / height) * self.zoom
        box = QRectF(0, 0, width * scale, height * scale)
        box.moveCenter(QRectF(self.rect()).center())
        box.translate((0.5 - self._middle.x()) * box.width(), (0.5 - self._middle.y()) * box.height())
        return box

    def _to_widget(self, point: QPointF) -> QPointF:
        box = self._box()
        return QPointF(
            box.x() + point.x() * box.width() / self._size.width(),
            box.y() + point.y() * box.height() / self._size.height(),
        )

    def _to_picture(self, point: QPointF) -> QPointF:
        box = self._box()
        return QPointF(
            (point.x() - box.x()) * self._size.width() / box.width(),
            (point.y() - box.y()) * self._size.height() / box.height(),
        )

    def _rect_of(self, region: Region) -> QRectF:
        return QRectF(self._to_widget(QPointF(*region[:2])), self._to_widget(QPointF(*region[2:])))

    def _region_of(self, rect: QRectF) -> Region:
        low, high = self._to_picture(rect.topLeft()), self._to_picture(rect.bottomRight())
        x0, y0 = floor(low.x() + SLACK), floor(low.y() + SLACK)
        return x0, y0, max(ceil(high.x() - SLACK), x0 + 2), max(ceil(high.y() - SLACK), y0 + 2)

    def _moved(self, region: Region, start: QPointF, end: QPointF) -> Region:
        """The region shifted by whole pixels, so that moving never changes its size."""
        by = self._to_picture(end) - self._to_picture(start)
        dx, dy = round(by.x()), round(by.y())
        return region[0] + dx, region[1] + dy, region[2] + dx, region[3] + dy

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), AROUND)
        if self.image is not None:
            painter.drawImage(self._box(), self.image)
        if self._original is not None:
            self._paint_original(painter, self._original)
            self._paint_place(painter)
            return
        for mark in self._marks:
            self._paint_mark(painter, mark)
        self._paint_place(painter)
        if self._sketch is not None:
            painter.setBrush(QColor(14, 17, 18, 150))
            painter.setPen(QPen(NEW, 2))
            painter.drawEllipse(self._sketch)

    def _paint_place(self, painter: QPainter) -> None:
        if self._place is not None:
            region, text = self._place
            paint_place(painter, self._rect_of(region), text, QRectF(self.rect()))

    def _paint_original(self, painter: QPainter, original: QImage) -> None:
        box = self._box() & QRectF(self.rect())
        box.setWidth(box.width() * self.revealed)
        painter.save()
        painter.setClipRect(box)
        painter.drawImage(self._box(), original)
        painter.restore()
        painter.setPen(QPen(ALARM, 6))
        painter.drawRect(box.adjusted(3, 3, -3, -3))
        room = QRectF(self.rect())
        tag(painter, say("review.original"), QPointF(room.center().x(), 4), ALARM, room)

    def _paint_mark(self, painter: QPainter, mark: Mark) -> None:
        chosen = mark.index is not None and mark.index == self._chosen
        hidden = mark.state == "same" and not self.outlines and not chosen
        if not hidden and not (chosen and self._sketch is not None):
            rect = self._rect_of(mark.region)
            paint_mask(painter, rect, mark.state, chosen=chosen, room=QRectF(self.rect()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._original is not None or self.image is None or event.button() != Qt.MouseButton.LeftButton:
            return
        at = event.position()
        found = self._hit(at)
        if found is None:
            self.selected.emit(-1)
            self._grip = ("draw", at)
        else:
            index, part = found
            self.selected.emit(index)
            self._grip = (part, at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is None:
            found = self._hit(event.position())
            shapes = {"move": Qt.CursorShape.SizeAllCursor, None: Qt.CursorShape.CrossCursor}
            part = None if found is None else found[1]
            self.setCursor(shapes.get(part, Qt.CursorShape.PointingHandCursor))
            return
        self._sketch = self._dragged(event.position())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grip is None or event.button() != Qt.MouseButton.LeftButton:
            return
        sketch, (part, start) = self._dragged(event.position()), self._grip
        moved = (event.position() - start).manhattanLength()
        self._grip = self._sketch = None
        if sketch is not None and moved > 2:
            region = self._chosen_region()
            if part == "move" and region is not None:
                self.reshaped.emit(self._chosen, self._moved(region, start, event.position()))
            elif part != "draw":
                self.reshaped.emit(self._chosen, self._region_of(sketch))
            elif min(sketch.width(), sketch.height()) > SMALLEST:
                self.drawn.emit(self._region_of(sketch))
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms with Ctrl; without it, moves a picture that is zoomed in."""
        turned = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and turned.y():
            self.zoom_by(1.25 if turned.y() > 0 else 0.8, event.position())
        elif self.zoom > 1.0:
            box = self._box()
            x, y = self._middle.x() - turned.x() / box.width(), self._middle.y() - turned.y() / box.height()
            self._middle = QPointF(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
            self.update()
        else:
            super().wheelEvent(event)

    def _chosen_region(self) -> Region | None:
        marks = (mark for mark in self._marks if mark.index is not None and mark.index == self._chosen)
        return next((mark.region for mark in marks), None)

    def _hit(self, at: QPointF) -> tuple[int, str] | None:
        """The track under a point and the part of it: a corner of the selected one, or ``move``."""
        masks = [(m.index, self._rect_of(m.region)) for m in self._marks if m.index is not None]
        for index, rect in masks:
            if index == self._chosen:
                for name, corner in corners(rect).items():
                    if max(abs(corner.x() - at.x()), abs(corner.y() - at.y())) <= HANDLE:
                        return index, name
        under = [(rect.width() * rect.height(), index) for index, rect in masks if inside(rect, at)]
        return (min(under)[1], "move") if under else None

    def _dragged(self, at: QPointF) -> QRectF | None:
        """The rectangle that the hand makes of what it holds."""
        if self._grip is None:
            return None
        part, start = self._grip
        if part == "draw":
            return QRectF(start, at).normalized()
        region = self._chosen_region()
        if region is None:
            return None
        rect, by = self._rect_of(region), at - start
        if part == "move":
            return rect.translated(by)
        if "left" in part:
            rect.setLeft(min(rect.left() + by.x(), rect.right() - 4))
        else:
            rect.setRight(max(rect.right() + by.x(), rect.left() + 4))
        if "top" in part:
            rect.setTop(min(rect.top() + by.y(), rect.bottom() - 4))
        else:
            rect.setBottom(max(rect.bottom() + by.y(), rect.top() + 4))
        return rect
