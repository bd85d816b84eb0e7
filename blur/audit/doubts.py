"""What a second look found, as spans of time that a person should watch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from blur.audit.finding import Finding
from blur.plan.doubts import place, ranked
from blur.plan.model import Doubt, Plan

LATE = 950
"""Weight of a doubt where a face was found in the output and covered."""
LEFT = 1000
"""Weight of a doubt where one may be left."""
REASONS = {LATE: "a face was found late, and covered", LEFT: "a face may be uncovered"}
AROUND = Fraction(1)
"""Seconds before and after a find that are worth watching."""

Box: TypeAlias = tuple[float, float, float, float]


def found(plan: Plan, findings: Sequence[Finding], weight: int) -> Iterator[Doubt]:
    """The spans around the findings, those joined that meet in time and in place, in order of time."""
    around = plan.time_base.ticks(AROUND)
    first, last = int(plan.pts[0]), int(plan.pts[-1])
    groups: list[list[Finding]] = []
    near: list[list[Finding]] = []
    for finding in sorted(findings, key=lambda finding: finding.frame):
        since = int(plan.pts[finding.frame]) - 2 * around
        near = [group for group in near if int(plan.pts[group[-1].frame]) >= since]
        here = next((group for group in near if _near(finding.box, group[-1].box)), None)
        if here is None:
            groups.append([finding])
            near.append(groups[-1])
        else:
            here.append(finding)
    for group in groups:
        start, end = (int(plan.pts[group[at].frame]) for at in (0, -1))
        region = place(np.array([finding.box for finding in group]), (plan.width, plan.height))
        yield Doubt(max(start - around, first), min(end + around, last), REASONS[weight], weight, region)


def _near(box: Box, other: Box) -> bool:
    """Whether one lies within the other's own size around it."""
    across, down = (max(box[at + 2] - box[at], other[at + 2] - other[at]) for at in (0, 1))
    return all(
        box[at] <= other[at + 2] + reach and other[at] <= box[at + 2] + reach
        for at, reach in ((0, across), (1, down))
    )


def with_doubts(plan: Plan, findings: Sequence[Finding], weight: int) -> Plan:
    """The plan with the findings among its doubts, each once, the gravest first."""
    return replace(plan, doubts=ranked(dict.fromkeys([*plan.doubts, *found(plan, findings, weight)])))
