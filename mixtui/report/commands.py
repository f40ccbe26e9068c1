"""The commands that make the runs of a report, and the report, again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mixtui.recipe_options import exact, recipe_options
from mixtui.report.content import Content, Recipe
from mixtui.store.query import quoted


def commands(content: Content) -> list[str]:
    """Commands for a shell: the sweeps, waiting for them, and the report on them."""
    tag = content.tag or "report"
    chosen = ["--filter", f"tag={quoted(tag)}"]
    sweeps = [command for recipe in content.recipes for command in _sweeps(recipe, tag)]
    return [*sweeps, shlex.join(["mixtui", "wait", *chosen]), shlex.join(["mixtui", "report", *chosen])]


def report_command(content: Content) -> list[str]:
    """The command for this very report, from the runs that it is of: a line for each of them."""
    ids = [shlex.quote(document["id"]) for one in content.recipes for document in one.documents]
    return ["mixtui report \\", *(f"  {run_id} \\" for run_id in ids[:-1]), f"  {ids[-1]}"]


def _sweeps(recipe: Recipe, tag: str) -> Iterator[str]:
    """A sweep for all alphas that have the same consecutive seeds."""
    alphas_of: dict[tuple[int, int], list[float]] = {}
    for one in recipe.rows:
        for first, count in _consecutive([run.seed for run in one.row.runs]):
            alphas_of.setdefault((first, count), []).append(one.row.alpha)
    for (first, count), alphas in alphas_of.items():
        words = ["mixtui", "sweep", "--alphas", ",".join(map(exact, alphas))]
        words += ["--seeds", str(count)] * (count != 1) + ["--seed", str(first)] * (first != 0)
        yield shlex.join([*words, *_options(recipe), "--tag", tag])


def _consecutive(seeds: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and number of each stretch of the rising `seeds` without a gap."""
    starts = [0, *(index for index, (one, next_one) in enumerate(pairwise(seeds), 1) if next_one != one + 1)]
    for start, end in pairwise([*starts, len(seeds)]):
        yield seeds[start], end - start


def _options(recipe: Recipe) -> list[str]:
    on_cpu = all(document["config"].get("device") == "cpu" for document in recipe.documents)
    return recipe_options(recipe.documents[0]["config"]) + ["--device", "cpu"] * on_cpu
