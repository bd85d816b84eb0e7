from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from blur.desktop.mutes import as_option, heard, is_muted, muted
from blur.timing import spans

Edits = list[tuple[Fraction, Fraction]]
times = st.fractions(0, 4000, max_denominator=30000)
edits = st.lists(st.tuples(times, times), max_size=12)


@given(edits)
def test_everything_between_is_muted_and_spans_stay_apart_and_in_order(
    edits: Edits,
) -> None:
    made: tuple[tuple[int, int], ...] = ()
    for one, other in edits:
        made = muted(made, one, other)
    for one, other in edits:
        assert all(is_muted(made, at) for at in (one, other, (one + other) / 2))
    assert all(before[1] < after[0] for before, after in pairwise(made))


@given(edits, times)
def test_only_the_span_at_a_time_is_heard_again(edits: Edits, at: Fraction) -> None:
    made: tuple[tuple[int, int], ...] = ()
    for one, other in edits:
        made = muted(made, one, other)
    left = heard(made, at)
    assert not is_muted(left, at)
    assert [span for span in made if span not in left] == [span for span in made if is_muted((span,), at)]


def test_the_engine_reads_them_as_they_were_meant() -> None:
    made = muted(muted((), Fraction(3, 2), Fraction(2)), Fraction(3600), Fraction(3599))
    assert spans(as_option(made)) == ((Fraction(3, 2), 2), (3599, 3600))
