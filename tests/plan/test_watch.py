"""Which seconds a person is told to watch."""

from __future__ import annotations

from time import process_time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blur.plan.doubts import ranked
from blur.plan.model import Doubt, Plan
from blur.plan.watch import WORTH, grave, joined, spans, these_seconds, whereabouts, worth_watching
from blur.timing import TimeBase

PTS = np.arange(500, 1100, dtype=np.int64)


def plan(*doubts: Doubt) -> Plan:
    """A minute, ten ticks a second."""
    return Plan(64, 48, TimeBase(1, 10), PTS, (), ranked(doubts))


def test_grave_doubts_are_told_with_their_seconds() -> None:
    told = plan(Doubt(520, 540, "a", 950), Doubt(535, 560, "b", 900), Doubt(700, 700, "c", 899))
    assert these_seconds(told, grave(told)) == "these 4 seconds: 0:02.0 to 0:06.0"
    assert spans(told, grave(told)) == "0:02.0 to 0:06.0"


def test_where_a_doubt_is_is_told_in_thirds_of_the_picture() -> None:
    def told(*region: int) -> str:
        return whereabouts(plan(), Doubt(500, 500, "a", 1, region))  # type: ignore[arg-type]

    assert [told(x, y, x + 4, y + 4) for y in (0, 22, 44) for x in (0, 30, 60)] == [
        *("upper left", "top", "upper right"),
        *("left", "middle", "right"),
        *("lower left", "bottom", "lower right"),
    ]
    assert told(-90, -90, -80, -80) == "upper left"
    assert told(90, 90, 99, 99) == "lower right"
    assert whereabouts(plan(), Doubt(500, 500, "a", 1)) == ""


def test_a_moment_is_watched_with_what_is_around_it() -> None:
    told = plan(Doubt(500, 500, "a", 200), Doubt(600, 604, "b", 200))
    assert these_seconds(told, told.doubts[:1]) == "this second: 0:00.0 to 0:00.5"
    assert these_seconds(told, told.doubts[1:]) == "this second: 0:09.7 to 0:10.7"
    assert spans(told, told.doubts[:1]) == "0:00.0"


def test_the_gravest_are_told_as_far_as_little_time_goes() -> None:
    long, one, two = Doubt(500, 1000, "a", 300), Doubt(600, 620, "b", 200), Doubt(800, 830, "c", 200)
    assert worth_watching(plan(long, one)) == [long]
    assert worth_watching(plan(one, two)) == [one, two]
    assert worth_watching(plan(one, two, long)) == [long]
    assert worth_watching(plan(Doubt(500, 500, "d", 400), long, one, two)) == [
        Doubt(500, 500, "d", 400),
        one,
        two,
    ]


@given(
    st.lists(st.tuples(st.sampled_from(PTS.tolist()), st.integers(0, 40), st.integers(1, 999)), min_size=1)
)
def test_what_is_worth_watching_takes_little_time(times: list[tuple[int, int, int]]) -> None:
    told = plan(*(Doubt(first, min(first + more, 1099), "a", weight) for first, more, weight in times))
    chosen = worth_watching(told)
    assert chosen[0] == told.doubts[0]
    length = sum(end - start for start, end in joined(told, chosen))
    assert length <= max(int(WORTH[0] * 599), 30, told.doubts[0].last - told.doubts[0].first)


@given(st.lists(st.tuples(st.integers(-900, 2500), st.integers(0, 40), st.integers(1, 999)), min_size=1))
def test_a_doubt_is_worth_watching_if_it_adds_little_to_the_graver_ones(
    times: list[tuple[int, int, int]],
) -> None:
    told = plan(*(Doubt(first, first + more, "a", weight) for first, more, weight in times))
    chosen: list[Doubt] = []
    for doubt in told.doubts:
        more = sum(end - start for start, end in joined(told, [*chosen, doubt]))
        if not chosen or more <= max(int(WORTH[0] * 599), 30):
            chosen.append(doubt)
    assert worth_watching(told) == chosen


def test_a_hundred_thousand_doubts_are_gone_through_at_once() -> None:
    many = Plan(
        64, 48, TimeBase(1, 10), np.arange(10**6), (), tuple(Doubt(n, n, "a", 9) for n in range(10**5))
    )
    began = process_time()
    assert len(worth_watching(many)) > len(many.doubts) / 2
    assert process_time() - began < 20  # nearly an hour, where each is compared with all before it


def test_a_long_list_is_cut() -> None:
    many = plan(*(Doubt(pts, pts, "a", 900) for pts in range(500, 1100, 20)))
    assert these_seconds(many, many.doubts).endswith(" and at 18 more places")
