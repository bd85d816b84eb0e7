"""What comes with Blur is searched for ways to phone home: nothing that has one comes in unread."""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Iterator
from importlib.metadata import files
from pathlib import Path

import pytest

from blur.sandbox.environment import SWITCHES, THREADS
from tests.conftest import REPO
from tests.sandbox.trying import tried
from tests.test_house_rules import closure, declared

TELEMETRY = tuple(
    word.encode()
    for word in (
        *("telemetry", "do_not_track", "no_internet", "disable_analytics", "usage_stats", "clearcut"),
        *("google-analytics", "sentry.io", "posthog", "segment.io", "segment.com", "mixpanel"),
        *("hf_hub_offline", "transformers_offline", "wandb_mode"),
    )
)
# Files and folders in which such words stand, and why nothing comes of them.
READ = {
    "openvino/tools/": "barred before openvino is imported; test_name_server.py hears what it would do",
    "openvino/frontend/__init__.py": "names the hook that openvino/tools would hang its reports on",
    "openvino/_pyopenvino": "the hook itself, which calls what is hung on it and knows no network",
    "openvino_telemetry/": "what openvino/tools would report with",
    "imageio/core/fetching.py": "IMAGEIO_NO_INTERNET, which Blur sets; Blur does not import imageio",
    "pygments/lexers/perl.py": "a function of a language whose text it colours",
    "mediapipe/tasks/c/libmediapipe.so": "the names of TensorFlow Lite's TfLiteTelemetry, local",
}

# Folders of libraries that are called otherwise than the package that they come with.
OWNER = {
    "_cffi_backend": "cffi",
    "_pillow_heif": "pillow-heif",
    "_yaml": "pyyaml",
    "yaml": "pyyaml",
    "pillow_heif": "pillow-heif",
    "PIL": "pillow",
    "PySide6": "pyside6-essentials",
    "cv2": "opencv-contrib-python",
    "opencv_contrib_python": "opencv-contrib-python",
    "imageio_ffmpeg": "imageio-ffmpeg",
    "fontTools": "fonttools",
    "skimage": "scikit-image",
}

EXTRAS = (None, "demo", "cluster", "desktop")
NETWORK = {b"connect", b"getaddrinfo", b"gethostbyname", b"sendto", b"sendmsg"}
# Native libraries that could open a connection, had the kernel not refused it, and for what.
CAPABLE = {
    "libavformat": "protocols http, rtmp and so on; Blur passes `file:` names and protocol_whitelist=file",
    "libgnutls": "TLS for libavformat",
    "libasound": "of libavdevice: sound servers, never opened",
    "libxcb": "of libavdevice: screens, never opened",
    "ffmpeg": "the same protocols; Blur passes the same whitelist, and only for --audio keep",
    "_rust": "OpenSSL in cryptography; Blur makes keys with it, and only blur cluster loads it",
    "libQt6Network": "of the window, which never imports it; local sockets alone are open to that",
    "libavutil": "OpenCV's, with TLS inside; Blur opens no file with OpenCV",
}
STARTS = {
    *(
        b"execl",
        b"execlp",
        b"execv",
        b"execve",
        b"execvp",
        b"fork",
        b"popen",
        b"posix_spawn",
        b"posix_spawnp",
    ),
    *(b"system", b"vfork"),
}
# Native libraries that could start programs, had the kernel not refused all but ffmpeg, and for what.
STARTERS = {
    "ffmpeg": "for devices, which Blur never names",
    "libasound": "of libavdevice: commands in its settings; sound servers, never opened",
    "libgfortran": "a language's call for commands, which OpenBLAS does not make",
    "libmediapipe": "profiling, never asked for",
    "libQt5": "OpenCV's windows, never opened",
    "libQt6Core": "the window's child processes: Blur's own",
    "libQt6Test": "of the window, which never imports it",
}


def parts(pattern: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of installed files of all that Blur brings, whose names match."""
    for name in sorted(closure([need for extra in EXTRAS for need in declared(extra)])):
        for file in files(name) or ():
            path = Path(str(file.locate()))
            if re.search(pattern, file.as_posix()) and path.is_file():
                yield file.as_posix(), path.read_bytes()


def needed(elf: bytes) -> set[bytes]:
    """The names that a 64-bit ELF file takes from other libraries."""
    start, size, count = struct.unpack_from("<Q", elf, 40)[0], *struct.unpack_from("<HH", elf, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", elf, start + index * size) for index in range(count)]
    names = set()
    for section in sections:
        if section[1] == 11:  # SHT_DYNSYM; its link is the section with the names
            strings = sections[section[6]][4]
            for place in range(section[4], section[4] + section[5], 24):
                name, _, _, home = struct.unpack_from("<IBBH", elf, place)
                if home == 0:
                    names.add(elf[strings + name : elf.index(b"\0", strings + name)])
    return names


def test_no_dependency_knows_telemetry_unread() -> None:
    found = set()
    for name, content in parts(r"\.(py|so|pyd|dll|dylib)$"):
        small = content.lower()
        if any(word in small for word in TELEMETRY):
            found.add(name)
    unread = {name for name in found if not name.startswith(tuple(READ))}
    assert unread == set(), "read what it does, and note it in READ"
    assert found, "the search finds nothing, not even what is known"


@pytest.mark.skipif(sys.platform != "linux", reason="the list is of Linux's libraries")
def test_no_library_can_open_connections_or_start_programs_unread() -> None:
    libraries = {
        name: needed(content)
        for name, content in parts(r"\.so(\.\d+)*$|/binaries/ffmpeg")
        if content.startswith(b"\x7fELF\x02")
    }
    for calls, known in ((NETWORK, CAPABLE), (STARTS, STARTERS)):
        found = {name for name, taken in libraries.items() if taken & calls}
        unread = {name for name in found if not name.rpartition("/")[2].startswith(tuple(known))}
        assert unread == set(), "read what it can do, and note it in the list and in SECURITY.md"
        assert found, "the search finds nothing, not even what is known"
    security = (REPO / "SECURITY.md").read_text(encoding="utf-8")
    told = {OWNER.get(name, name) for name in (name.partition("/")[0].split(".")[0] for name in libraries)}
    assert {name for name in told if f"`{name}`" not in security} == set(), "say there what it can reach"


def test_what_would_report_or_record_is_not_loaded_with_the_detectors() -> None:
    code = """
from blur.sandbox.offline import seal
seal()
import blur.detect.blazeface, blur.detect.onnx
loaded = [name for name, module in sys.modules.items() if module]
told = [name for name in loaded if "telemetry" in name or "sounddevice" in name]
"""
    assert tried(code) == []


def test_opencv_opens_no_file_and_no_window() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in (REPO / "blur").rglob("*.py")}
    reads = r"VideoCapture|VideoWriter|imread|imwrite|imshow|namedWindow|dnn(?!\.NMSBoxes)|samples"
    calls = re.compile(rf"cv2\.({reads})\b")
    assert [path.name for path, source in sources.items() if calls.search(source)] == []
    assert any("cv2." in source for source in sources.values())


def test_every_switch_is_thrown_before_a_library_is_loaded() -> None:
    code = """
import os, cli
from blur.sandbox.offline import seal
loaded = [name for name in ("numpy", "av", "cv2", "mediapipe") if name in sys.modules]
seal()
told = [loaded, dict(os.environ)]
"""
    loaded, environment = tried(code)
    assert loaded == []
    assert {name: environment.get(name) for name in SWITCHES | THREADS} == SWITCHES | THREADS
