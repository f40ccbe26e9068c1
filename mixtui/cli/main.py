"""The entry point: the table of commands, and errors as two lines."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mixtui import __version__
from mixtui.cli.calibrate import calibrate
from mixtui.cli.data import data
from mixtui.cli.doctor import doctor
from mixtui.cli.end import pause, stop
from mixtui.cli.label import note, pin, tag
from mixtui.cli.list import list_runs
from mixtui.cli.logs import logs
from mixtui.cli.queue import queue
from mixtui.cli.remove import remove, restore, trash
from mixtui.cli.resume import resume
from mixtui.cli.retry import retry
from mixtui.cli.run import run
from mixtui.cli.show import show
from mixtui.cli.sweep import sweep
from mixtui.cli.wait import wait
from mixtui.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, MixtuiError

_SECTIONS: dict[str, dict[str, Callable[..., Any]]] = {
    "Train": {"run": run, "sweep": sweep},
    "Watch": {"list": list_runs, "show": show, "logs": logs, "queue": queue, "wait": wait},
    "Steer": {"stop": stop, "pause": pause, "resume": resume, "retry": retry},
    "Organise": {"tag": tag, "note": note, "pin": pin, "remove": remove, "restore": restore, "trash": trash},
    "Tools": {"calibrate": calibrate, "data": data, "doctor": doctor},
}


class _InSections(TyperGroup):
    """Lists the commands in the sections of the table above."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        width = max(map(len, self.commands))
        room = formatter.width - width - 4
        for heading, names in _SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(name.ljust(width), self.commands[name].get_short_help_str(room)) for name in names]
                )


app = typer.Typer(
    cls=_InSections,
    help="Study how mixup training changes the calibration of image classifiers.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for commands in _SECTIONS.values():
    for name, command in commands.items():
        app.command(name)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"mixtui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    _debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> None:
    """Run the command line and exit with its code."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        code = app(args=arguments, prog_name="mixtui", standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:  # whoever read has enough; as Typer does where it comes earlier
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILED)
    except MixtuiError as error:
        if debug:
            raise
        _fail(error.message, error.hint, error.exit_code)
    except Exception as error:
        if debug:
            raise
        _fail_unforeseen(error)
    sys.exit(code if isinstance(code, int) else 0)


def _fail_unforeseen(error: Exception) -> None:
    if hasattr(error, "format_message"):  # Typer's own: the usage is wrong
        command = getattr(getattr(error, "ctx", None), "command_path", "mixtui")
        _fail(str(error.format_message()), f"{command} --help shows how.", EXIT_USAGE)
    what = str(error).splitlines()[0] if str(error) else ""
    _fail(f"{type(error).__name__}: {what}", "This is an error of mixtui's own; --debug shows where.", EXIT_USAGE)


def _fail(message: str, hint: str, code: int) -> None:
    from mixtui.cli.console import words

    print(words(f"mixtui: {message}"), file=sys.stderr)
    if hint:
        print(words(textwrap.indent(hint, " " * 8)), file=sys.stderr)
    sys.exit(code)
