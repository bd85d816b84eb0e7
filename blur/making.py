"""Makes the output of a clip, until it passes every check: rendered, given its sound, looked at, mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from blur.engine import Draft, Engine
from blur.errors import AuditError, DamagedError
from blur.events import Notice, Steps, named
from blur.outputs import Drafts
from blur.plan.watch import spans
from blur.settings import Settings

if TYPE_CHECKING:
    from blur.audit.finding import Finding
    from blur.media.clip import Clip
    from blur.plan.model import Plan

Rendered: TypeAlias = "tuple[Plan, Path]"
"""A plan and the file that was rendered by it."""

_SOUND = {  # a notice's code and words
    "remove": ("sound-removed", "The sound was removed; --audio keep keeps it."),
    "keep": ("sound-kept", "The sound was kept: voices identify people, and so do names that are called."),
    "mute": ("sound-muted", "The sound was kept but for the muted spans: voices identify people."),
    "disguise": (
        "voice-disguised",
        "The voices were disguised. That misleads listeners, not an expert; --audio remove protects them.",
    ),
}


@dataclass(frozen=True, slots=True)
class Made:
    """An output that passed every check.

    Attributes:
        draft: the file; it is not published yet.
        plan: by which it was made in the end, with what the second look doubts.
        gone: what of the source could trace and is not in it, in plain words.
    """

    draft: Draft
    plan: Plan
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Making:
    """The making of one clip's output, in private files."""

    engine: Engine
    clip: Clip
    settings: Settings
    drafts: Drafts

    def make(self, plan: Plan, observations: Any, before: Rendered | None = None) -> Steps[Made]:
        """Makes the output, and mends it where a second look finds faces: only what changes is made anew.

        Without observations, the plan is a person's and stays as it is: what is found, they are told.
        ``before`` is an earlier rendering of the clip with these settings.
        Raises AuditError where the output does not pass, DamagedError where the clip is another by now.
        """
        settings = self.settings
        draft, plan = yield from self._mended(plan, observations, before)
        if self.clip.sound is not None:
            yield Notice(self.clip.name, *_SOUND[settings.audio])
        if settings.camera_trace == "reduce":
            draft = yield from self._moved(plan)
        gone = yield from self._traces(draft.path)
        if written(self.clip.path) != self.clip.written:
            # What was looked at need not be what was covered.
            raise DamagedError(f"{self.clip.name} has changed while it was read", "Run it again.")
        return Made(draft, plan, gone)

    def _mended(self, plan: Plan, observations: Any, before: Rendered | None) -> Steps[tuple[Draft, Plan]]:
        """An output in which the second look finds no face that is not told of, and its plan."""
        from blur.audit.doubts import LEFT, with_doubts

        settings, still = self.settings, replace(self.settings, camera_trace="keep")
        looked_at: list[Plan] = []
        for turn in range(settings.rounds + 1):
            picture = self.drafts.of(f"picture {turn % 2}")
            made = yield from self._film(plan, still, picture, before)
            audit = self.engine.audit(made.path, plan, observations, settings, looked_at)
            findings = yield from named(audit, self.clip.name)
            looked_at.append(plan)
            if not findings:
                break
            if observations is None or (turn == settings.rounds and settings.accept_unverified):
                plan = with_doubts(plan, findings, LEFT)
                break
            if turn == settings.rounds:
                raise _unmended(plan, findings)
            places = "1 place" if len(findings) == 1 else f"{len(findings)} places"
            yield Notice(self.clip.name, "repair", f"A face may still be seen in {places}; covering more.")
            before = plan, picture.path
            plan = yield from self.engine.repair(self.clip, observations, plan, findings, settings)
        return made, plan

    def _moved(self, plan: Plan) -> Steps[Draft]:
        """Renders once more, with the movement that reduces the camera's trace.

        Only now, since the plan and what the second look found are places in the picture as it stood.
        Masks move with what they cover, so that what was covered stays so.
        """
        from blur.render.ticks import ticks_for

        name = self.clip.name
        made = yield from self._film(plan, self.settings, self.drafts.of("picture 0"), None)
        ticks = ticks_for(plan, self.settings)
        check = self.engine.check_playback(made.path, ticks.pts, ticks.time_base, plan.width, plan.height)
        yield from named(check, name)
        yield Notice(name, "camera-trace-reduced", "The camera's own noise was reduced, not removed.")
        return made

    def _film(self, plan: Plan, settings: Settings, picture: Draft, before: Rendered | None) -> Steps[Draft]:
        """Renders into ``picture``, adds the sound in another draft, and returns the one that holds all.

        Frames are taken over from ``before`` where the plans agree.
        """
        engine, clip = self.engine, self.clip
        earlier = None
        if before is not None:
            from blur.render.stretches import Earlier

            earlier = Earlier(*before, self.drafts.of("aside").path)
        frames = yield from engine.render(clip, plan, settings, picture.path, earlier)
        if settings.encoder == "hardware" and engine.check_traces(picture.path):
            why = "What hardware made could trace this machine: encoded in software."
            yield Notice(clip.name, "software", why)
            software = replace(settings, encoder="software")
            frames = yield from engine.render(clip, plan, software, picture.path, None)
        if frames != len(plan.pts):
            raise AuditError(f"{frames} of {len(plan.pts)} frames were written")
        if clip.sound is None or settings.audio == "remove":
            return picture
        with_sound = self.drafts.of("sound")
        engine.add_sound(picture.path, clip, with_sound.path, settings)
        return with_sound

    def _traces(self, output: Path) -> Steps[tuple[str, ...]]:
        """Refuses an output that could trace anyone; says what is gone, once reading it has shown so."""
        find = self.engine.find_traces
        left = [*self.engine.check_traces(output), *(f"{t.where}: {t.value}" for t in find(output))]
        if left:
            raise AuditError(f"the output holds what could trace the filmer: {', '.join(left)}")
        gone = tuple(dict.fromkeys(trace.meaning for trace in find(self.clip.path)))
        if gone:
            told = f"Gone, as the output shows: {', '.join(gone)}."
            yield Notice(self.clip.name, "traces-removed", told)
        return gone


def written(path: Path) -> tuple[int, int] | None:
    """By what a file shows that it was changed or exchanged; None where it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _unmended(plan: Plan, findings: Sequence[Finding]) -> AuditError:
    from blur.audit.doubts import LEFT, found

    at = f" at {spans(plan, list(found(plan, findings, LEFT)))}" if len(plan.pts) > 1 else ""  # not a photo
    return AuditError(
        f"faces may still be seen{at}",
        "Nothing was published. Try --preset thorough, or publish it all the same with --accept-unverified.",
    )
