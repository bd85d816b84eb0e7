#!/usr/bin/env python3
"""Sets Blur up in .venv beside this file, then runs it.

    python3 start.py CLIP...    anonymise clips; everything that `blur` takes can follow
    python3 start.py            make a demonstration clip and anonymise it
    python3 start.py desktop    open the window
    python3 start.py --check    set up for development and run every check

Standard library only, in a syntax that old Pythons read, so that they can say that they are too old.
"""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "blur-setup.txt"
MODELS = ROOT / "blur" / "detect" / "models"

MISSING = 7  # the exit code of Blur when something is missing on this machine
REFUSED = 8  # ... when there is no space or no permission
INTERRUPTED = 130

EXTRAS = ("demo", "demo,desktop", "dev")  # each brings what the ones before it bring

INSTALL_FAILED = """Blur could not be installed; the reason stands above. Setting up needs the internet, and a
machine that the detectors are published for: Linux or Windows on x86-64, macOS on Apple silicon."""

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy", "--strict", "blur"),
    ("lint-imports", "--no-logo"),
    # Most tests keep one processor busy. Files stay whole: what one makes for its tests is made once.
    ("pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"),
)


def main(arguments):
    if sys.version_info < (3, 11):
        return fail(MISSING, "Blur needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
    check = arguments == ["--check"]
    try:
        code = set_up("dev" if check else "demo,desktop" if arguments[:1] == ["desktop"] else "demo")
    except KeyboardInterrupt:
        return fail(INTERRUPTED, "Interrupted. The same command goes on with the set-up.")
    except OSError as error:
        return fail(REFUSED, "Blur could not set itself up in " + str(ROOT) + ": " + str(error))
    if code:
        return code
    return run_checks() if check else run_blur(arguments or demonstration())


def fail(code, message):
    print(message, file=sys.stderr)
    return code


def set_up(extra):
    """Makes the environment and installs Blur, unless that was done already; returns an exit code."""
    state = fingerprint()
    done = STAMP.read_text(encoding="utf-8") if STAMP.is_file() else ""
    if done in [state + more for more in EXTRAS[EXTRAS.index(extra) :]] and weights_stand():
        return 0
    print("Setting Blur up. This is done once and takes some minutes.", file=sys.stderr)
    STAMP.unlink(missing_ok=True)
    moved = bool(done) and str(ROOT) not in done.splitlines()  # its scripts point to where it was
    if (moved or not environment_works()) and quiet_call(
        [sys.executable, "-m", "venv", "--clear", str(VENV)]
    ):
        return fail(MISSING, "Python cannot make a venv. On Debian and Ubuntu: apt install python3-venv")
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    if not sys.stderr.isatty():
        pip.append("--quiet")
    if quiet_call([*pip, "-e", ".[" + extra + "]"]):
        return fail(MISSING, INSTALL_FAILED)
    STAMP.write_text(state + extra, encoding="utf-8")
    return 0


def fingerprint():
    """What an installation depends on: this Python, this folder, and what is to be installed."""
    digest = hashlib.sha256()
    for file in (ROOT / "pyproject.toml", ROOT / "hatch_build.py", MODELS / "MANIFEST.toml"):
        digest.update(file.read_bytes())
    return "\n".join([sys.version, str(ROOT), digest.hexdigest(), ""])


def weights_stand():
    """Whether the weights are there; whether they are whole is for Blur to say."""
    import tomllib  # unknown to the Pythons that main() turns away

    manifest = tomllib.loads((MODELS / "MANIFEST.toml").read_text(encoding="utf-8"))
    return all((MODELS / entry["file"]).is_file() for entry in manifest["weights"])


def environment_works():
    """Whether .venv is there, runs the Python that runs this, and has pip."""
    command = [str(PYTHON), "-c", "import sys, pip; print(sys.version)"]
    try:
        version = subprocess.check_output(command, stderr=subprocess.DEVNULL, text=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return version.strip() == sys.version.strip()


def quiet_call(command):
    """Runs a command of the set-up. Its output goes to stderr, since stdout belongs to Blur."""
    return subprocess.call(command, cwd=str(ROOT), stdout=sys.stderr)


def demonstration():
    """The arguments that make a demonstration clip and anonymise it, anew each time."""
    folder = ROOT / "demo"
    folder.mkdir(exist_ok=True)
    return ["demo", str(folder), "--force"]


def run_blur(arguments):
    """Becomes Blur where the system can do that, so that signals and exit codes are its own."""
    command = [str(PYTHON), str(ROOT / "cli.py"), *arguments]
    if os.name == "posix":
        os.execv(command[0], command)
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches Blur too; wait for it to clean up
    return subprocess.call(command)


def run_checks():
    failed = []
    for name, *rest in CHECKS:
        line = " ".join([name, *rest])
        print("\n== " + line, flush=True)
        if subprocess.call([str(BIN / name), *rest], cwd=str(ROOT)):
            failed.append(line)
    if failed:
        return fail(1, "\nFailed: " + ", ".join(failed))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
