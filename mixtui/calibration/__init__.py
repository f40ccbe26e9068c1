"""Calibration of predicted probabilities: bins, scores, and reading predictions. NumPy only."""
