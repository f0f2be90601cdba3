"""The commands and their options, as typer shows them. Each hands over to a module of its own at once."""
# ruff: noqa: PLR0913, PLR0917 - a command has as many parameters as it has options

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bylaw import __version__
from bylaw.cli import completing
from bylaw.errors import UsageError, did_you_mean
from bylaw.reporters import formats

if TYPE_CHECKING:
    from bylaw.config import Choices

_HELP = "Checks that a backend keeps its own documented conventions."
_app = typer.Typer(
    name="bylaw",
    help=_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _one_of(value: str, known: list[str]) -> str:
    if value in known:
        return value
    raise UsageError(
        f'there is no format "{value}"', hint=did_you_mean(value, known) or f"the formats are {', '.join(known)}"
    )


def _report_format(value: str) -> str:
    return _one_of(value, formats())


def _list_format(value: str) -> str:
    return _one_of(value, ["json", "text"])


ReportFormat = Annotated[
    str,
    typer.Option(
        "--output-format",
        metavar="FORMAT",
        help=f"How to report: {', '.join(formats())}.",
        callback=_report_format,
        autocompletion=formats,
    ),
]
ListFormat = Annotated[
    str,
    typer.Option(
        "--output-format",
        metavar="FORMAT",
        help="text or json.",
        callback=_list_format,
        autocompletion=lambda: ["json", "text"],
    ),
]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Use this configuration file.")]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="NAME",
        help="Run only these rules, categories or concerns (or all); separated by commas, or repeated.",
        autocompletion=completing.selections,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="NAME",
        help="Do not run these rules, categories or concerns.",
        autocompletion=completing.selections,
    ),
]
Preset = Annotated[
    list[str] | None,
    typer.Option(
        "--preset",
        metavar="NAME",
        help="Use these presets in place of the configured ones; the later wins.",
        autocompletion=completing.presets,
    ),
]
NoRulePacks = Annotated[bool, typer.Option("--no-rule-packs", help="Load no rules but the built-in ones.")]


def command() -> Any:
    """The whole command line, ready to be called with arguments."""
    made: Any = typer.main.get_command(_app)
    for each in (made, *made.commands.values()):
        for parameter in each.params:
            if getattr(parameter, "is_flag", False):
                parameter.metavar = ""  # the help would show `<bool>` behind what takes no value
    return made


def commands() -> tuple[str, ...]:
    """The names of all commands."""
    return tuple(command().commands)


def choices(
    select: list[str] | None, ignore: list[str] | None, preset: list[str] | None, *, no_rule_packs: bool
) -> Choices:
    """The options that several commands share, as the configuration takes them."""
    from bylaw.cli.request import Request  # noqa: PLC0415

    return Request(tuple(select or ()), tuple(ignore or ()), tuple(preset or ()), no_rule_packs=no_rule_packs).choices


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"bylaw {__version__}")
        raise typer.Exit


@_app.callback()
def _bylaw(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


@_app.command()
def check(
    context: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATHS",
            help="Report only on these files and folders; the whole project is read. `-`: standard input.",
        ),
    ] = None,
    select: Select = None,
    ignore: Ignore = None,
    preset: Preset = None,
    config: Config = None,
    output_format: ReportFormat = "text",
    output_file: Annotated[
        Path | None, typer.Option("--output-file", metavar="FILE", help="Write the report to a file.")
    ] = None,
    stdin_filename: Annotated[
        str | None,
        typer.Option(
            "--stdin-filename", metavar="NAME", help="With `-`: the file whose content is read from standard input."
        ),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Repair what can be repaired without changing behaviour.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="Repair also where behaviour may change.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what would be repaired, and write nothing.")] = False,
    all_migrations: Annotated[
        bool, typer.Option("--all-migrations", help="Judge all migrations, not only new ones.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="REV",
            help="Judge the migrations that are new or changed since this commit, branch or tag; without it, since "
            "HEAD left the default branch.",
        ),
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Read every file anew.")] = False,
    no_rule_packs: NoRulePacks = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 even when there are errors.")] = False,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Show how often each rule speaks, not where.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Diagnostics only.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what was used and what was left out.")] = False,
) -> int:
    """Check the project, and report what breaks its conventions.

    Exit code 0: no errors; 1: there are errors; 2: the check could not be done.
    """
    from bylaw.cli.check import check as carry_out  # noqa: PLC0415
    from bylaw.cli.request import Request  # noqa: PLC0415

    return carry_out(
        Request(
            select=tuple(select or ()),
            ignore=tuple(ignore or ()),
            preset=tuple(preset or ()),
            config=config,
            output_format=output_format,
            output_file=output_file,
            stdin_filename=stdin_filename,
            fix=fix,
            unsafe_fixes=unsafe_fixes,
            diff=diff,
            all_migrations=all_migrations,
            since=since,
            no_cache=no_cache,
            no_rule_packs=no_rule_packs,
            exit_zero=exit_zero,
            statistics=statistics,
            quiet=quiet,
            verbose=verbose,
            paths=tuple(paths or ()),
            arguments=context.obj,
        )
    )


@_app.command()
def rules(
    config: Config = None,
    no_rule_packs: NoRulePacks = False,
    output_format: ListFormat = "text",
) -> int:
    """List all rules, the project's own included."""
    from bylaw.cli.catalogue import list_rules  # noqa: PLC0415

    return list_rules(config, choices(None, None, None, no_rule_packs=no_rule_packs), output_format)


@_app.command()
def explain(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule's name.", autocompletion=completing.rules)],
    config: Config = None,
    no_rule_packs: NoRulePacks = False,
) -> int:
    """Explain a rule: what it demands, why, how to repair, its options, and what the presets say about it."""
    from bylaw.cli.catalogue import explain as carry_out  # noqa: PLC0415

    return carry_out(rule, config, choices(None, None, None, no_rule_packs=no_rule_packs))


@_app.command("config")
def show_config(
    select: Select = None,
    ignore: Ignore = None,
    preset: Preset = None,
    config: Config = None,
    no_rule_packs: NoRulePacks = False,
    output_format: ListFormat = "text",
) -> int:
    """Show the configuration in force, where each value comes from, and which rules sleep and why."""
    from bylaw.cli.settled import show  # noqa: PLC0415

    return show(config, choices(select, ignore, preset, no_rule_packs=no_rule_packs), output_format)


@_app.command()
def files(config: Config = None, output_format: ListFormat = "text") -> int:
    """List the files that are read, and say why others are not."""
    from bylaw.cli.files import list_files  # noqa: PLC0415

    return list_files(config, output_format)


@_app.command("test")
def run_specs(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATHS", help="Spec files, or folders of them.")] = None,
    pack: Annotated[
        list[Path] | None,
        typer.Option("--pack", metavar="FOLDER", help="A rule pack, beside the configured ones."),
    ] = None,
    config: Config = None,
) -> int:
    """Run the specs of rules: Markdown files with good, bad and fixed cases."""
    from bylaw.cli.specs import run_specs as carry_out  # noqa: PLC0415

    return carry_out(tuple(paths or ()), tuple(pack or ()), config)


@_app.command()
def mcp() -> int:
    """Serve coding agents over standard input and output (needs the extra `mcp`)."""
    from bylaw.cli.serve import serve  # noqa: PLC0415

    return serve()
