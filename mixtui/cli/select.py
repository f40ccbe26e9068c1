"""The runs that a command is about, and doing something to each of them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from mixtui.errors import EXIT_USAGE, MixtuiError, UnsuitableRunError
from mixtui.presets import find_preset

if TYPE_CHECKING:
    from mixtui.store.run import Run
    from mixtui.store.store import Store

Thing = TypeVar("Thing")


def selected(store: Store, references: list[str] | None, query: str | None) -> list[Run]:
    """The runs that a command is to change, chosen as `chosen` does. Raises MixtuiError for those that came with mixtui
    besides."""
    runs = chosen(store, references, query)
    if shipped := [run for run in runs if run.read_only]:
        raise MixtuiError(
            f"{shipped[0].id} is a reference run; those are read-only.",
            "To train the same study as yours: mixtui sweep --preset reference",
        )
    return runs


def chosen(store: Store, references: list[str] | None, query: str | None, preset: str | None = None) -> list[Run]:
    """The runs named by `references`, each once; with a `query` those of them that it fits, or of all.

    With a `preset` those of its runs that came with mixtui, all of them where nothing else is asked for. A broken run
    is in no state for anything: a query passes it over, unless it fits nothing else. Raises MixtuiError when there is
    no such run, and when nothing was asked for.
    """
    from mixtui.store.listing import listed
    from mixtui.store.query import parse
    from mixtui.store.run import Run
    from mixtui.store.shipped import shipped_store, shipped_study

    if not references and query is None and preset is None:
        raise MixtuiError("Which runs?", "Name them, or choose them, such as: --filter state:live")
    if query is not None and not query.strip():  # a script's unset variable must not mean every run
        raise MixtuiError("The filter is empty.", "Say which runs, such as: --filter state:live")
    named = {run.id: run for run in (find_run(store, reference) for reference in references or [])}
    if query is None and preset is None:
        return list(named.values())
    documents = listed(store) if preset is None else shipped_study(find_preset(preset).name)
    wanted = parse(query or "")
    fitting = [one for one in documents if wanted.matches(one) and (not references or one["id"] in named)]
    if not fitting:
        raise MixtuiError(f"No run matches {query}." if query else "None of these runs.", "mixtui list shows all.")
    whole = [document for document in fitting if document["state"] != "broken"]
    root = (store if preset is None else shipped_store()).root
    return [named.get(one["id"]) or Run.load(root / one["id"]) for one in whole or fitting]


def find_run(store: Store, reference: str) -> Run:
    """The run that `reference` names: in `store`, else among those that came with mixtui. Raises MixtuiError."""
    from mixtui.store.shipped import shipped_store

    try:
        return store.find(reference)
    except MixtuiError:
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
