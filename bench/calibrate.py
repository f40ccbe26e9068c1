"""Time and memory of `mixtui calibrate` on large files.

    python bench/calibrate.py [--folder FOLDER]

Makes the files in FOLDER (a temporary one), runs the command on each in a process of its own, and prints the seconds
that it took (wall clock and processor) and the most memory that it held, with the limits beside them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Case:
    """A file of predictions, and what the command may take for it."""

    name: str
    write: Callable[[Path], None]
    seconds: float
    gigabytes: float


def logits_file(n: int, classes: int) -> Callable[[Path], None]:
    """Writes float32 logits of an overconfident network, (n, classes), and labels, (n,)."""

    def write(path: Path) -> None:
        rng = np.random.default_rng(0)
        logits = 3 * rng.standard_normal((n, classes), dtype=np.float32)
        labels = np.empty(n, dtype=np.int64)
        for start in range(0, n, 10_000):
            part = slice(start, start + 10_000)
            labels[part] = (0.7 * logits[part] + rng.gumbel(size=logits[part].shape)).argmax(axis=1)
        np.savez(path, logits=logits, labels=labels)

    return write


def top_label_file(n: int) -> Callable[[Path], None]:
    """Writes n lines of true_label,pred_label,confidence."""

    def write(path: Path) -> None:
        rng = np.random.default_rng(0)
        confidence = rng.uniform(0.1, 1, n)
        labels = rng.integers(10, size=n)
        predicted = np.where(rng.random(n) < confidence, labels, (labels + 1) % 10)
        with path.open("w") as file:
            file.write("true_label,pred_label,confidence\n")
            file.writelines(
                f"class {label},class {top},{sure:.6f}\n"
                for label, top, sure in zip(labels.tolist(), predicted.tolist(), confidence.tolist(), strict=True)
            )

    return write


CASES = (
    Case("1,000,000 x 10 .npz", logits_file(1_000_000, 10), 5, 1),
    Case("50,000 x 1,000 .npz", logits_file(50_000, 1_000), 30, 2),
    Case("1,000,000 lines .csv", top_label_file(1_000_000), 5, 1),
)


def measure(files: list[Path]) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak gigabytes of `mixtui calibrate FILES`."""
    command = [sys.executable, "-m", "mixtui", "calibrate", *map(str, files)]
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execv(sys.executable, command)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the files are made, and left")
    given = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = given or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{'file':28}{'wall':>9}{'CPU':>9}{'peak':>10}   limit")
        for case in CASES:
            path = folder / (case.name.replace(" ", "").replace(",", ""))
            if not path.exists():
                case.write(path)
            for files, name in (([path], case.name), ([path, path], f"{case.name} twice")):
                wall, processor, peak = measure(files)
                limit = f"{case.seconds:g} s, {case.gigabytes:g} GB" if len(files) == 1 else ""
                print(f"{name:28}{wall:7.2f} s{processor:7.2f} s{peak:7.2f} GB   {limit}", flush=True)


if __name__ == "__main__":
    main()
