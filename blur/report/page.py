"""The report as one page: no scripts, nothing from elsewhere, dark and light, readable aloud and on paper."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from fractions import Fraction
from html import escape
from typing import Any

from blur.timing import clock

_STYLE = """
:root { color-scheme: light dark;
  --ink: #1b1b1b; --paper: #fff; --soft: #e4e4e4; --mark: #0b5cad; --warn: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eee; --paper: #161616; --soft: #3a3a3a; --mark: #7ab8ff; --warn: #ff8a80 } }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem; overflow-wrap: anywhere } h2 { font-size: 1.1rem; margin-top: 2rem }
.verdict { font-size: 1.2rem; border-left: .4rem solid var(--mark); padding: .4rem 1rem }
.verdict.look { border-color: var(--warn) }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid var(--soft); overflow-wrap: anywhere }
svg { width: 100%; height: 5rem; background: var(--soft) }
figure { display: inline-block; margin: 0 .6rem .6rem 0 }
img { max-width: 14rem; display: block } pre { white-space: pre-wrap; overflow-wrap: anywhere }
.cover { fill: var(--mark) } .doubt { fill: var(--warn) }
@media print { body { max-width: none; margin: 0 } }
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_SHOWN = 40


def page(report: Mapping[str, Any], pictures: Sequence[tuple[float, bytes]] = ()) -> str:
    """The page of a report; ``pictures`` are JPEGs of the output with their times in seconds."""
    file, watch = escape(report["file"]), report["watch"]
    look = "" if report["exit_code"] == 0 else " look"
    parts = [
        f'<p class="verdict{look}">{escape(report["verdict"])}</p>',
        _list("What is wrong", report.get("problems", ())),
        _amount(report),
        _timeline(report),
        _watch(watch, report["watch_first"]),
        _pictures(pictures),
        _list("Removed from the source, as the output shows", report.get("removed", ())),
        _table("Settings", report["settings"]),
        _table("Confinement while it was read", report["confinement"]),
        _table("Versions", report["versions"]),
        _table("Weights (sha256)", report["weights"]),
        _private(report),
        "<p>Blur misses faces sometimes. Watch the file before you publish it.</p>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Blur: {file}</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>{file}</h1>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main></body></html>\n"
    )


def _amount(report: Mapping[str, Any]) -> str:
    length = f"{report['frames']} frames, {_time(report['seconds'])}."
    if "tracks" not in report:
        return f"<p>{length}</p>"
    together = f"{report['covered_people_seconds']:.0f} people-seconds together"
    return f"<p>{length} Covered: {report['tracks']} tracks, {together}.</p>"


def _watch(doubts: Sequence[Mapping[str, Any]], first: str | None) -> str:
    if not first:
        return "<h2>Watch</h2><p>Nothing stands out.</p>"
    rows = "".join(
        f"<tr><td>{_time(one['from'])} – {_time(one['to'])}</td><td>{escape(_why(one))}</td></tr>"
        for one in doubts[:_SHOWN]
    )
    rest = f"<p>And {len(doubts) - _SHOWN} more of less weight.</p>" if len(doubts) > _SHOWN else ""
    head = '<tr><th scope="col">When</th><th scope="col">Why</th></tr>'
    told = f"<p>If you watch nothing else, watch {escape(first)}.</p>"
    table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    return f"<h2>Watch, the gravest first</h2>{told}{table}{rest}"


def _why(doubt: Mapping[str, Any]) -> str:
    return f"{doubt['why']}, {doubt['where']}" if doubt.get("where") else str(doubt["why"])


def _private(report: Mapping[str, Any]) -> str:
    if "plan" not in report:
        return ""
    warning = "This report shows where faces are. Keep it to yourself; do not publish it."
    plan = escape(json.dumps(report["plan"]))
    return (
        f"<h2>The plan (private)</h2><p>{warning}</p>"
        f"<details><summary>All masks, as blur render takes them</summary><pre>{plan}</pre></details>"
    )


def _timeline(report: Mapping[str, Any]) -> str:
    counts, total = report.get("timeline", [0] * 120), max(report["seconds"], 0.001)
    most = max([*counts, 1])
    bars = "".join(
        f'<rect class="cover" x="{x}" y="{40 - 36 * n / most:.1f}" width="1" height="{36 * n / most:.1f}"/>'
        for x, n in enumerate(counts)
        if n
    )
    marks = "".join(
        f'<rect class="doubt" x="{one["from"] / total * len(counts):.2f}" y="42" height="6" '
        f'width="{max((one["to"] - one["from"]) / total * len(counts), 0.8):.2f}"/>'
        for one in report["watch"]
    )
    told = f"Most regions covered at once: {max(counts)}. Doubtful spans: {len(report['watch'])}."
    return (
        f'<h2>Timeline</h2><svg role="img" aria-label="{told}" viewBox="0 0 {len(counts)} 50" '
        f'preserveAspectRatio="none">{bars}{marks}</svg><p>{told} The table below has their times.</p>'
    )


def _pictures(pictures: Sequence[tuple[float, bytes]]) -> str:
    shown = "".join(
        f'<figure><img alt="The output at {_time(at)}" '
        f'src="data:image/jpeg;base64,{b64encode(jpeg).decode()}">'
        f"<figcaption>{_time(at)}</figcaption></figure>"
        for at, jpeg in pictures
    )
    return f"<h2>The output at these times</h2>{shown}" if shown else ""


def _list(title: str, lines: Sequence[str]) -> str:
    rows = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h2>{title}</h2><ul>{rows}</ul>" if rows else ""


def _table(title: str, values: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(key.replace("_", " "))}</th><td>{escape(_word(value))}</td></tr>'
        for key, value in values.items()
    )
    return f"<h2>{title}</h2><table><tbody>{rows}</tbody></table>"


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "as the preset has it" if value is None else str(value)


def _time(seconds: float) -> str:
    return clock(Fraction(max(seconds, 0.0)))
