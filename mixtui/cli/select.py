"""The runs that a command is about, and doing something to each of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from mixtui.errors import EXIT_USAGE, MixtuiError, UnsuitableRunError

if TYPE_CHECKING:
    from mixtui.store.run import Run
    from mixtui.store.store import Store

Thing = TypeVar("Thing")


def selected(store: Store, references: list[str] | None, query: str | None) -> list[Run]:
    """The runs named by `references`, each once; with a `query` those of them that it fits, or of all.

    A broken run is in no state for anything: a query passes it over, unless it fits nothing else. Raises MixtuiError
    when there is no such run, and when nothing was asked for.
    """
    from mixtui.store.listing import listed
    from mixtui.store.query import parse
    from mixtui.store.run import Run

    if not references and query is None:
        raise MixtuiError("Which runs?", "Name them, or choose them, such as: --filter state:live")
    if query is not None and not query.strip():  # a script's unset variable must not mean every run
        raise MixtuiError("The filter is empty.", "Say which runs, such as: --filter state:live")
    named = {run.id: run for run in (store.find(reference) for reference in references or [])}
    if query is None:
        return list(named.values())
    wanted = parse(query)
    fitting = [document for document in listed(store) if wanted.matches(document)]
    ids = [document["id"] for document in fitting if not references or document["id"] in named]
    broken = {document["id"] for document in fitting if document["state"] == "broken"}
    if not ids:
        raise MixtuiError(f"No run matches {query}.", "mixtui list shows all.")
    whole = [run_id for run_id in ids if run_id not in broken]
    return [named.get(run_id) or Run.load(store.root / run_id) for run_id in whole or ids]


def for_each(things: Sequence[Thing], act: Callable[[Thing], str | None], *, lenient: bool = False) -> int:
    """Do something to each run and print what it says; errors after all that went well. The exit code.

    Where `lenient`, runs that are in no state for it are passed over, unless none is in one: so a filter need not
    say which are.
    """
    from mixtui.cli.console import words

    errors: list[MixtuiError] = []
    for thing in things:
        try:
            if said := act(thing):
                print(words(said), flush=True)
        except MixtuiError as error:
            errors.append(error)
    unsuitable = [error for error in errors if isinstance(error, UnsuitableRunError)]
    if lenient and len(unsuitable) < len(things):
        errors = [error for error in errors if error not in unsuitable]
    for failed in errors:
        print(words(f"mixtui: {failed.message}\n        {failed.hint}"), file=sys.stderr)
    return EXIT_USAGE if errors else 0
