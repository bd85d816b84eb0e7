from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blur.timing import TimeBase, clock, spans

bases = st.builds(TimeBase, st.integers(1, 10_000), st.integers(1, 1 << 31))
ticks = st.integers(-(1 << 61), 1 << 61)


@given(bases, ticks)
def test_ticks_are_exact_seconds_and_the_same_ticks_again(base: TimeBase, count: int) -> None:
    seconds = base.seconds(count)
    assert seconds == Fraction(count * base.numerator, base.denominator)
    assert base.ticks(seconds) == count


@given(bases, st.fractions())
def test_seconds_are_rounded_up_to_whole_ticks(base: TimeBase, seconds: Fraction) -> None:
    count = base.ticks(seconds)
    assert base.seconds(count - 1) < seconds <= base.seconds(count)


def test_a_second_and_a_half_in_usual_time_bases() -> None:
    assert TimeBase(1, 90_000).ticks(Fraction(3, 2)) == 135_000
    assert TimeBase(1, 24).ticks(Fraction(3, 2)) == 36
    assert TimeBase(1001, 30_000).ticks(Fraction(3, 2)) == 45
    assert TimeBase(2, 1).ticks(Fraction(3, 2)) == 1


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 1), (1, 0), (-1, 30), (1, -30)])
def test_a_tick_has_a_length(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="time base"):
        TimeBase(numerator, denominator)


def test_a_fraction_becomes_a_time_base_and_back() -> None:
    base = TimeBase.of(Fraction(1001, 30_000))
    assert (base.numerator, base.denominator) == (1001, 30_000)
    assert base.fraction == Fraction(1001, 30_000)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (Fraction(0), "0:00.0"),
        (Fraction(99, 1000), "0:00.0"),
        (Fraction(599, 10), "0:59.9"),
        (Fraction(60), "1:00.0"),
        (Fraction(3599999, 1000), "59:59.9"),
        (Fraction(3600), "1:00:00.0"),
        (Fraction(36610, 10), "1:01:01.0"),
    ],
)
def test_people_read_minutes_and_tenths(seconds: Fraction, text: str) -> None:
    assert clock(seconds) == text


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
