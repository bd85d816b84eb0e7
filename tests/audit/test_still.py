"""A finished photo that does not open whole, or at another size, never passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blur.audit.still import check_still_opens
from blur.errors import AuditError
from blur.timing import TimeBase
from tests.media.photos import make_photo


def check(path: Path, width: int, height: int) -> None:
    list(check_still_opens(path, np.zeros(1, np.int64), TimeBase(1, 1), width, height))


def test_a_whole_photo_passes_and_another_size_does_not(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg")
    check(path, 120, 80)
    with pytest.raises(AuditError, match="120x80"):
        check(path, 80, 120)


def test_a_broken_photo_does_not_pass(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(AuditError):
        check(path, 120, 80)
