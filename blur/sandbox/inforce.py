"""What this process has given up so far: noted where it is given up, told by the doctor and in reports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

Lock: TypeAlias = Literal["seccomp", "sandbox_init", "python", "none"]
"""Who refuses connections: the Linux kernel, macOS, Python alone, or nobody."""

TOLD: dict[Lock, str] = {
    "seccomp": "refused by the kernel (seccomp), to Blur and all that it starts",
    "sandbox_init": "refused by macOS (sandbox_init), to Blur and all that it starts",
    "python": "refused in Python alone: this system offers no more without an administrator",
    "none": "NOT refused: this kernel has no seccomp filters",
}


@dataclass(frozen=True, slots=True)
class InForce:
    """The locks on a process.

    Attributes:
        network: who refuses connections.
        files: the version of Landlock that bars other files, 0 where nothing does.
        limits: whether memory, processor time, processes and size of outputs are limited.
    """

    network: Lock = "none"
    files: int = 0
    limits: bool = False

    def as_text(self) -> dict[str, str]:
        """In plain words, by what is locked."""
        return {
            "network": TOLD[self.network],
            "other files": f"out of reach for decoders (Landlock {self.files})"
            if self.files
            else "NOT out of reach for decoders. Open only clips that you trust.",
            "limits": "on memory, processor time, processes and size of outputs" if self.limits else "none",
        }


_now = InForce()


def in_force() -> InForce:
    """The locks on this process, which hold for whatever it starts too."""
    return _now


def note(**locked: Any) -> None:
    """A lock is on from here on; none is ever taken off."""
    global _now  # noqa: PLW0603 - locks are the process's own, and so is what is known of them
    _now = replace(_now, **locked)
