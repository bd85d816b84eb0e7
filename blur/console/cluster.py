"""`blur cluster`, and the options that give a batch out: several machines for one batch."""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from blur.errors import UsageError
from blur.sandbox.kernel import PR_SET_PDEATHSIG, prctl
from blur.sandbox.seccomp import Network

if TYPE_CHECKING:
    from blur.batch.commands import Elsewhere
    from blur.settings import Settings

FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
GiveOut: TypeAlias = "Callable[[Sequence[Path], Settings, bool, Path | None], Elsewhere]"
"""Makes what works elsewhere, of what was named, the settings, whether outputs are replaced, and a report."""


def network(arguments: Sequence[str]) -> Network:
    """What a call needs of the network, told before anything of it is understood: nearly always nothing."""
    if arguments[:1] == ["desktop"]:
        return "local"
    if arguments[:2] == ["cluster", "worker"]:
        return "call"
    given_out = any(word == "--cluster" or word.startswith("--cluster=") for word in arguments)
    return "answer" if given_out else "none"


def giving_out(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --cluster and --keys; the command gets ``cluster``, a GiveOut or None."""

    @functools.wraps(command)
    def with_cluster(*, cluster: str | None, keys: Path | None, **told: Any) -> Any:
        if cluster is None:
            return command(cluster=None, **told)
        if keys is None:
            raise UsageError("--cluster needs --keys", "Make some: blur cluster keys DIR; name DIR/run.")
        if told["plan_file"] or told["dry_run"] or told["no_confine"]:
            raise UsageError(
                "--plan, --dry-run and --no-confine are not for --cluster", "Run such clips without it."
            )
        return command(cluster=functools.partial(_given_out, cluster, keys), **told)

    keys = click.option("--keys", type=FOLDER, help="The folder `run` of what blur cluster keys made.")
    where = "Give the work out at this machine's address, as tls://192.168.1.5:8786."
    return click.option("--cluster", metavar="ADDRESS", help=where)(keys(with_cluster))


def _given_out(
    place: str, keys: Path, named: Sequence[Path], settings: Settings, force: bool, report: Path | None
) -> Elsewhere:
    from blur.batch.journal import state_folder
    from blur.cluster.address import address
    from blur.cluster.run import Cluster
    from blur.cluster.seal import check

    check(click.get_current_context().find_root().obj)
    parents = [path if path.is_dir() else path.parent for path in map(Path.absolute, named)]
    root = Path(os.path.commonpath(parents))
    writes = (state_folder(), *(() if report is None else (report.absolute().parent,)))
    return Cluster(address(place), keys, root, settings, force, writes)


@click.group()
def cluster() -> None:
    """Shares a batch among several machines: blur FOLDER -o DIR --cluster ADDRESS --keys DIR/run."""


@cluster.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def keys(folder: Path) -> None:
    """Makes in DIR the keys of a cluster: run for the machine with the footage, worker for the others."""
    from blur.cluster.keys import DAYS, make_keys

    make_keys(folder)
    click.echo(
        f"Made. They hold for {DAYS} days. Carry the folder worker to the other machines by hand: who has it "
        "gets clips to work on, and sees them."
    )


@cluster.command()
@click.argument("place", metavar="ADDRESS")
@click.option(
    "--keys", type=FOLDER, required=True, help="The folder `worker` of what blur cluster keys made."
)
@click.option("--media", type=FOLDER, help="Where this machine sees the batch's folder, if it does.")
@click.option("--clips", type=click.IntRange(1), help="How many at once.  [default: as many as fit]")
@click.option("--work", type=FOLDER, help="Where clips lie meanwhile.  [default: the system's place]")
def worker(place: str, keys: Path, media: Path | None, clips: int | None, work: Path | None) -> None:
    """Works on the clips of the run at ADDRESS, until Ctrl-C. Waits for it where it is not there."""
    from blur.cluster.address import address
    from blur.cluster.seal import check

    run = address(place)
    check(click.get_current_context().find_root().obj)
    import tempfile

    from blur.cluster.worker import serve

    serve(
        run, keys, media, clips, work or Path(tempfile.gettempdir()), lambda said: click.echo(said, err=True)
    )


@cluster.command(hidden=True)
def clip() -> None:
    """One clip, for a worker: an order on standard input, events on standard output."""
    from blur.cluster.piece import events
    from blur.console.present import present, presenter
    from blur.sandbox.sandbox import Sandbox

    context = click.get_current_context()
    lock = context.find_root().obj
    if lock is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # nothing goes on for a worker that is gone
    told = events(sys.stdin.buffer, None if lock is None else Sandbox(lock))
    context.exit(present(told, presenter(as_lines_of_json=True, quiet=False)))
