"""What the window asks of PySide6 itself."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QPolygonF

CALLS = 300


@pytest.mark.usefixtures("qapp")
def test_calls_that_give_none_do_not_use_it_up() -> None:
    # PySide6 6.12.0 takes a reference to None with every such call; before Python 3.12, where None can
    # die, the window ends after some thousand of them.
    picture, polygon, box = QImage(20, 20, QImage.Format.Format_RGB32), QPolygonF(), QRectF(1, 1, 9, 9)
    painter = QPainter(picture)
    calls: dict[str, Callable[[], object]] = {
        "append": lambda: polygon.append(QPointF(1, 1)),
        "rectangle": lambda: painter.drawRect(box),
        "ellipse": lambda: painter.drawEllipse(box),
        "line": lambda: painter.drawLine(QPointF(1, 1), QPointF(2, 2)),
    }
    lost = {}
    for name, call in calls.items():
        before = sys.getrefcount(None)
        for _ in range(CALLS):
            call()
        lost[name] = before - sys.getrefcount(None)
    painter.end()
    assert [name for name, count in lost.items() if count > CALLS // 2] == []
