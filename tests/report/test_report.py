"""The report: what it says, that it stands alone, and that it leads to nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from blur.errors import ExistsError, UsageError
from blur.pipeline import anonymise
from blur.plan.model import Doubt, Plan, Track
from blur.plan.store import dumps, loads
from blur.report.page import page
from blur.report.store import save, thumbnails
from blur.report.summary import SCHEMA, summarise, summarise_audit
from blur.sandbox.inforce import in_force
from blur.settings import Settings
from blur.timing import TimeBase
from tests.media.making import make_clip

PTS = np.arange(100, 220, 10, dtype=np.int64)
PLACE = np.array([[401, 402, 433, 434]], np.int32)
PLAN = Plan(
    640,
    480,
    TimeBase(1, 10),
    PTS,
    tuple(
        Track("face", 900, PTS[first:last].copy(), PLACE.repeat(last - first, 0))
        for first, last in ((0, 3), (2, 6))
    ),
    (Doubt(120, 150, "a face was found late, and covered", 950), Doubt(100, 100, "<b>faint</b>", 100)),
)


def test_it_says_how_much_was_covered_and_what_to_watch_first() -> None:
    report = summarise("out.mp4", PLAN, Settings(), 4, ["a place"])
    assert (report["schema"], report["seconds"], report["covered_people_seconds"]) == (SCHEMA, 12.0, 7.0)
    assert report["watch"][0] == {
        "from": 2.0,
        "to": 5.0,
        "why": "a face was found late, and covered",
        "weight": 950,
    }
    assert max(report["timeline"]) == 2
    assert [bool(count) for count in report["timeline"][::10]] == [True] * 6 + [False] * 6
    assert report["settings"]["preset"] == "balanced"
    assert all(len(digest) == 64 for digest in report["weights"].values())
    assert json.loads(json.dumps(report)) == report


def test_it_holds_no_place_of_a_face_and_no_folder() -> None:
    text = json.dumps(summarise("out.mp4", PLAN, Settings(), 0)) + page(
        summarise("o.mp4", PLAN, Settings(), 0)
    )
    for number in ("401", "402", "433", "434"):
        assert f" {number}," not in text
    assert "/" + "home" not in text
    assert str(Path.cwd()) not in text


def test_the_report_of_a_foreign_file_says_what_is_wrong_and_claims_nothing_of_its_masks() -> None:
    bare = Plan(64, 48, TimeBase(1, 1), np.arange(4, dtype=np.int64), ())
    report = summarise_audit("a.mp4", bare, Settings(preset="thorough"), 5, ["a mask <is> missing"])
    assert "tracks" not in report
    assert "a mask &lt;is&gt; missing" in page(report)
    assert "people-seconds" not in page(report)
    assert summarise_audit("a.mp4", PLAN, Settings(preset="fast"), 0, [])["tracks"] == 2


def test_a_clip_of_one_frame_has_a_report() -> None:
    one = Plan(64, 48, TimeBase(1, 1), np.zeros(1, np.int64), ())
    assert summarise("a.jpg", one, Settings(), 0)["frames"] == 1


class Reader(HTMLParser):
    """Collects tags, and holds that every one is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self.open.pop() == tag


def test_the_page_stands_alone_and_can_be_read_aloud() -> None:
    text = page(summarise('<a&"b>.mp4', PLAN, Settings(), 4, ["<i>"]), [(1.0, b"jpeg")])
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    kinds = {tag for tag, _ in reader.tags}
    assert not kinds & {"script", "link", "iframe", "a", "b", "i", "u"}
    sources = [value for _, attrs in reader.tags for key, value in attrs.items() if key in ("src", "href")]
    assert all(source and source.startswith("data:image/jpeg") for source in sources)
    assert "url(" not in text
    assert ("html", {"lang": "en"}) in reader.tags
    assert all(attrs.get("alt") for tag, attrs in reader.tags if tag == "img")
    assert all(
        attrs.get("aria-label") and attrs["role"] == "img" for tag, attrs in reader.tags if tag == "svg"
    )
    assert "prefers-color-scheme: dark" in text
    assert "default-src 'none'" in text


def test_pictures_are_of_the_output_at_the_gravest_times(tmp_path: Path) -> None:
    output = make_clip(tmp_path / "o.mp4", pts=tuple(range(12)))
    times = np.arange(12, dtype=np.int64)
    plan = Plan(96, 64, TimeBase(1, 30), times, (), (Doubt(4, 8, "x", 900), Doubt(0, 0, "y", 100)))
    shown = thumbnails(summarise("o.mp4", plan, Settings(), 4), output, plan)
    assert [round(at * 30) for at, _ in shown] == [0, 6]
    assert all(jpeg.startswith(b"\xff\xd8") for _, jpeg in shown)


def test_a_report_is_written_or_refused(tmp_path: Path) -> None:
    output = make_clip(tmp_path / "o.mp4")
    plan = Plan(96, 64, TimeBase(1, 30), np.arange(12, dtype=np.int64), ())
    report = summarise("o.mp4", plan, Settings(), 0)
    save(report, tmp_path / "r.json", output, plan)
    assert json.loads((tmp_path / "r.json").read_text()) == report
    with pytest.raises(UsageError):
        save(report, tmp_path / "r.txt", output, plan)
    with pytest.raises(FileNotFoundError):
        save(report, tmp_path / "missing" / "r.json", output, plan)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.mp4", "r.json"]


def test_a_run_writes_its_report_and_never_over_another_file(tmp_path: Path) -> None:
    source, target = make_clip(tmp_path / "a.mp4"), tmp_path / "o.mp4"
    settings = Settings(preset="fast")
    list(anonymise(source, target, settings, report_file=tmp_path / "r.html"))
    text = (tmp_path / "r.html").read_text()
    assert (tmp_path / "r.html").stat().st_mode & 0o777 == 0o600
    assert "<h1>o.mp4</h1>" in text
    assert "a program&#x27;s name" in text
    assert "a.mp4" not in text
    with pytest.raises(ExistsError):
        list(anonymise(source, tmp_path / "p.mp4", settings, report_file=tmp_path / "r.html"))
    with pytest.raises(UsageError):
        list(anonymise(source, tmp_path / "p.mp4", settings, report_file=tmp_path / "r.txt"))
    with pytest.raises(UsageError, match="--private"):
        list(anonymise(source, tmp_path / "p.mp4", Settings(private=True)))
    assert not (tmp_path / "p.mp4").exists()


def test_confinement_is_what_was_given_up() -> None:
    told = summarise("o.mp4", PLAN, Settings(), 0)["confinement"]
    assert told == in_force().as_text()
    assert told["network"] in page(summarise("o.mp4", PLAN, Settings(), 0))


def test_what_to_watch_is_told_in_one_line() -> None:
    grave = summarise("o.mp4", PLAN, Settings(), 4)
    assert grave["watch_first"] == "these 3 seconds: 0:02.0 to 0:05.0"
    assert "watch these 3 seconds: 0:02.0 to 0:05.0." in page(grave)
    none = summarise("o.mp4", replace(PLAN, doubts=()), Settings(), 0)
    assert none["watch_first"] is None
    assert "Nothing stands out." in page(none)


def test_only_a_private_report_says_where_in_the_picture_a_doubt_is() -> None:
    doubted = replace(PLAN, doubts=(Doubt(120, 150, "late", 950, (401, 402, 433, 434)),))
    public, private = (summarise("o.mp4", doubted, Settings(private=each), 4) for each in (False, True))
    assert "where" not in public["watch"][0]
    assert "late, bottom" not in page(public)
    assert private["watch"][0]["where"] == "bottom"
    assert "late, bottom" in page(private)


def test_a_private_report_carries_the_plan() -> None:
    report = summarise("o.mp4", PLAN, Settings(private=True), 0)
    again = loads(json.dumps(report["plan"]))
    assert dumps(again) == dumps(PLAN)
    assert "Keep it to yourself" in page(report)
    assert "Keep it to yourself" not in page(summarise("o.mp4", PLAN, Settings(), 0))
