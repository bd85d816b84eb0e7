"""What every detector must do: the same for all three."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut

from blur.detect import weights as weights_module
from blur.detect.blazeface import FILES, BlazeFace
from blur.detect.centerface import CenterFace
from blur.detect.detector import Bgr, Detector, Faces
from blur.detect.retinaface import RetinaFace
from blur.errors import WeightsError
from blur.geometry import iou
from tests.detect.faces import FACE, bgr, boxes, face_box, pasted, texture

SAME = 0.4
"""Intersection over union from which two boxes are one face: detectors differ in what they call one."""
KINDS: dict[str, Callable[[], Detector]] = {
    "centerface": CenterFace,
    "retinaface": RetinaFace,
    "blazeface": BlazeFace,
}
WEIGHTS = {
    "centerface": "centerface.onnx",
    "retinaface": "retinaface_mobilenet025.onnx",
    "blazeface": FILES["full"],
}
SMALLEST = {"centerface": 16, "retinaface": 24, "blazeface": 32}
"""Widths in pixels from which each of them finds the face."""


@cache
def made(kind: str) -> Detector:
    return KINDS[kind]()


@pytest.fixture(scope="module", autouse=True)
def _let_go() -> Iterator[None]:
    """mediapipe complains of a detector that outlives the interpreter."""
    yield
    made.cache_clear()


@pytest.fixture(params=KINDS)
def detector(request: pytest.FixtureRequest) -> Detector:
    return made(request.param)


def overlap(faces: Faces, x: float, y: float, wide: float) -> float:
    """How well the strongest sighting meets the face that was pasted."""
    assert len(faces), "nothing was found"
    return float(iou(faces.boxes[:1], boxes(face_box(x, y, wide)))[0, 0])


def test_it_has_its_name(detector: Detector) -> None:
    assert made(detector.name) is detector


def test_the_photo_s_face_is_found_where_it_is(detector: Detector) -> None:
    faces = detector.detect(bgr(astronaut()), 0.7)
    assert len(faces) == 1
    assert iou(faces.boxes, boxes(FACE))[0, 0] >= SAME


@pytest.mark.parametrize(
    ("kind", "wide"),
    [(kind, wide) for kind in KINDS for wide in (16, 20, 24, 32, 48, 80, 120, 200) if wide >= SMALLEST[kind]],
)
def test_faces_are_found_at_every_size(kind: str, wide: int) -> None:
    picture = bgr(pasted(texture(640, 480, 5), 330, 250, wide))
    assert overlap(made(kind).detect(picture, 0.15), 330, 250, wide) >= SAME


@pytest.mark.parametrize(("width", "height"), [(301, 203), (97, 131), (333, 457), (1023, 250)])
def test_boxes_are_in_pixels_of_the_picture_whatever_its_sides(
    detector: Detector, width: int, height: int
) -> None:
    x, y = width * 0.7, height * 0.55
    picture = bgr(pasted(texture(width, height, 5), x, y, 36))
    assert overlap(detector.detect(picture, 0.3), x, y, 36) >= SAME


def test_each_of_several_faces_is_found_once(detector: Detector) -> None:
    picture = texture(640, 360, 5)
    places = [(100, 110), (330, 220), (550, 120)]
    for x, y in places:
        picture = pasted(picture, x, y, 60)
    faces = detector.detect(bgr(picture), 0.5)
    assert len(faces) == 3
    met = iou(boxes(*(face_box(x, y, 60) for x, y in places)), faces.boxes)
    assert (met.max(axis=1) >= SAME).all()


@pytest.mark.parametrize("picture", [np.zeros((200, 300, 3), np.uint8), np.full((64, 64, 3), 200, np.uint8)])
def test_an_empty_picture_has_no_face(detector: Detector, picture: Bgr) -> None:
    faces = detector.detect(picture, 0.3)
    assert (faces.boxes.shape, faces.scores.shape) == ((0, 4), (0,))


def test_sightings_are_whole_boxes_strongest_first(detector: Detector) -> None:
    faces = detector.detect(bgr(astronaut()), 0.1)
    assert (faces.boxes.dtype, faces.scores.dtype) == (np.float32, np.float32)
    assert faces.boxes.shape == (len(faces), 4)
    assert (faces.boxes[:, 2:] > faces.boxes[:, :2]).all()
    assert (np.diff(faces.scores) <= 0).all()
    assert ((faces.scores >= 0.1) & (faces.scores <= 1)).all()


def test_a_lower_threshold_keeps_every_sighting_of_a_higher_one(detector: Detector) -> None:
    picture = bgr(pasted(astronaut(), 400, 120, 50))
    seen: set[tuple[float, ...]] = set()
    for threshold in (0.9, 0.5, 0.3, 0.2, 0.12):
        now = {tuple(box) for box in detector.detect(picture, threshold).boxes.tolist()}
        assert seen <= now
        seen = now
    assert seen


def test_the_picture_is_left_as_it_is(detector: Detector) -> None:
    picture = bgr(astronaut())
    before = picture.copy()
    detector.detect(picture, 0.3)
    np.testing.assert_array_equal(picture, before)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("altered", [True, False], ids=["altered", "absent"])
def test_without_its_own_weights_it_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, altered: bool
) -> None:
    manifest = weights_module._MODELS / "MANIFEST.toml"
    (tmp_path / "MANIFEST.toml").write_bytes(manifest.read_bytes())
    if altered:
        (tmp_path / WEIGHTS[kind]).write_bytes(weights_module.weights(WEIGHTS[kind])[:-1] + b"?")
    monkeypatch.setattr(weights_module, "_MODELS", tmp_path)
    weights_module.weights.cache_clear()
    try:
        with pytest.raises(WeightsError) as caught:
            KINDS[kind]()
    finally:
        weights_module.weights.cache_clear()
    assert caught.value.exit_code == 7
