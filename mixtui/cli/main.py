"""The table of commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mixtui import __version__
from mixtui.cli.calibrate import calibrate
from mixtui.cli.compare import compare
from mixtui.cli.data import data
from mixtui.cli.doctor import doctor
from mixtui.cli.end import pause, stop
from mixtui.cli.evaluate import evaluate
from mixtui.cli.export import export
from mixtui.cli.label import note, pin, tag
from mixtui.cli.list import list_runs
from mixtui.cli.logs import logs
from mixtui.cli.options import RunsDir
from mixtui.cli.queue import queue
from mixtui.cli.remove import remove, restore, trash
from mixtui.cli.report import report
from mixtui.cli.resume import resume
from mixtui.cli.retry import retry
from mixtui.cli.run import run
from mixtui.cli.serve import serve
from mixtui.cli.show import show
from mixtui.cli.sweep import sweep
from mixtui.cli.wait import wait

_SECTIONS: dict[str, dict[str, Callable[..., Any]]] = {
    "Train": {"run": run, "sweep": sweep},
    "Watch": {
        "list": list_runs,
        "show": show,
        "compare": compare,
        "logs": logs,
        "queue": queue,
        "wait": wait,
        "serve": serve,
    },
    "Steer": {"stop": stop, "pause": pause, "resume": resume, "retry": retry},
    "Organise": {"tag": tag, "note": note, "pin": pin, "remove": remove, "restore": restore, "trash": trash},
    "Tools": {
        "calibrate": calibrate,
        "evaluate": evaluate,
        "report": report,
        "export": export,
        "data": data,
        "doctor": doctor,
    },
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
    help="Study how mixup training changes the calibration of image classifiers.\n\n"
    "Without a command it opens the interface.",
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
    runs_dir_option: RunsDir = None,
) -> None:
    if context.invoked_subcommand is None:
        from mixtui.cli.interface import open_interface

        raise typer.Exit(open_interface(runs_dir_option))
