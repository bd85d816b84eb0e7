from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blur.sound.mute import beep

RATE = 8000


@given(
    st.lists(st.integers(1, 900), min_size=1, max_size=8),
    st.integers(0, 8000),
    st.integers(1, 4000),
    st.integers(1, 2),
)
def test_nothing_that_was_said_in_a_span_is_left(
    sizes: list[int], begin: int, length: int, channels: int
) -> None:
    rng = np.random.default_rng(1)
    span = (Fraction(begin, RATE), Fraction(begin + length, RATE))
    said, other = (rng.standard_normal((sum(sizes), channels)).astype(np.float32) for _ in range(2))
    edges = np.cumsum(sizes)[:-1]
    heard, heard_other = (np.concatenate(list(beep(np.split(x, edges), RATE, [span]))) for x in (said, other))
    assert heard.shape == said.shape
    inside = slice(begin, begin + length + 1)
    assert np.array_equal(heard[inside], heard_other[inside])
    margin = int(0.05 * RATE) + 1
    outside = np.r_[: max(begin - margin, 0), begin + length + margin : len(said)]
    outside = outside[outside < len(said)]
    assert np.array_equal(heard[outside], said[outside])


def test_the_beep_is_heard() -> None:
    (heard,) = beep([np.zeros((RATE, 1), np.float32)], RATE, [(Fraction(1, 4), Fraction(1, 2))])
    assert 0.05 < heard[2000:4000].std() < 0.1
    assert not heard[:1500].any()
