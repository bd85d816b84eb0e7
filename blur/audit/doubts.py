"""What a second look found, as spans of time that a person should watch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from blur.audit.finding import Finding
from blur.plan.doubts import ranked
from blur.plan.model import Doubt, Plan

LATE = 950
"""Weight of a doubt where a face was found in the output and covered."""
LEFT = 1000
"""Weight of a doubt where one may be left."""
REASONS = {LATE: "a face was found late, and covered", LEFT: "a face may be uncovered"}
AROUND = Fraction(1)
"""Seconds before and after a find that are worth watching."""


def found(plan: Plan, findings: Sequence[Finding], weight: int) -> Iterator[Doubt]:
    """The spans around the findings, joined where they meet, in order of time."""
    times = np.unique(plan.pts[[finding.frame for finding in findings]])
    around = plan.time_base.ticks(AROUND)
    first, last = int(plan.pts[0]), int(plan.pts[-1])
    for group in np.split(times, np.flatnonzero(np.diff(times) > 2 * around) + 1):
        start, end = max(int(group[0]) - around, first), min(int(group[-1]) + around, last)
        yield Doubt(start, end, REASONS[weight], weight)


def with_doubts(plan: Plan, findings: Sequence[Finding], weight: int) -> Plan:
    """The plan with the findings among its doubts, each once, the gravest first."""
    return replace(plan, doubts=ranked(dict.fromkeys([*plan.doubts, *found(plan, findings, weight)])))
