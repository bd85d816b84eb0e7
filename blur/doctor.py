"""What Blur needs, and whether it is on this machine."""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from blur.errors import EXIT_OK, BlurError, MissingError
from blur.sandbox.proof import prove
from blur.text import printable

SCHEMA = "blur-doctor/1"
AGAIN = "Install Blur again, in a fresh virtual environment."
OPENCVS = tuple(
    f"opencv-{kind}" for kind in ("python", "python-headless", "contrib-python", "contrib-python-headless")
)
PHOTO_FEATURES = ("jpg", "zlib", "webp", "avif", "libtiff", "littlecms2")
ENCODERS = ("libx264", "libx265", "libvpx-vp9")
SPACE_NEEDED = 1 << 30
"""Bytes that should be free where outputs go: a few minutes of a phone's clip."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that Blur needs. ``hint`` says how to get it, and is empty where it is there."""

    name: str
    ok: bool
    found: str
    hint: str = ""


class LackingError(Exception):
    """A check did not pass: what was found instead, and what to do."""

    def __init__(self, found: str, hint: str = AGAIN) -> None:
        super().__init__(found)
        self.found, self.hint = found, hint


def examine(folder: Path | None = None) -> tuple[Finding, ...]:
    """Everything that Blur needs, ``folder`` (by default the current one) being where outputs go."""
    checks: dict[str, Callable[[], str]] = {
        "Python": _python,
        "network": _network,
        "other files": lambda: prove().as_text()["other files"],
        "limits": lambda: prove().as_text()["limits"],
        "PyAV": _av,
        "encoders": _encoders,
        "photos": _photos,
        "OpenCV": _opencv,
        "OpenVINO": _openvino,
        "MediaPipe": _mediapipe,
        "ffmpeg": _ffmpeg,
        "weights": _weights,
        "folder": lambda: _folder(folder or Path.cwd()),
    }
    return tuple(_finding(name, check) for name, check in checks.items())


def exit_code(findings: Sequence[Finding]) -> int:
    return EXIT_OK if all(finding.ok for finding in findings) else MissingError.exit_code


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings as one JSON object."""
    found = [asdict(finding) for finding in findings]
    return {"schema": SCHEMA, "ok": exit_code(findings) == EXIT_OK, "findings": found}


def as_table(findings: Sequence[Finding]) -> str:
    """The findings as lines of text, a hint below what is missing."""
    lines = []
    for f in findings:
        lines.append(f"{'ok' if f.ok else 'MISSING':<9}{f.name:<12}{f.found}")
        if f.hint:
            lines.append(f"{'':<9}{'':<12}{f.hint}")
    return "\n".join(lines)


def _finding(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, printable(check()))
    except LackingError as lacking:
        return Finding(name, False, printable(lacking.found), lacking.hint)
    except BlurError as error:
        return Finding(name, False, printable(error.message), error.hint)
    except Exception as error:  # noqa: BLE001 - one broken thing must not keep the rest untold
        return Finding(name, False, printable(f"{type(error).__name__}: {error}"), AGAIN)


def _python() -> str:
    return platform.python_version()


def _network() -> str:
    locks = prove()
    if locks.network == "none":
        raise LackingError(locks.as_text()["network"], "Disconnect this machine while Blur runs.")
    return locks.as_text()["network"]


def _av() -> str:
    return str(import_module("av").__version__)


def _encoders() -> str:
    codec = import_module("av.codec")
    absent = [name for name in ENCODERS if name not in codec.codecs_available]
    if absent:
        raise LackingError(f"without {', '.join(absent)}", f"{AGAIN} Take PyAV as a wheel from PyPI.")
    return ", ".join(ENCODERS)


def _photos() -> str:
    try:
        features = import_module("PIL.features")
        import_module("pillow_heif")
    except ImportError as error:
        raise LackingError("without Pillow or pillow-heif") from error
    absent = [name for name in PHOTO_FEATURES if not features.check(name)]
    if absent:
        raise LackingError(f"without {', '.join(absent)}", f"{AGAIN} Take Pillow as a wheel from PyPI.")
    return f"Pillow {metadata.version('pillow')}, pillow-heif {metadata.version('pillow-heif')}"


def _opencv() -> str:
    names = {name.lower() for found in metadata.distributions() if (name := found.metadata["Name"])}
    there = [name for name in OPENCVS if name in names]
    if len(there) > 1:
        raise LackingError(
            " and ".join(there),
            "They overwrite each other. Install Blur in a virtual environment of its own.",
        )
    if not there:
        raise LackingError("not installed")
    try:
        import_module("cv2")
    except ImportError as error:
        raise LackingError(str(error), _libraries(AGAIN)) from error
    return f"{there[0]} {metadata.version(there[0])}"


def _openvino() -> str:
    try:
        onnx = import_module("blur.detect.onnx")
    except ImportError as error:
        raise LackingError(str(error)) from error
    return f"{metadata.version('openvino')}, {onnx.precision()}"


def _mediapipe() -> str:
    try:
        import_module("mediapipe.tasks.python.core.mediapipe_c_bindings").load_raw_library()
    except ModuleNotFoundError as error:
        raise LackingError("not installed") from error
    except (ImportError, OSError) as error:
        raise LackingError(str(error), _libraries(AGAIN)) from error
    return metadata.version("mediapipe")


def _libraries(otherwise: str) -> str:
    """The hint for a shared library that does not load; bare Linux systems come without these."""
    return "apt install libgl1 libegl1 libgles2 libglib2.0-0" if platform.system() == "Linux" else otherwise


def _ffmpeg() -> str:
    program = import_module("imageio_ffmpeg").get_ffmpeg_exe()
    run = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=20, check=True)
    return " ".join(run.stdout.split()[:3])


def _weights() -> str:
    from blur.detect.weights import all_weights, weights

    names = sorted(all_weights())
    for name in names:
        weights(name)
    return f"{len(names)} files, unaltered"


def _folder(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        raise LackingError(f"no file can be made here ({error.strerror})", "Go to another folder.") from error
    text = f"{free / (1 << 30):.1f} GiB free"
    if free < SPACE_NEEDED:
        raise LackingError(text, "Free some space, or choose another folder with -o.")
    return f"can be written to, {text}"
