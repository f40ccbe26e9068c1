"""Queueing what the form asks for."""

from __future__ import annotations

from mixtui.datasets.catalog import default_data_dir
from mixtui.errors import MixtuiError, reason_of
from mixtui.launch.submission import prepare
from mixtui.launch.sweep import Sweep, queue_sweep
from mixtui.store.store import Store
from mixtui.store.tickets import Tickets
from mixtui.ui.new_runs.form import Plan


def queue_plan(store: Store, plan: Plan) -> Sweep:
    """What `mixtui sweep` does. Raises MixtuiError, whatever goes wrong."""
    try:
        beside = len(Tickets(store.root).ids())
        submission = prepare(points=plan.points, beside=beside, data_dir=default_data_dir(), **plan.recipe)
        tags = [plan.tag] if plan.tag is not None else ()
        return queue_sweep(store, submission, plan.handling, tags=tags, again=plan.again)
    except MixtuiError:
        raise
    except Exception as error:
        raise MixtuiError(f"The runs cannot be queued: {reason_of(error)}.", "Look at the runs folder.") from error
