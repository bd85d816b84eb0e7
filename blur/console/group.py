"""What all commands share: how they are found, how they end, how they are stopped."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from typing import Any, NoReturn

import click

from blur.errors import Interrupted

REPEATED = 1.0
"""Seconds in which further signals are the same wish to stop."""


class DefaultContext(click.Context):
    """The context of the command that goes without a name."""

    @property
    def command_path(self) -> str:
        return self.parent.command_path if self.parent else "blur"


class DefaultCommand(click.Command):
    """The command that is meant where none is named."""

    context_class = DefaultContext


class Commands(click.Group):
    """A group whose first word may be left out: whatever names no command is for ``default``."""

    default: DefaultCommand | None = None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            raise click.UsageError("There is no clip to work on. Name a video or a folder; see: blur --help")
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return "", self.default, args

    def invoke(self, ctx: click.Context) -> Any:
        """Ends every command with an exit code and, where it failed, a line that says why."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except KeyboardInterrupt:
            end(ctx, Interrupted("stopped"))
        except BrokenPipeError:
            # Whoever read the output is gone; what is left in the buffers must not be complained about.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.dup2(nowhere, sys.stderr.fileno())
            ctx.exit(Interrupted.exit_code)
        except Exception as error:  # noqa: BLE001 - no traceback ever reaches a user
            end(ctx, error)


def end(ctx: click.Context, error: Exception) -> NoReturn:
    """Says what went wrong on stderr and ends the command with its exit code."""
    from blur.batch.run import failure
    from blur.console.present import sentence

    failed = failure("", error)
    click.echo(sentence(failed), err=True)
    ctx.exit(failed.exit_code)


class Stop:
    """Ends the work as Ctrl-C does; a second one on its heels must not disturb the clearing up."""

    def __init__(self) -> None:
        self.last = -math.inf

    def __call__(self, *_: object) -> None:
        now = time.monotonic()
        if now - self.last > REPEATED:
            self.last = now
            raise KeyboardInterrupt


def stop_on_signals() -> None:
    """Every way to end the program politely clears its drafts away."""
    stop = Stop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # What is ignored from the start, as under nohup, stays ignored.
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)
