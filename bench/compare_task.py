"""What both sides of a comparison train."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import plain_script
from endless_training import EPOCHS
from plain_ways import PlainTask
from surroundings import say

from mixtui.datasets.catalog import default_data_dir
from mixtui.errors import MixtuiError
from mixtui.launch.submission import Submission, prepare
from mixtui.training.data import load

ALPHA = 0.4  # of the single run
PLAIN_DATA = ("folder:", "cifar10")  # what the plain script can read


@dataclass(frozen=True)
class Task:
    """The work on either side, all images decoded."""

    data: str  # as a person names it
    single: Submission  # mixtui's single run, endless
    plain: PlainTask
    n_train: int
    n_test: int
    mixtui_decoding_seconds: float
    plain_decoding_seconds: float


def make_task(arguments: argparse.Namespace, decoded: Path) -> Task:
    """The task of the command line; the plain script's images are kept in `decoded`.

    Raises MixtuiError as mixtui does, and SystemExit where the two sides would not train on the same images.
    """
    if not arguments.data.startswith(PLAIN_DATA):
        raise MixtuiError(f"The plain script cannot read {arguments.data}.", "Use --data folder:PATH, or cifar10.")
    single = prepare(
        arguments.data,
        default_data_dir(),
        arguments.device,
        arguments.precision,
        points=[(ALPHA, 0)],
        model=arguments.model,
        epochs=EPOCHS,
        batch_size=arguments.batch_size,
    )
    config = single.configs[0]
    say("decoding the images, for either side")
    start = time.perf_counter()
    images = load(config.dataset, single.location, single.data_dir, lambda phase, fraction: None)
    middle = time.perf_counter()
    folder = single.location or single.data_dir
    train, test = plain_script.load(folder, decoded)
    end = time.perf_counter()
    sizes = {(len(train), len(test)), (len(images.train.labels), len(images.test.labels))}
    if len(sizes) > 1:
        raise SystemExit(f"Unequal work: training and test images are {sizes}.")
    bf16 = config.precision == "bf16"
    plain = PlainTask(folder, decoded, config.model, config.batch_size, config.device, bf16)
    return Task(arguments.data, single, plain, len(train), len(test), middle - start, end - middle)
