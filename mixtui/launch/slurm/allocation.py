"""What is special inside a Slurm allocation."""

from __future__ import annotations

import os


def slurm_note() -> str:
    """That nothing outlives the job; empty outside one."""
    job = os.environ.get("SLURM_JOB_ID")
    return f"This is inside Slurm job {job}: runs in the background end when the job does." if job else ""
