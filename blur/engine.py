"""The steps that a clip's way is made of, for videos and for photos."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol

from blur.errors import AuditError, UnsupportedError, WeightsError
from blur.events import Steps
from blur.media.muxing import MUXERS
from blur.media.photo_kind import PHOTO_KINDS, photo_kind
from blur.settings import Settings
from blur.text import printable

if TYPE_CHECKING:
    from blur.audit.finding import Finding
    from blur.detect.kept import Kept
    from blur.media.clip import Clip
    from blur.plan.model import Plan, Pts
    from blur.render.stretches import Earlier
    from blur.timing import TimeBase
    from blur.traces.source import Trace


class Draft(Protocol):
    """A private file beside its target, which is gone at the end unless it was published."""

    @property
    def path(self) -> Path: ...

    def secure(self) -> None: ...

    def publish(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Engine:
    """The steps that the pipeline is made of; tests put in others."""

    probe: Callable[[Path], Clip]
    analyse: Callable[[Clip, Settings], Steps[Any]]
    build_plan: Callable[[Any, Settings], Plan]
    render: Callable[[Clip, Plan, Settings, Path, Earlier | None], Steps[int]]
    add_sound: Callable[[Path, Clip, Path, Settings], None]
    audit: Callable[[Path, Plan, Any, Settings, Sequence[Plan]], Steps[Sequence[Finding]]]
    repair: Callable[[Clip, Any, Plan, Sequence[Finding], Settings], Steps[Plan]]
    check_playback: Callable[[Path, Pts, TimeBase, int, int], Steps[None]]
    check_traces: Callable[[Path], list[str]]
    find_traces: Callable[[Path], Collection[Trace]]
    draft: Callable[[Path, bool], AbstractContextManager[Draft]]
    save_plan: Callable[[Plan, Path], None]
    mend: Callable[[Clip], Clip] = lambda clip: clip
    analyse_long: Callable[[Clip, Settings, Kept], Steps[Any]] | None = None


def engine_for(source: Path, target: Path) -> Engine:
    """The engine for a photo or for a video, whatever the file is called.

    Raises UnsupportedError where one would have to become the other: now, and not after the work.
    """
    is_photo = photo_kind(source) is not None
    if target.suffix.lower() in (MUXERS if is_photo else PHOTO_KINDS):
        other, kinds = ("video", PHOTO_KINDS) if is_photo else ("photo", MUXERS)
        raise UnsupportedError(
            f"{printable(source.name)} cannot become a {target.suffix} file, since it is no {other}",
            f"Choose a name that ends in {', '.join(kinds)}.",
        )
    return photo_engine() if is_photo else video_engine()


def video_engine() -> Engine:
    """The engine that works on videos; imported here, since its libraries take long to load."""
    from blur.detect.centerface import CenterFace

    def load() -> None:
        with suppress(WeightsError):  # told when a clip is looked at
            CenterFace()

    Thread(target=load, name="blur-load").start()  # every preset asks it, and the imports take as long
    from blur.audit.output import audit
    from blur.audit.playback import check_playback
    from blur.audit.repair import repair
    from blur.detect.analyse import analyse
    from blur.detect.resuming import analyse_long
    from blur.media.draft import Draft
    from blur.media.probe import probe
    from blur.media.reader import mended
    from blur.media.reel import Reel, may_fit
    from blur.plan.build import build_plan
    from blur.plan.store import write
    from blur.render.stretches import render_again
    from blur.sandbox.limits import fit
    from blur.sound.keep import add_sound
    from blur.traces.allowlist import check_traces
    from blur.traces.source import find_traces

    def fitted(path: Path) -> Clip:
        clip = probe(path)
        fit(path, clip.width * clip.height)
        return replace(clip, reel=Reel()) if may_fit(clip) else clip

    return Engine(
        probe=fitted,
        analyse=analyse,
        build_plan=build_plan,
        render=render_again,
        add_sound=add_sound,
        audit=audit,
        repair=repair,
        check_playback=check_playback,
        check_traces=check_traces,
        find_traces=find_traces,
        draft=Draft,
        save_plan=write,
        mend=mended,
        analyse_long=analyse_long,
    )


def photo_engine() -> Engine:
    """The engine that works on photos: clips of one frame."""
    from blur.audit.still import audit_still, check_still_opens, repair_still
    from blur.detect.photo import analyse_photo
    from blur.media.draft import Draft
    from blur.media.stills import probe_still
    from blur.plan.photo import build_photo_plan
    from blur.plan.store import write
    from blur.render.still import render_still
    from blur.sandbox.limits import fit
    from blur.traces.allowlist import check_traces
    from blur.traces.source import find_traces

    def fitted(path: Path) -> Clip:
        photo = probe_still(path)
        fit(path, photo.width * photo.height)
        return photo

    def rendered(photo: Clip, plan: Plan, settings: Settings, path: Path, _: Earlier | None) -> Steps[int]:
        return render_still(photo, plan, settings, path)

    def no_sound(_silent: Path, photo: Clip, _output: Path, _settings: Settings) -> None:
        raise AuditError(f"{photo.name} is a photo with sound")

    return Engine(
        probe=fitted,
        analyse=analyse_photo,
        build_plan=build_photo_plan,
        render=rendered,
        add_sound=no_sound,
        audit=audit_still,
        repair=repair_still,
        check_playback=check_still_opens,
        check_traces=check_traces,
        find_traces=find_traces,
        draft=Draft,
        save_plan=write,
    )
