"""Writes docs/installed.toml: what an installation brings today, with versions, hashes and licences.

usage: python docs/list_installed.py      (asks the package index; on Linux x86-64, for the wheels of there)
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
HEAD = """\
# What `pip install blur-faces[cluster,demo,desktop]` brings, as of the last change of this file: the
# newest versions within the bounds of pyproject.toml, with the sha256 of each wheel, for Linux x86-64
# and Python {python}.
# Written by docs/list_installed.py. Why each may be there stands in dependencies.toml.
"""


def resolved(requirements: list[str]) -> list[dict[str, Any]]:
    """What pip would install for the requirements, by its report. Raises CalledProcessError."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--ignore-installed",
        "--quiet",
        "--report",
        "-",
    ]
    run = subprocess.run([*command, *requirements], check=True, stdout=subprocess.PIPE, text=True)
    return list(json.loads(run.stdout)["install"])


def main() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    reviewed = tomllib.loads((REPOSITORY / "docs" / "dependencies.toml").read_text(encoding="utf-8"))
    notes = reviewed["core"] | reviewed["cluster"] | reviewed["demo"] | reviewed["desktop"]
    lines = [HEAD.format(python=f"{sys.version_info.major}.{sys.version_info.minor}")]
    extras = project["optional-dependencies"]
    found = resolved(project["dependencies"] + extras["cluster"] + extras["demo"] + extras["desktop"])
    for part in sorted(found, key=lambda part: part["metadata"]["name"].lower()):
        name = part["metadata"]["name"].lower().replace("_", "-")
        lines.append(f"[{name}]")
        lines.append(f'version = "{part["metadata"]["version"]}"')
        lines.append(f'sha256 = "{part["download_info"]["archive_info"]["hashes"]["sha256"]}"')
        lines.append(f'licence = "{notes[name].split(". ")[0].rstrip(".")}"\n')
    (REPOSITORY / "docs" / "installed.toml").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
