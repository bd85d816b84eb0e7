"""What the second look and its repairs are worth: plans judged before and after.

usage: PYTHONPATH=. python benchmarks/repair.py PRESET CLIP...
Each clip lies beside its truth, as in ../shared/media/crowdcam or as motions.py makes them. Prints, for each
clip and for all together, what leaks of the plan as it was made and as it stood once the second look was
content, by the rules of search.py, and how often a plan was mended.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from common import result
from search import Tally, judge

from blur.audit.finding import Finding
from blur.engine import Engine, video_engine
from blur.events import Steps
from blur.media.clip import Clip
from blur.pipeline import anonymise
from blur.plan.model import Plan
from blur.settings import Settings


@dataclass
class Plans:
    """The plans of one clip in order of time, noted as they pass from step to step."""

    made: list[Plan] = field(default_factory=list)

    def noted(self, engine: Engine) -> Engine:
        """The engine, whose plans are noted."""

        def build(seen: object, settings: Settings) -> Plan:
            self.made.append(engine.build_plan(seen, settings))
            return self.made[-1]

        def repair(
            clip: Clip, seen: object, plan: Plan, findings: Sequence[Finding], settings: Settings
        ) -> Steps[Plan]:
            mended = yield from engine.repair(clip, seen, plan, findings, settings)
            self.made.append(mended)
            return mended

        return replace(engine, build_plan=build, repair=repair)


def judged(path: Path, plan: Plan) -> Tally:
    tally = Tally()
    judge(tally, path.stem, json.loads(path.with_suffix(".json").read_text()), plan)
    return tally


def total(tallies: Sequence[Tally]) -> Tally:
    people = {who: exposed for tally in tallies for who, exposed in tally.people.items()}
    masked = [share for tally in tallies for share in tally.overmask]
    return Tally(sum(one.leaked for one in tallies), sum(one.faces for one in tallies), people, masked)


def main() -> None:
    settings = Settings(preset=sys.argv[1], accept_unverified=True)  # type: ignore[arg-type]
    before: list[Tally] = []
    after: list[Tally] = []
    print("| clip | repairs | leak20 | people exposed | overmask | after repair | | |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for path in map(Path, sys.argv[2:]):
            plans = Plans()
            steps = anonymise(
                path, Path(folder, "o.mp4"), settings, engine=plans.noted(video_engine()), force=True
            )
            result(steps)
            before.append(judged(path, plans.made[0]))
            after.append(judged(path, plans.made[-1]) if len(plans.made) > 1 else before[-1])
            print(
                f"| {path.stem} | {len(plans.made) - 1} | {before[-1].row()} | {after[-1].row()} |",
                flush=True,
            )
    print(f"| all | | {total(before).row()} | {total(after).row()} |")


if __name__ == "__main__":
    main()
