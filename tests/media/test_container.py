from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from blur.errors import InputError, UnreadableError, UnsupportedError
from blur.media.container import open_input, picture_stream
from blur.media.probe import probe
from blur.media.reader import read
from tests.media.making import make_clip

PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{inner}\n#EXT-X-ENDLIST\n"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.mark.parametrize(
    "name", ["http:evil.mp4", "concat:a|b.mp4", "-i.mp4", "pipe:0", "a%03d.mp4", "ü\n.mp4"]
)
def test_a_name_is_only_ever_a_local_file(
    clip: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(clip, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(list(read(probe(Path(name))))) == 12


def test_a_link_to_a_file_is_the_file(clip: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(clip)
    assert probe(link).frames == 12


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    seen: list[BaseException] = []

    def attempt() -> None:
        try:
            probe(pipe)
        except UnreadableError as error:
            seen.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(5)
    assert seen


@pytest.mark.parametrize("path", ["/dev/zero", ".", "absent.mp4", "x\0y.mp4"])
def test_what_is_no_file_is_refused(path: str) -> None:
    with pytest.raises(UnreadableError):
        probe(Path(path))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 5000,
        b"Hello, this is no film.\n" * 100,
        os.urandom(40_000),
        b"ffconcat version 1.0\nfile clip.mp4\n",
    ],
    ids=["empty", "zeros", "text", "noise", "concat"],
)
def test_what_is_no_video_is_refused(tmp_path: Path, clip: Path, content: bytes) -> None:
    shutil.copy(clip, tmp_path / "clip.mp4")
    path = tmp_path / "video.mp4"
    path.write_bytes(content)
    with pytest.raises(UnreadableError):
        probe(path)


@pytest.mark.parametrize("name", ["list.m3u8", "list.mp4"])
def test_a_playlist_is_refused_although_its_parts_would_play(tmp_path: Path, clip: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(PLAYLIST.format(inner=clip))
    with pytest.raises(InputError):
        probe(path)


def test_a_photo_in_a_film_s_container_is_refused(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "photo.mp4"
    path.write_bytes(clip.read_bytes().replace(b"ftypisom", b"ftypheic", 1))
    with pytest.raises(UnsupportedError, match="photo"):
        probe(path)


def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shutil.copy(clip, tmp_path / "clip.mp4")
    path.chmod(0)
    monkeypatch.setattr(os, "access", lambda *_args: False)  # root may read everything
    with pytest.raises(UnreadableError, match="cannot be opened"):
        probe(path)


def test_the_original_is_not_touched(clip: Path) -> None:
    before = clip.read_bytes(), clip.stat().st_mtime_ns
    with open_input(clip) as container:
        assert picture_stream(container, clip).type == "video"
    list(read(probe(clip)))
    assert (clip.read_bytes(), clip.stat().st_mtime_ns) == before
