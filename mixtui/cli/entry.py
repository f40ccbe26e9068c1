"""The entry point: the interface, or a command; errors as two lines."""

from __future__ import annotations

import errno
import os
import sys
import textwrap
from pathlib import Path

from mixtui.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, MixtuiError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> None:
    """Run the command line and exit with its code."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:  # whoever read has enough; as Typer does where it comes earlier
        _drop_output()
        sys.exit(EXIT_FAILED)
    except MixtuiError as error:
        if debug:
            raise
        _fail(error.message, error.hint, error.exit_code)
    except Exception as error:
        if debug:
            raise
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            _drop_output()
            _fail(f"Not all could be written: {error.strerror}.", "Make room there.", EXIT_USAGE)
        _fail_unforeseen(error)
    sys.exit(code if isinstance(code, int) else 0)


def _drop_output() -> None:
    """Else Python tries again at its end to write what is left, and complains."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> object:
    if _ask_for_the_interface(arguments):  # without typer: its import takes a tenth of a second
        from mixtui.cli.interface import open_interface

        return open_interface(Path(arguments[1]) if arguments else None)
    from mixtui.cli.main import app

    return app(args=arguments, prog_name="mixtui", standalone_mode=False)


def _ask_for_the_interface(arguments: list[str]) -> bool:
    """Whether there is no command, and at most `--runs-dir FOLDER`; whatever else there is, typer tells."""
    is_bare = not arguments or (
        len(arguments) == 2 and arguments[0] == "--runs-dir" and arguments[1][:1] not in ("", "-")
    )
    return is_bare and "_MIXTUI_COMPLETE" not in os.environ


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
