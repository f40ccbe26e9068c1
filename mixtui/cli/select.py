"""The runs that a command is about, and doing something to each of them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from mixtui.errors import EXIT_USAGE, MixtuiError, UnsuitableRunError

if TYPE_CHECKING:
    from mixtui.store.run import Run
    from mixtui.store.store import Store

Thing = TypeVar("Thing")


def runs_to_change(store: Store, references: list[str] | None, query: str | None) -> list[Run]:
    """The runs that a command is to change, chosen as `runs_to_read` does. Raises MixtuiError besides for those that
    came with mixtui."""
    runs = runs_to_read(store, references, query)
    for run in runs:
        if run.read_only:
            raise MixtuiError(
                f"{run.id} is a reference run; those are read-only.",
                f"To train the same study as yours: mixtui sweep --preset {next(iter(run.tags), 'reference')}",
            )
    return runs


def runs_to_read(store: Store, references: list[str] | None, query: str | None, preset: str | None = None) -> list[Run]:
    """The runs named by `references`, each once; those of them that a `query` fits, or of all, or of a `preset`, which
    came with mixtui.

    A broken run is in no state for anything: a query passes it over, unless it fits nothing else. Raises MixtuiError
    when there is no such run, and when nothing was asked for.
    """
    from mixtui.store.listing import listed
    from mixtui.store.query import parse
    from mixtui.store.run import Run
    from mixtui.store.run_document import listed_document
    from mixtui.store.shipped import folder_of, shipped_study

    if not references and query is None and preset is None:
        raise MixtuiError("Which runs?", "Name them, or choose them, such as: --filter state:live")
    if query is not None and not query.strip():  # a script's unset variable must not mean every run
        raise MixtuiError("The filter is empty.", "Say which runs, such as: --filter state:live")
    named = {run.id: run for run in (find_run(store, reference) for reference in references or [])}
    if query is None and preset is None:
        return list(named.values())
    documents = listed(store) if preset is None else shipped_study(preset)
    if named:
        ids = {document["id"] for document in documents} if preset else named.keys()
        documents = [listed_document(run) for run in named.values() if run.id in ids]
    wanted = parse(query or "")
    fitting = [document for document in documents if wanted.matches(document)]
    if not fitting:
        listing = f"mixtui list --preset {preset}" if preset else "mixtui list"
        raise MixtuiError(f"No run matches {query or 'that'}.", f"{listing} shows all.")
    whole = [document for document in fitting if document["state"] != "broken"]
    return [named.get(one["id"]) or Run.load(folder_of(store, one["id"])) for one in whole or fitting]


def find_run(store: Store, reference: str) -> Run:
    """The run that `reference` names: in `store`, else among those that came with mixtui. Raises MixtuiError."""
    from mixtui.store.shipped import shipped_store
    from mixtui.store.store import NoSuchRunError

    try:
        return store.find(reference)
    except NoSuchRunError:
        with contextlib.suppress(MixtuiError):
            if reference != "latest":
                return shipped_store().find(reference)
        raise


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
