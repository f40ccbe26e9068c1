"""Where the true class posterior is known, how good it is itself, and how far the model is from it."""

from __future__ import annotations

from typing import Any

from mixtui.store.run import Run


def truth_document(run: Run) -> dict[str, float | None] | None:
    """Accuracy (the Bayes accuracy), NLL and ECE of the true posterior on the test labels, and the mean total
    variation distance between it and the model's probabilities; None for a data set whose truth is not known.

    A run that was trained on other images than this version of mixtui makes has no truth to show either.
    """
    from mixtui.calibration.scores import score_probs, softmax
    from mixtui.datasets.synthetic import KEY, mean_total_variation, posterior_of_test

    if run.history.data is None or run.history.data["key"] != KEY:
        return None
    truth, labels = posterior_of_test()
    scores: dict[str, Any] = score_probs(truth, labels, run.config.bins).scores.to_json()
    logits = run.logits()
    return {
        "accuracy": scores["accuracy"],
        "nll": scores["nll"],
        "ece": scores["ece"],
        "mean_total_variation": None if logits is None else mean_total_variation(softmax(logits), truth),
    }
