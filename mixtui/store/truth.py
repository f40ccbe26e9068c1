"""Where the true class posterior is known, how good it is itself, and how far the model is from it."""

from __future__ import annotations

from typing import Any

from mixtui.store.run import Run


def truth_document(run: Run) -> dict[str, float | None] | None:
    """Accuracy (the Bayes accuracy), NLL and ECE of the true posterior on the test labels, and the mean total
    variation distance between it and the model's probabilities, None before there are predictions. The NLL is in mean
    nats, the others are fractions. None for a data set whose truth is not known.

    A run that was trained on other images than this version of mixtui makes has no truth to show either. Raises
    BrokenRunError when the predictions cannot be read, or are no logits with their labels.
    """
    from mixtui.calibration.scores import score_probs
    from mixtui.calibration.softmax import softmax
    from mixtui.datasets.synthetic import KEY, mean_total_variation, posterior_of_test
    from mixtui.store.run_predictions import read_predictions

    if run.history.data is None or run.history.data["key"] != KEY:
        return None
    truth, labels = posterior_of_test()
    scores: dict[str, Any] = score_probs(truth, labels, run.config.bins).scores.to_json()
    predictions = read_predictions(run.paths)
    distance = None if predictions is None else mean_total_variation(softmax(predictions.outputs), truth)
    return {
        "accuracy": scores["accuracy"],
        "nll": scores["nll"],
        "ece": scores["ece"],
        "mean_total_variation": distance,
    }
