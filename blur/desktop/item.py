"""One clip in the window's queue, as a value, and what the engine's events make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from blur.desktop.mutes import Mutes
from blur.errors import EXIT_LOOK

Status: TypeAlias = Literal["waiting", "working", "done", "failed", "cancelled"]

SHARES = {"probe": 0.01, "analyse": 0.62, "plan": 0.02, "render": 0.27, "check": 0.07, "publish": 0.01}
"""How the time of a whole run is spread over its stages, about; for the progress bar only."""
RENDER_SHARES = {"probe": 0.01, "render": 0.78, "check": 0.2, "publish": 0.01}
"""The same where a plan is there already."""

KNOWN_ENOUGH = 0.04
"""Share of the work from which on the time left can be guessed."""


@dataclass(frozen=True, slots=True)
class Item:
    """A clip in the queue.

    Attributes:
        key: names it and its plan, and tells nothing of the clip.
        source, target: what is read, and where the result goes.
        status: how far it is.
        by_plan: whether it is covered by a plan that is there already, without looking for faces.
        stage, done, total: where the engine is, in frames of the stage.
        codes: of the notices that the engine gave.
        frames: of the finished clip.
        look: whether a person should look at the result.
        looked: whether they went through all of its grave doubts.
        mutes: the spans that are muted in the result, where its sound was kept.
        error, message: why it failed: the error's name, and the engine's own words.
        edited: whether its plan was changed since it was published.
        unverified: whether the user wants it published although the second look found faces.
        thorough: whether faces are looked for more thoroughly, since an output did not pass.
    """

    key: str
    source: Path
    target: Path
    status: Status = "waiting"
    by_plan: bool = False
    stage: str = ""
    done: int = 0
    total: int | None = None
    codes: tuple[str, ...] = ()
    frames: int = 0
    look: bool = False
    looked: bool = False
    mutes: Mutes = ()
    error: str = ""
    message: str = ""
    edited: bool = False
    unverified: bool = False
    thorough: bool = False

    @property
    def busy(self) -> bool:
        """Whether it is still to be worked on, or being worked on."""
        return self.status in ("waiting", "working")


def begun(item: Item) -> Item:
    """The item as its work begins."""
    began = replace(item, status="working", stage="probe", done=0, total=None)
    return replace(began, codes=(), look=False, looked=False, error="", message="")


def told(item: Item, event: dict[str, Any]) -> Item:
    """The item after an event of the engine's, as blur.events.as_json writes it."""
    match event:
        case {"event": "started", "stage": str(stage), "total": total}:
            return replace(item, stage=stage, done=0, total=total)
        case {"event": "progress", "stage": str(stage), "done": int(done), "total": total}:
            return replace(item, stage=stage, done=done, total=total)
        case {"event": "notice", "code": str(code)}:
            return replace(item, codes=(*item.codes, code))
        case {"event": "failed", "error": "Interrupted"}:
            return replace(item, status="cancelled")
        case {"event": "failed", "error": str(error), "message": str(message)}:
            return replace(item, status="failed", error=error, message=message)
        case {"event": "finished", "frames": int(frames), "exit_code": int(code)}:
            return replace(item, status="done", frames=frames, look=code == EXIT_LOOK, edited=False)
    return item


def ended(item: Item, *, stopped: bool) -> Item:
    """The item after the engine's process is gone, which says so itself unless it was killed or broke."""
    if item.status != "working":
        return item
    return (
        replace(item, status="cancelled") if stopped else replace(item, status="failed", error="CrashedError")
    )


def share_done(item: Item) -> float:
    """How much of the work is done, 0 to 1."""
    if item.status == "done":
        return 1.0
    shares = RENDER_SHARES if item.by_plan else SHARES
    if item.status != "working" or item.stage not in shares:
        return 0.0
    stages = list(shares)
    before = sum(shares[stage] for stage in stages[: stages.index(item.stage)])
    within = min(item.done / item.total, 1.0) if item.total else 0.0
    return min(before + shares[item.stage] * within, 1.0)


def seconds_left(item: Item, elapsed: float) -> int | None:
    """A guess at the time that is left, from what the work has taken so far; None while it is too early."""
    share = share_done(item)
    if share < KNOWN_ENOUGH or elapsed < 1:
        return None
    return max(1, round(elapsed * (1 - share) / share))
