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

NETWORK = {b"connect", b"getaddrinfo", b"gethostbyname", b"sendto", b"sendmsg"}
# Native libraries that could open a connection, had the kernel not refused it, and for what.
CAPABLE = {
    "libavformat": "protocols http, rtmp and so on; Blur passes `file:` names and protocol_whitelist=file",
    "libgnutls": "TLS for libavformat",
    "libasound": "of libavdevice: sound servers, never opened",
    "libxcb": "of libavdevice: screens, never opened",
    "ffmpeg": "the same protocols; Blur passes the same whitelist, and only for --audio keep",
    "libavutil": "OpenCV's, with TLS inside; Blur opens no file with OpenCV",
}


def parts(pattern: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of the installed files of everything that Blur brings, whose names match."""
    for name in sorted(closure(declared(None)) | closure(declared("demo"))):
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
def test_no_library_can_open_connections_unread() -> None:
    found = {
        name
        for name, content in parts(r"\.so(\.\d+)*$|/binaries/ffmpeg")
        if content.startswith(b"\x7fELF\x02") and needed(content) & NETWORK
    }
    unread = {name for name in found if not name.rpartition("/")[2].startswith(tuple(CAPABLE))}
    assert unread == set(), "read what it can reach, and note it in CAPABLE"
    assert any("libavformat" in name for name in found)


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
