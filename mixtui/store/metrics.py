"""The names of a run's scores, a contract with whoever reads its JSON (docs/architecture.md), and
what they are called."""

from __future__ import annotations

# Written down, not derived: `calibration.analysis.Analysis.metrics` has these keys.
METRICS = (
    *("accuracy", "ece", "ece_low", "ece_high", "ece_floor", "ece_floor_low", "ece_floor_high", "mce", "oe", "ue"),
    *("nll", "brier", "confidence", "signed_gap", "classwise_ece", "equal_mass_ece", "debiased_ece", "smooth_ece"),
    *("auroc", "temperature", "temperature_low", "temperature_high"),
    *("ece_after_t", "ece_floor_high_after_t", "nll_after_t"),
)

# Of these, those that other bins change.
OF_BINS = (
    *("ece", "ece_low", "ece_high", "ece_floor", "ece_floor_low", "ece_floor_high", "mce", "oe", "ue"),
    *("debiased_ece", "classwise_ece", "equal_mass_ece", "ece_after_t", "ece_floor_high_after_t"),
)

# What they are called in tables of scores, in whose order; intervals and temperatures stand beside or below them. AURC
# is computed from predictions alone.
LABELS = {
    "accuracy": "accuracy",
    "confidence": "confidence",
    "signed_gap": "says − right",
    "ece": "ECE",
    "ece_floor": "noise floor",
    "equal_mass_ece": "ECE, equal mass",
    "debiased_ece": "ECE, debiased L2",
    "smooth_ece": "smECE",
    "classwise_ece": "ECE, classwise",
    "mce": "MCE",
    "oe": "OE",
    "ue": "UE",
    "nll": "NLL",
    "brier": "Brier",
    "auroc": "AUROC",
    "aurc": "AURC",
}
