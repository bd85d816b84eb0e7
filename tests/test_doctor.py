"""The doctor finds what is there and what is missing, and one broken thing hides no other."""

from __future__ import annotations

import importlib
import sys
from email.message import Message
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blur import doctor
from blur.errors import WeightsError


def finding(name: str, folder: Path | None = None) -> doctor.Finding:
    return next(f for f in doctor.examine(folder) if f.name == name)


def refuse(monkeypatch: pytest.MonkeyPatch, module: str, error: Exception) -> None:
    real = importlib.import_module

    def importing(name: str) -> Any:
        if name.startswith(module):
            raise error
        return real(name)

    monkeypatch.setattr(doctor, "import_module", importing)


def install(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    def distribution(name: str) -> SimpleNamespace:
        message = Message()
        message["Name"] = name
        return SimpleNamespace(metadata=message)

    monkeypatch.setattr(doctor.metadata, "distributions", lambda: map(distribution, names))


def test_a_machine_that_runs_the_tests_has_everything(tmp_path: Path) -> None:
    findings = doctor.examine(tmp_path)
    assert [f.name for f in findings if not f.ok] == []
    assert len(findings) == 13
    assert doctor.exit_code(findings) == 0


def test_two_opencvs_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "opencv-python", "OpenCV-Python-Headless", "numpy")
    found = finding("OpenCV")
    assert not found.ok
    assert found.found == "opencv-python and opencv-python-headless"


def test_no_opencv_is_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "numpy")
    assert finding("OpenCV") == doctor.Finding("OpenCV", False, "not installed", doctor.AGAIN)


@pytest.mark.parametrize(("name", "module"), [("MediaPipe", "mediapipe"), ("OpenCV", "cv2")])
def test_a_shared_library_that_is_missing_is_named_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    monkeypatch.setattr(doctor.platform, "system", lambda: "Linux")
    refuse(monkeypatch, module, ImportError("libGLESv2.so.2: cannot open shared object file"))
    found = finding(name)
    assert not found.ok
    assert "libGLESv2.so.2" in found.found
    assert found.hint == "apt install libgl1 libegl1 libgles2 libglib2.0-0"
    assert finding("Python").ok


def test_the_engine_is_named_with_the_precision_of_its_sums() -> None:
    found = finding("OpenVINO")
    assert found.ok
    assert found.found.endswith((", bf16", ", f32"))


def test_an_encoder_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(codecs_available={"libx264", "libvpx-vp9"})
    monkeypatch.setitem(sys.modules, "av.codec", fake)
    assert finding("encoders").found == "without libx265"


def test_what_photos_need_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding("photos").ok
    monkeypatch.setitem(sys.modules, "PIL.features", SimpleNamespace(check=lambda name: name != "avif"))
    assert finding("photos").found == "without avif"
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert finding("photos").found == "without Pillow or pillow-heif"


def test_altered_weights_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def altered(file: str) -> bytes:
        raise WeightsError(f"the weights {file} are not the ones")

    monkeypatch.setattr("blur.detect.weights.weights", altered)
    found = finding("weights")
    assert not found.ok
    assert "not the ones" in found.found
    assert found.hint == WeightsError.default_hint


def test_a_program_that_does_not_run_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", SimpleNamespace(get_ffmpeg_exe=lambda: "/no/such"))
    assert not finding("ffmpeg").ok


def test_a_folder_in_which_nothing_can_be_made_is_found(tmp_path: Path) -> None:
    assert finding("folder", tmp_path).ok
    assert not finding("folder", tmp_path / "absent").ok


def test_a_full_disk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 29))
    found = finding("folder", tmp_path)
    assert (found.ok, found.found) == (False, "0.5 GiB free")


def test_what_is_missing_shows_in_the_table_the_json_and_the_exit_code() -> None:
    findings = (doctor.Finding("a", True, "1"), doctor.Finding("b", False, "gone", "get it"))
    assert doctor.exit_code(findings) == 7
    assert doctor.as_json(findings)["ok"] is False
    lines = doctor.as_table(findings).splitlines()
    assert [line.split() for line in lines] == [["ok", "a", "1"], ["MISSING", "b", "gone"], ["get", "it"]]


def test_the_doctor_leaves_nothing_behind(tmp_path: Path) -> None:
    doctor.examine(tmp_path)
    assert list(tmp_path.iterdir()) == []
