"""`mixtui compare`: the runs of a study put together by α, over seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mixtui.cli.options import Filter, Json, RunReferences, RunsDir, ShippedPreset, open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mixtui.store.documents import Document
    from mixtui.store.store import Store
    from mixtui.store.study import Study


def compare(
    runs: RunReferences = None,
    filter_: Filter = None,
    preset: ShippedPreset = None,
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")] = False,
    runs_dir_option: RunsDir = None,
) -> None:
    """Compare alphas: means over seeds, differences, certainty.

    Accuracy, ECE and NLL, before and after temperature scaling. Without runs and filter it is the study of the latest
    run that has a tag.
    """
    from mixtui.cli.console import print_json
    from mixtui.store.run_document import listed_document
    from mixtui.store.study import study_of
    from mixtui.store.study_document import study_document

    store = open_store(runs_dir_option)
    if runs or filter_ is not None or preset is not None:
        from mixtui.cli.select import runs_to_read

        name, documents = preset or "", [listed_document(run) for run in runs_to_read(store, runs, filter_, preset)]
    else:
        name, documents = _latest_study(store)
    study = study_of(documents)
    if json:
        print_json({"tag": name or None, **study_document(study)})
    elif markdown:
        print(_markdown(study), end="")
    else:
        _print(study, name, len(documents))


def _latest_study(store: Store) -> tuple[str, list[Document]]:
    """The tag of the latest run that has one, and the runs with it; all runs where none has one.

    Raises MixtuiError where there are no runs.
    """
    from mixtui.errors import MixtuiError
    from mixtui.store.documents import study_tag, tags
    from mixtui.store.listing import listed

    documents = listed(store)
    if not documents:
        raise MixtuiError(
            f"No runs in {store.root} yet.", "Those that came with mixtui: mixtui compare --preset reference"
        )
    name = next(filter(None, map(study_tag, reversed(documents))), "")
    return name, [document for document in documents if name in tags(document)] if name else documents


def _columns(study: Study) -> Sequence[str]:
    from mixtui.store.study_table import standard_columns

    columns = list(standard_columns(study))
    columns.insert(columns.index("nll_after_t") + 1, "auroc")
    return columns


def _markdown(study: Study) -> str:
    from mixtui.store.study_table import markdown
    from mixtui.store.study_verdict import verdict

    return f"{markdown(study, _columns(study))}\n{verdict(study, keys=False)} {_how(study)}\n"


def _print(study: Study, tag: str, runs: int) -> None:
    """The study as text, its table in parts where the terminal is too narrow for all columns."""
    from rich.text import Text

    from mixtui.cli.console import shown, stdout
    from mixtui.cli.score_text import mark
    from mixtui.plots.table_pages import table_pages
    from mixtui.store.study_table import title
    from mixtui.store.study_verdict import findings, left_out

    console = stdout()
    named = [f"tag:{tag}"] if tag else []
    console.print(Text(shown(" · ".join([*named, title(study)])), style="bold"))
    console.print(Text(" ".join(map(shown, findings(study, keys=False)))))
    for page in table_pages(study, _columns(study), console.width, shown, mark) if study.rows else ():
        console.print()
        for index in range(len(study.rows) + 1):
            console.print(Text(page.line(index).rstrip(), "bold" * (index == 0), no_wrap=True, overflow="crop"))
    console.print()
    for sentence in [*left_out(study, runs), _how(study), _marks(study)]:
        console.print(Text(shown(sentence), style="dim"))


def _how(study: Study) -> str:
    """What the figures are."""
    from mixtui.store.study_bins import common_m

    m = common_m(study)
    return (
        f"M {'of each run' if m is None else m} · equal width. "
        "Mean ± sd over seeds, of one seed its own 95 % interval; "
        "differences to α 0 are paired by seed, with 95 % interval."
    )


def _marks(study: Study) -> str:
    from mixtui.store.study_verdict import how_t_was_fitted

    told = f"▲ over-, ▼ underconfident, · neither for certain, ≈ at the noise floor. T: {how_t_was_fitted(study.rows)}."
    return f"{told} deck fits: it lies where one more run here would." if "deck" in _columns(study) else told
