"""The one exception that is meant for a person: what went wrong, and what to do about it."""

# Exit codes of every command.
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class MixtuiError(Exception):
    """An error shown as two lines, `message` (what) and `hint` (what to do), without a traceback.

    `exit_code` is 2 for bad usage or bad input, 1 for a training that failed.
    """

    def __init__(self, message: str, hint: str = "", exit_code: int = EXIT_USAGE) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


class UnsuitableRunError(MixtuiError):
    """A run is in no state for what was asked of it: to stop what has ended, to resume what is finished."""


def reason_of(error: BaseException) -> str:
    """The kind of a foreign error and the first line of its text, without its full stop: to put into a message."""
    return f"{type(error).__name__}: {error}".splitlines()[0].rstrip(".:! ")
