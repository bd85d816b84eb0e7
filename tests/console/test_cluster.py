"""The commands and options of a cluster, and what they leave of the network."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from blur.console.cluster import network
from cli import cli


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "none"),
        (["clip.mp4"], "none"),
        (["desktop"], "local"),
        (["cluster", "keys", "K"], "none"),
        (["cluster", "clip"], "none"),
        (["cluster", "worker", "tls://10.0.0.1"], "call"),
        (["in", "-o", "out", "--cluster", "tls://10.0.0.1"], "answer"),
        (["in", "--cluster=tls://10.0.0.1"], "answer"),
        (["--clusters"], "none"),
        (["audit", "cluster"], "none"),
    ],
)
def test_the_network_stays_away_but_from_a_cluster(arguments: list[str], expected: str) -> None:
    assert network(arguments) == expected


def call(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_keys_are_made_for_both_sides(tmp_path: Path) -> None:
    code, said = call("cluster", "keys", tmp_path / "K")
    assert code == 0
    assert "30 days" in said
    assert sorted(path.name for path in (tmp_path / "K").iterdir()) == ["run", "worker"]
    assert call("cluster", "keys", tmp_path / "K")[0] == 8


@pytest.mark.parametrize("option", ["--dry-run", "--no-confine", "--plan=p.json"])
def test_what_cannot_be_given_out_is_said(tmp_path: Path, option: str) -> None:
    code, said = call("x.mp4", "--cluster", "tls://10.0.0.1", "--keys", tmp_path, option)
    assert code == 2
    assert "--cluster" in said


def test_a_cluster_needs_keys_and_an_address_in_numbers(tmp_path: Path) -> None:
    code, said = call("x.mp4", "--cluster", "tls://10.0.0.1")
    assert (code, "--keys" in said) == (2, True)
    code, said = call("cluster", "worker", "tls://laptop", "--keys", tmp_path)
    assert (code, "in numbers" in said) == (2, True)


def test_nothing_connects_from_a_process_that_is_not_sealed(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"x")
    code, said = call("cluster", "worker", "tls://10.0.0.1", "--keys", tmp_path)
    assert (code, "one connection" in said) == (7, True)
    code, said = call(tmp_path / "x.mp4", "--cluster", "tls://10.0.0.1", "--keys", tmp_path)
    assert (code, "one connection" in said) == (7, True)
