"""The names of a run's scores, a contract with whoever reads its JSON: docs/architecture.md."""

from __future__ import annotations

# Written down, not derived: `calibration.analysis.Analysis.metrics` has these keys.
METRICS = (
    *("accuracy", "ece", "ece_low", "ece_high", "ece_floor", "ece_floor_low", "ece_floor_high", "mce", "oe", "ue"),
    *("nll", "brier", "confidence", "signed_gap", "classwise_ece", "equal_mass_ece", "debiased_ece", "smooth_ece"),
    *("auroc", "temperature", "temperature_low", "temperature_high"),
    *("ece_after_t", "ece_floor_high_after_t", "nll_after_t"),
)
