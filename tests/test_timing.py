from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.timing import spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1-2", [(1, 2)]),
        ("0:12.5-0:14, 63-64.25", [(Fraction(25, 2), 14), (63, Fraction(257, 4))]),
        ("1:02:03-1:02:03.1", [(3723, Fraction(37231, 10))]),
        (" 59 - 1:00 ", [(59, 60)]),
    ],
)
def test_spans_are_read_exactly(text: str, expected: list[tuple[Fraction, Fraction]]) -> None:
    assert list(spans(text)) == expected


@pytest.mark.parametrize(
    "text", ["", "1", "1-", "-1", "2-1", "1-1", "1-2-3", "a-b", "1-2,", "1:2:3:4-9", "nan-inf", "1-1e9"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        spans(text)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_milliseconds_come_back(first: int, length: int) -> None:
    last = first + length
    text = f"{first // 60000}:{first % 60000 / 1000:.3f}-{last / 1000:.3f}"
    if first // 60000 < 100:
        assert spans(text) == ((Fraction(first, 1000), Fraction(last, 1000)),)
