from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from blur.detect import weights as module
from blur.detect.weights import all_weights, weights
from blur.errors import WeightsError

SMALL = "face_detection_short_range.tflite"


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own with the manifest and the smallest weights, which the module reads."""
    for file in ("MANIFEST.toml", SMALL):
        shutil.copy(Path(str(module._MODELS)) / file, tmp_path / file)
    monkeypatch.setattr(module, "_MODELS", tmp_path)
    weights.cache_clear()
    yield tmp_path
    weights.cache_clear()


@pytest.mark.parametrize("file", all_weights())
def test_every_listed_file_is_whole(file: str) -> None:
    assert hashlib.sha256(weights(file)).hexdigest() == all_weights()[file]


def test_four_files_are_listed() -> None:
    assert len(all_weights()) == 4


def test_one_altered_byte_is_an_error_with_exit_code_7(models: Path) -> None:
    content = bytearray((models / SMALL).read_bytes())
    content[1000] ^= 1
    (models / SMALL).write_bytes(content)
    with pytest.raises(WeightsError, match=SMALL) as caught:
        weights(SMALL)
    assert caught.value.exit_code == 7
    assert caught.value.hint


def test_absent_weights_are_an_error(models: Path) -> None:
    (models / SMALL).unlink()
    with pytest.raises(WeightsError, match="missing"):
        weights(SMALL)


def test_a_file_that_is_not_listed_is_never_read(models: Path) -> None:
    (models / "other.onnx").write_bytes(b"anything")
    with pytest.raises(WeightsError, match="none of Blur's"):
        weights("other.onnx")


@pytest.mark.parametrize("text", ["", "weights = 1", "[[weights]]\nfile = 'a'", "not toml ["])
def test_a_damaged_list_is_an_error(models: Path, text: str) -> None:
    (models / "MANIFEST.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WeightsError, match="list"):
        weights(SMALL)


def test_what_was_verified_is_what_is_used(models: Path) -> None:
    first = weights(SMALL)
    (models / SMALL).write_bytes(b"swapped after the check")
    assert weights(SMALL) is first
