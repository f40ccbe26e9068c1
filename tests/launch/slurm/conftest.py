"""A cluster made of text: Slurm's commands are stand-ins, which print what a test says and log what they got."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mixtui.launch.slurm.launcher import SlurmLauncher
from mixtui.launch.slurm.settings import SlurmSettings
from mixtui.store.control import change_control
from mixtui.store.job import Job, read_job
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.status import Status

MakeRun = Callable[..., RunPaths]

COMMANDS = ("sbatch", "srun", "squeue", "sacct", "scontrol", "scancel", "sinfo")
# It logs its arguments, prints the file of its name, and fails with the text of NAME.error where there is one. sbatch
# counts jobs and keeps each batch file.
_COMMAND = """#!{python} -IS
import json, os, shutil, sys
from pathlib import Path
from typing import Any

name, folder = Path(sys.argv[0]).name, Path({folder!r})
with (folder / "calls").open("a") as log:
    log.write(json.dumps([name, *sys.argv[1:]]) + "\\n")
if (folder / f"{{name}}.error").exists():
    sys.exit((folder / f"{{name}}.error").read_text())
if name == "sbatch":
    while True:
        number = 100 + len(list(folder.glob("batch-*")))
        try:
            os.close(os.open(folder / f"batch-{{number}}", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            pass
    (folder / f"batch-{{number}}").write_text(Path(sys.argv[-1]).read_text())
    print("Submitted batch job", number)
elif (folder / name).exists():
    sys.stdout.write((folder / name).read_text())
"""


@dataclass(frozen=True)
class Cluster:
    """What Slurm's commands say, and what they were asked."""

    folder: Path

    def says(self, command: str, *lines: str) -> None:
        """Have a command print these lines from now on."""
        (self.folder / f"{command}.error").unlink(missing_ok=True)
        (self.folder / command).write_text("".join(f"{line}\n" for line in lines))

    def fails(self, command: str, error: str) -> None:
        (self.folder / f"{command}.error").write_text(error)

    def lacks(self, command: str) -> None:
        (self.folder / "bin" / command).unlink()

    def queue(self, **jobs: str) -> None:
        """What squeue knows: `j100="PENDING"`, `j100_1="RUNNING|None"`."""
        rows = ((job.removeprefix("j"), *told.partition("|")[::2]) for job, told in jobs.items())
        self.says("squeue", *(f"{job}|{state}|{reason or 'None'}" for job, state, reason in rows))

    def calls(self, command: str) -> list[list[str]]:
        """The arguments of each call of a command."""
        log = self.folder / "calls"
        lines: Iterable[str] = log.read_text().splitlines() if log.exists() else ()
        return [arguments for name, *arguments in map(json.loads, lines) if name == command]

    @property
    def batches(self) -> list[str]:
        """The batch files that were submitted, in their order."""
        return [path.read_text() for path in sorted(self.folder.glob("batch-*"))]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """Slurm's commands, and no others' first on the path. Nothing waits, and there is no accounting."""
    folder = tmp_path / "cluster"
    (folder / "bin").mkdir(parents=True)
    for name in COMMANDS:
        path = folder / "bin" / name
        path.write_text(_COMMAND.format(python=sys.executable, folder=str(folder)))
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}/bin{os.pathsep}/usr/bin")
    for name in [name for name in os.environ if name.startswith(("SLURM_", "SBATCH_", "SUBMITIT_"))]:
        monkeypatch.delenv(name)
    made = Cluster(folder)
    made.fails("sacct", "Slurm accounting storage is disabled")
    made.says("scontrol", "MaxArraySize            = 1001")
    return made


@pytest.fixture
def wanted(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunPaths]:
    """Makes a run that is wanted on Slurm and not handed over; keywords go into its `control.json`."""
    monkeypatch.setattr("mixtui.launch.queue.wake", lambda root: None)

    def make(
        settings: SlurmSettings | None = None,
        *,
        events: Iterable[dict[str, Any]] = (),
        claims: int = 0,
        **control: Any,
    ) -> RunPaths:
        paths = make_run(events, claims=claims)
        launcher = SlurmLauncher(settings or SlurmSettings())
        change_control(paths, **{**launcher.wants(Run.load(paths.root).config, 0), **control})
        return paths

    return make


def status_of(paths: RunPaths) -> Status:
    return Run.load(paths.root).status


def job_of(paths: RunPaths) -> Job:
    job = read_job(paths)
    assert job is not None
    return job
