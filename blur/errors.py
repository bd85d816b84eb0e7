"""Every way in which Blur can refuse, as one tree.

    BlurError                      1   internal error
    ├── UsageError                 2   the call makes no sense
    ├── InputError                 3   the input cannot be taken
    │   ├── UnreadableError            missing, empty, damaged, not a video
    │   ├── UnsupportedError           a kind that Blur cannot decode or write
    │   ├── EncryptedError             protected, no key is ever asked for
    │   ├── DamagedError               some frames could not be decoded
    │   └── CrashedError               a library that reads it crashed, or took too much
    ├── AuditError                 5   the output did not pass; nothing is published
    ├── MissingError               7   something is missing on this machine
    │   └── WeightsError               a detector's weights are absent or altered
    ├── OutputError                8   no space, no permission, or in the way
    │   └── ExistsError                the output is there already
    └── Interrupted              130   the user stopped it

The number is the exit code. Codes 0 (published), 4 (published, but a person should look) and
6 (some files of a batch failed) are outcomes, not errors.
"""

from __future__ import annotations

from typing import ClassVar

EXIT_OK = 0
EXIT_LOOK = 4
EXIT_BATCH = 6


class BlurError(Exception):
    """An error with a message for the user, a hint on what to do, and an exit code."""

    exit_code: ClassVar[int] = 1
    default_hint: ClassVar[str] = "This is a fault in Blur. Nothing was published."

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint

    @property
    def name(self) -> str:
        """The error's name as machines read it, for instance ``"DamagedError"``."""
        return type(self).__name__


class UsageError(BlurError):
    exit_code = 2
    default_hint = "See: blur --help"


class InputError(BlurError):
    exit_code = 3
    default_hint = "Check that the file plays in a video player, and copy it again if it does not."


class UnreadableError(InputError):
    """The input is missing, empty, or nothing that Blur recognises as a video."""


class UnsupportedError(InputError):
    """The input is a kind of file that Blur cannot decode or write."""

    default_hint = "Convert the file to MP4 (H.264) with a tool that you trust, then try again."


class EncryptedError(InputError):
    """The input is protected by encryption."""

    default_hint = "The file is protected. Export it without protection, then try again."


class DamagedError(InputError):
    """Some frames could not be decoded, so they could not be looked at."""

    default_hint = "Copy the file from the camera again; a part of it is damaged or missing."


class CrashedError(InputError):
    """The process that read the input died: a fault in a decoder, or a limit that it went over."""

    default_hint = "Nothing of it was published. Open it on this machine only if you trust it."


class AuditError(BlurError):
    exit_code = 5
    default_hint = "Nothing was published. Try again with --preset thorough."


class MissingError(BlurError):
    exit_code = 7
    default_hint = "Run: blur doctor"


class WeightsError(MissingError):
    """A detector's weights are absent or do not match their checksum."""

    default_hint = "Install Blur again. It never falls back to a weaker detector."


class OutputError(BlurError):
    exit_code = 8
    default_hint = "Free some space, or choose another folder with -o."


class ExistsError(OutputError):
    default_hint = "Use --force to replace it, or name another file with -o."


class Interrupted(BlurError):  # noqa: N818 - it is no error of anyone
    exit_code = 130
    default_hint = "Nothing was published."
