"""Training: the only modules that import torch."""
