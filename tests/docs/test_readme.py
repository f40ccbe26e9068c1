"""Every `mixtui` line in the code blocks of README.md and docs/command-line.md is run as it stands there.

What a line leaves open (`RUN`, `FILE`, `PATH`) stands for made things. Trainings are real, though of one epoch on a
small folder of images, and a sweep is a dry run; but for that nothing of a line is changed. A line that `HOW` or
`STANDS_FOR` does not know fails: who writes a new command on a page says here how it is tried.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mixtui.cli.entry import main
from mixtui.launch.wake import lock_path
from mixtui.lock import is_locked
from mixtui.store.store import Store
from mixtui.store.tickets import Tickets
from tests.cli.conftest import CommandLine, environment, wait_until

CHECKOUT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/command-line.md")
IMAGES = "cifar10-like"  # a folder of images, named so that a filter `dataset:cifar10` finds it
STANDS_FOR = {
    "RUN": ["mixd"],
    "RUN...": ["base", "mixd"],
    "FILE": ["test.npz"],
    "folder:PATH": [f"folder:{IMAGES}"],
}


@dataclass(frozen=True)
class How:
    """How a command is tried."""

    added: tuple[str, ...] = ()
    """Options behind those of the line; of two that say different things the last one counts."""
    waiting: str | None = None
    """What is wanted of the run for which RUN stands, which has not begun: `run` or `stop`. None: RUN has finished."""
    in_process: bool = True
    """Whether it is called from here, which is quicker; not so what imports torch or takes signals."""
    codes: tuple[int, ...] = (0,)


SMALL = ("--dataset", f"folder:{IMAGES}", "--epochs", "1")
HOW = {
    "": How(codes=(2,)),  # the interface, which asks for a terminal
    "calibrate": How(),
    "compare": How(),
    "data": How(),
    "doctor": How(codes=(0, 1)),  # 1: this machine lacks something
    "evaluate": How(in_process=False),
    "export": How(),
    "list": How(),
    "logs": How(),
    "queue": How(),
    "remove": How(),
    "report": How(),
    "resume": How(waiting="stop", in_process=False),
    "retry": How(),
    "run": How(added=SMALL, in_process=False),
    "serve": How(in_process=False),
    "show": How(),
    "stop": How(waiting="run"),
    "sweep": How(added=(*SMALL, "--dry-run")),
    "tag": How(),
    "wait": How(),
}


def commands_in(page: str) -> Iterator[str]:
    """The lines of its code blocks that begin with `mixtui`, after a `$ ` or not, without their comments."""
    fenced = False
    for line in (CHECKOUT / page).read_text().splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif (fenced or line.startswith("    ")) and re.match(r"(\$ )?mixtui( |$)", line.strip()):
            yield re.sub(r"\s+#.*", "", line.strip().removeprefix("$ "))


COMMANDS = [*dict.fromkeys(command for page in PAGES for command in commands_in(page))]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to work in: images, predictions made elsewhere, and a run that finished, with a copy as that of α 0."""
    folder = tmp_path_factory.mktemp("trained")
    _make_images(folder / IMAGES)
    _make_predictions(folder)
    light = ("--model", "shufflenet_v2_x0_5")  # every test copies its weights
    done = CommandLine(folder, {})("run", "--alpha", "0.1", "--tag", "study-1", *light, *SMALL)
    assert done.returncode == 0, done.stderr
    (run,) = Store(folder / "runs").run_dirs()
    mixed = run.rename(run.with_name(f"{run.name[:-4]}mixd"))
    _edit(mixed / "config.json", created="2027-01-01T00:00:00+00:00")  # later than any day that a page names
    shutil.copytree(mixed, base := run.with_name(f"{run.name[:-4]}base"))
    _edit(base / "config.json", alpha=0.0)
    return folder


@pytest.fixture
def here(trained: Path, tmp_path: Path, shipped_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    """`mixtui` in a copy of the folder, where this process is now too; what it queues ends before the test does.

    The two runs also stand in for those that come with mixtui.
    """
    folder = tmp_path / "here"
    shutil.copytree(trained, folder)
    for run in Store(folder / "runs").run_dirs():
        shipped = shipped_folder / f"{run.name}-shipped"
        shutil.copytree(run, shipped, ignore=shutil.ignore_patterns("checkpoint.pt"))
        _edit(shipped / "meta.json", tags=["reference"])
    changes = {"MIXTUI_CONFIG": str(tmp_path / "config")}
    for name in [name for name in os.environ if name.startswith("MIXTUI_")]:
        monkeypatch.delenv(name)
    for name, value in environment(folder, **changes).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    yield CommandLine(folder, changes)
    runs = folder / "runs"
    wait_until(lambda: not Tickets(runs).ids() and not is_locked(lock_path(runs)), 60)


def _make_images(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        for name in ("cat", "dog"):
            (folder / part / name).mkdir(parents=True)
            for i in range(16):
                Image.fromarray(rng.integers(256, size=(32, 32, 3), dtype=np.uint8)).save(
                    folder / part / name / f"{i}.png"
                )


def _make_predictions(folder: Path) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=200)
    for name in ("test", "held-out", "erm", "mixup"):
        np.savez(folder / f"{name}.npz", logits=rng.normal(size=(200, 3)) + 2 * np.eye(3)[labels], labels=labels)
    rows = [f"{label},{label if i % 3 else 0},{0.5 + i / 400}" for i, label in enumerate(labels)]
    (folder / "test.csv").write_text("\n".join(["true_label,pred_label,confidence", *rows]))


def _edit(file: Path, **fields: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


def _add_waiting(runs: Path, want: str) -> None:
    """A run with α 0.7 that has not begun, of which `want` is wanted."""
    (base,) = runs.glob("*base")
    (waiting := base.with_name(f"{base.name[:-4]}wait")).mkdir()
    for name in ("config.json", "control.json", "meta.json"):
        shutil.copy(base / name, waiting)
    _edit(waiting / "config.json", alpha=0.7)
    _edit(waiting / "control.json", want=want)


def call(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> object:
    """The exit code of `mixtui`, called here."""
    monkeypatch.setattr(sys, "argv", ["mixtui", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def serve(mixtui: CommandLine, arguments: list[str]) -> int:
    """The exit code of `mixtui serve`, once it has said where it is and then was interrupted."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = mixtui.begin(*arguments, "--port", str(port))
    assert process.stdout is not None
    assert f"http://127.0.0.1:{port}/" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    return process.returncode


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_what_the_page_says(
    command: str, here: CommandLine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(command)[1:]
    name = words[0] if words else ""
    assert name in HOW, f"say in HOW how to try: {command}"
    how = HOW[name]
    stands_for = STANDS_FOR
    if how.waiting:
        _add_waiting(here.folder / "runs", how.waiting)
        stands_for = {**STANDS_FOR, "RUN": ["wait"], "RUN...": ["wait"]}
    arguments = [one for word in words for one in stands_for.get(word, [word])]
    left = [word for word in arguments if re.fullmatch(r"(.*:)?[A-Z]+(\.\.\.)?", word)]
    assert not left, f"say in STANDS_FOR what stands for: {left}"
    arguments += how.added
    if how.in_process:
        code = call(arguments, monkeypatch)
    elif name == "serve":
        code = serve(here, arguments)
    else:
        done = here(*arguments)
        code = done.returncode
        sys.stderr.write(done.stderr)
    assert code in how.codes, capfd.readouterr().err


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_hold_commands(page: str) -> None:
    assert len([*commands_in(page)]) > 10
