"""From what the user named to what will be read and written."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from blur.batch.naming import Names, Order, free_number, is_neutral, numbered, telling
from blur.errors import UnreadableError, UsageError
from blur.media.muxing import MUXERS
from blur.media.photo_kind import PHOTO_KINDS, photo_kind
from blur.media.video_kind import looks_like_video
from blur.text import printable

OUTPUT_SUFFIXES = (*MUXERS, *PHOTO_KINDS)
VIDEO_SUFFIXES = frozenset(
    f".{kind}"
    for kind in (
        *("3g2", "3gp", "asf", "avi", "flv", "gif", "insv", "lrv", "m2t", "m2ts", "m4v", "mkv", "mov"),
        *("mp4", "mpeg", "mpg", "mts", "mxf", "ogv", "qt", "ts", "vob", "webm", "wmv"),
    )
)
_AS_JPEG = (".heic", ".heif", ".hif", ".jfif", ".jpe")
PHOTO_OUTPUTS = {kind: kind for kind in PHOTO_KINDS} | dict.fromkeys(_AS_JPEG, ".jpg")
"""What a photo is saved as, by its ending: as what it is, but HEIC, which few sites take, as JPEG."""
SUFFIXES = VIDEO_SUFFIXES | PHOTO_OUTPUTS.keys()
"""What is taken in folders whatever it is; files with other endings are where their content is a video's
or a photo's."""
MARK = "-blurred"
LONGEST = 255
"""Bytes of a name that all common file systems take."""


@dataclass(frozen=True, slots=True)
class Job:
    """One clip to be read and the name under which its result is published."""

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be done.

    Attributes:
        jobs: in order.
        skipped: files left alone since they are outputs of these very jobs.
        many: whether several clips or a folder were named.
    """

    jobs: tuple[Job, ...]
    skipped: tuple[Path, ...] = ()
    many: bool = False


@dataclass(frozen=True, slots=True)
class _Source:
    path: Path
    place: Path
    """The folder below an output folder in which its result goes."""


def discover(
    named: Sequence[Path],
    output: str | None = None,
    name: Names | None = "keep",
    *,
    order: Order = "given",
    recursive: bool = True,
) -> Found:
    """The jobs for files and folders, in the order of their names on the command line.

    Files that are named are taken whatever they are; in folders only videos and photos are, and neither
    hidden files nor outputs of an earlier run. ``output`` names a file for a single clip, or a folder,
    which keeps the tree; without it results lie beside their sources. Nothing is created.

    ``name`` says whether results are called after their sources, or numbered; None numbers several
    clips, and a single one whose name looks as if a camera or a phone had given it. Numbers follow the
    names as given; ``order`` says only what is worked on first. ``recursive`` takes what lies in folders
    of folders too.

    Raises:
        UsageError: nothing to do, an output that cannot be meant so, or two with one name.
        UnreadableError: a folder that cannot be listed.
    """
    many = len(named) != 1 or named[0].is_dir()
    folder = _output_folder(output, many)
    sources = _sources(named, folder, recursive)
    if not sources:
        raise UsageError("there is no video or photo to work on", "Name one, or a folder that holds some.")
    if output is not None and folder is None:
        return Found((Job(sources[0].path, Path(output)),))
    jobs = [Job(s.path, _target(s, folder)) for s in sources]
    if name == "neutral" or (name is None and (many or telling(sources[0].path.stem))):
        jobs = _numbered(jobs, 1 if many else free_number(jobs[0].target.parent))
    else:
        jobs = _named_apart(jobs)
    targets = {_key(job.target) for job in jobs}
    skipped = tuple(job.source for job in jobs if _key(job.source) in targets)
    return Found(_ordered([job for job in jobs if job.source not in skipped], order), skipped, many)


def _ordered(jobs: list[Job], order: Order) -> tuple[Job, ...]:
    def key(job: Job) -> int:
        try:
            told = job.source.stat()
        except OSError:
            return 0  # the work itself says better what is wrong
        return -told.st_mtime_ns if order == "newest" else told.st_size

    return tuple(jobs) if order == "given" else tuple(sorted(jobs, key=key))


def discover_one(clip: Path, output: str | None = None, name: Names | None = "keep") -> Job:
    """The job for a single file. Raises UsageError, also where ``clip`` is a folder."""
    if clip.is_dir():
        raise UsageError(f"{printable(clip.name)} is a folder", "Name the clip that the plan was made for.")
    return discover([clip], output, name).jobs[0]


def _output_folder(output: str | None, many: bool) -> Path | None:
    """The folder that ``output`` means, None where it means a file or nothing."""
    if output is None:
        return None
    path = Path(output)
    separators = tuple(s for s in (os.sep, os.altsep) if s)
    if path.is_dir() or output.endswith(separators):
        return path
    known = path.suffix.lower() in OUTPUT_SUFFIXES
    if many and (path.exists() or known):
        raise UsageError(f"{printable(path.name)} is no folder", "For several clips name a folder with -o.")
    if many:
        return path
    if not known:
        kinds = ", ".join(OUTPUT_SUFFIXES)
        raise UsageError(
            f"cannot tell the kind of {printable(path.name)}",
            f"End the name in one of {kinds}, or in {os.sep} for a folder.",
        )
    return None


def _sources(named: Sequence[Path], output: Path | None, recursive: bool) -> list[_Source]:
    folders = sum(path.is_dir() for path in named)
    found: dict[str, _Source] = {}
    for path in named:
        if path.is_dir():
            # Several folders keep their names, since cameras number their clips alike.
            top = Path(path.resolve().name) if folders > 1 else Path()
            new: Iterable[_Source] = (
                _Source(clip, top / clip.parent.relative_to(path)) for clip in _walk(path, output, recursive)
            )
        else:
            new = (_Source(path, Path()),)
        for source in new:
            found.setdefault(_place(source.path), source)
    return list(found.values())


def _walk(folder: Path, output: Path | None, recursive: bool) -> Iterable[Path]:
    """The videos and photos below a folder, sorted, without hidden ones and without outputs."""
    for root, folders, files in os.walk(folder, onerror=_refuse):
        here = Path(root)
        folders[:] = sorted(
            name
            for name in folders
            if recursive
            and not name.startswith(".")
            and not (output is not None and output.exists() and (here / name).samefile(output))
        )
        for path in (here / name for name in sorted(files)):
            if not path.name.startswith(".") and not _is_output(path) and is_clip(path):
                yield path


def is_clip(path: Path) -> bool:
    """Whether a file is, or claims to be, a video or a photo."""
    known = path.suffix.lower() in SUFFIXES
    return known or looks_like_video(path) or photo_kind(path) is not None


def _refuse(error: OSError) -> None:
    # A folder that cannot be listed may hold clips, so to pass over it would be to leave some out unsaid.
    name = printable(Path(error.filename).name)
    raise UnreadableError(f"the folder {name} cannot be read", "Check that you may open it.") from error


def _is_output(path: Path) -> bool:
    named = path.stem.endswith(MARK) or is_neutral(path.stem)
    return path.suffix.lower() in OUTPUT_SUFFIXES and named


def _target(source: _Source, folder: Path | None) -> Path:
    is_photo = photo_kind(source.path) is not None
    kind = PHOTO_OUTPUTS.get(source.path.suffix.lower(), ".jpg") if is_photo else ".mp4"
    name = _fitted(source.path.stem, f"{MARK}{kind}")
    return source.path.with_name(name) if folder is None else folder / source.place / name


def _fitted(stem: str, tail: str) -> str:
    """The two as one name, the stem cut where file systems would not take it whole."""
    while len(os.fsencode(stem + tail)) > LONGEST:
        stem = stem[:-1]
    return stem + tail


def _numbered(jobs: list[Job], first: int) -> list[Job]:
    targets = numbered([job.target for job in jobs], first)
    return [Job(job.source, target) for job, target in zip(jobs, targets, strict=True)]


def _named_apart(jobs: list[Job]) -> list[Job]:
    """The jobs with sources of one stem, such as a.mov and a.mp4, told apart by their suffix."""
    taken = Counter(_key(job.target) for job in jobs)
    apart = [job if taken[_key(job.target)] == 1 else Job(job.source, _with_kind(job)) for job in jobs]
    taken = Counter(_key(job.target) for job in apart)
    for job in apart:
        if taken[_key(job.target)] > 1:
            raise UsageError(
                f"two clips would both become {printable(job.target.name)}",
                "Run them one after another, with different folders after -o.",
            )
    return apart


def _with_kind(job: Job) -> Path:
    kind = job.source.suffix.lstrip(".")
    name = _fitted(job.source.stem, f"-{kind}{MARK}{job.target.suffix}")
    return job.target.with_name(name if kind else job.target.name)


def _key(path: Path) -> str:
    """Equal for names that some file system takes for one."""
    return unicodedata.normalize("NFC", _place(path)).casefold()


def _place(path: Path) -> str:
    """The absolute name; links are kept, since a link and its target are two names."""
    return os.path.normpath(path.absolute())
