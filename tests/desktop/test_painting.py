"""Where tags over the picture lie."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, QSizeF

from blur.desktop.painting import beside

ROOM = QRectF(0, 0, 400, 300)
SIZE = QSizeF(120, 24)
anywhere = st.tuples(st.floats(-500, 900), st.floats(-500, 900)).map(lambda at: QPointF(*at))


@given(anywhere, st.booleans())
def test_a_tag_is_never_cut(at: QPointF, below: bool) -> None:
    assert ROOM.contains(beside(SIZE, at, ROOM, below=below))


def test_the_tags_of_a_mask_and_of_its_old_place_are_apart() -> None:
    new, old = QRectF(200, 150, 40, 50), QRectF(180, 140, 40, 50)
    below = beside(SIZE, QPointF(new.center().x(), new.bottom()), ROOM, below=True)
    above = beside(SIZE, QPointF(old.center().x(), old.top()), ROOM, below=False)
    assert not below.intersects(above)
    assert not below.intersects(new)
