"""Real trainings, commands and supervisors, killed, cut short and starved at random moments.

What must hold in the end: every run is finished with the right metrics, or has ended with a true reason; no process is
left; nothing is lost of a log that was once followed by more.
"""

from __future__ import annotations

import json
import os
import pty
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from mixtui.launch.queue import ask_process_to_end
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run

# A small network that takes its time over a step, so that most deaths come while it trains.
SLOW_NETWORK = """
import time
from torch import nn

class Slowly(nn.Module):
    def forward(self, x):
        if self.training:
            time.sleep(0.012)
        return x

def network(num_classes, channels):
    return nn.Sequential(
        Slowly(), nn.Conv2d(channels, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout2d(0.1),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, num_classes),
    )
"""
ALPHAS = "0,0.1,0.4,0.7"
RECIPE = ("--dataset", "folder:images", "--model", "slow:network", "--epochs", "4", "--batch-size", "4")
MIXTUI = (sys.executable, "-P", "-m", "mixtui")


@dataclass
class Workplace:
    """A folder with images, a network, and runs."""

    folder: Path
    environment: dict[str, str]

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def start(self, *arguments: str, **how: Any) -> subprocess.Popen[str]:
        return subprocess.Popen([*MIXTUI, *arguments], cwd=self.folder, env=self.environment, text=True, **how)

    def call(self, *arguments: str) -> str:
        """What a command prints; it must go well."""
        process = self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=100)
        assert process.returncode == 0, (arguments, process.returncode, out, err)
        return out

    def listed(self) -> dict[str, dict[str, Any]]:
        return {run["id"]: run for run in json.loads(self.call("list", "--json"))}

    def processes(self, module: str = "") -> list[psutil.Process]:
        """What lives on behalf of these runs: workers, keepers, supervisors."""
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            line = " ".join(process.info["cmdline"] or [])
            if str(self.runs) in line and module in line and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found


def make_workplace(folder: Path) -> Workplace:
    pixels = np.random.default_rng(0)
    for part, n in (("train", 30), ("test", 10)):
        for number, name in enumerate(("ant", "bee", "cat", "dog")):
            (folder / "images" / part / name).mkdir(parents=True)
            for i in range(n):
                image = pixels.integers(0, 140, (8, 8, 3)) + 28 * number
                Image.fromarray(image.astype(np.uint8)).save(folder / "images" / part / name / f"{i}.png")
    (folder / "slow.py").write_text(SLOW_NETWORK)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MIXTUI_", "SLURM_"))}
    own = {"MIXTUI_LOCAL": str(folder / "local"), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "LANG": "C.UTF-8"}
    return Workplace(folder, {**kept, **own})


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[float, dict[str, Any]]:
    """The metrics of each alpha when nothing happens."""
    workplace = make_workplace(tmp_path_factory.mktemp("quiet"))
    workplace.call("sweep", "--alphas", ALPHAS, *RECIPE, "--wait")
    runs = workplace.listed().values()
    assert [run["state"] for run in runs] == ["finished"] * 4
    return {run["config"]["alpha"]: run["metrics"] for run in runs}


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    workplace = make_workplace(tmp_path)
    yield workplace
    for process in workplace.processes():
        process.kill()


def wait_until_settled(workplace: Workplace, seconds: float) -> dict[str, dict[str, Any]]:
    """The runs once none is queued or live and nothing is left that looks after them."""
    deadline = time.monotonic() + seconds
    while True:
        runs = workplace.listed()  # any command sets a queue going again whose supervisor has died
        states = Counter(run["state"] for run in runs.values())
        if not states.keys() & {"queued", "starting", "running", "stopping"} and not workplace.processes():
            return runs
        assert time.monotonic() < deadline, (states, [process.cmdline() for process in workplace.processes()])
        time.sleep(0.5)


@dataclass
class Followed:
    """What was seen of the logs while they grew: whole lines that were followed by more."""

    runs: Path
    seen: dict[Path, bytes] = field(default_factory=dict)

    def look(self) -> None:
        for path in self.runs.glob("*/*.jsonl"):
            data = path.read_bytes()
            whole = data[: data.rfind(b"\n") + 1]
            if len(whole) > len(self.seen.get(path, b"")):
                self.seen[path] = whole

    def check(self) -> None:
        for path, data in self.seen.items():
            assert path.read_bytes().startswith(data), f"{path} has lost something"


class Killer:
    """Kills processes of the workplace, each kind a limited number of times."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._left = {"mixtui.worker": 14, "mixtui.launch.supervisor": 12, "mixtui.launch.keeper": 5, "wait": 6}
        self._chance = random.Random(20261123)
        self.killed: defaultdict[str, set[str]] = defaultdict(set)  # the kinds killed of each run

    def strike(self, watchers: list[subprocess.Popen[str]]) -> bool:
        """Kill one process, if one of a kind is left to be killed; False when none is."""
        kinds = [kind for kind, left in self._left.items() if left]
        if not kinds:
            return False
        kind = self._chance.choice(kinds)
        if kind == "wait":
            self._left[kind] -= 1
            watcher = self._chance.choice(watchers)
            watcher.kill()
            watcher.wait()
            return True
        victims = self._workplace.processes(kind)
        if victims:
            victim = self._chance.choice(victims)
            try:
                arguments = victim.cmdline()
                victim.kill()
            except psutil.NoSuchProcess:
                return True
            self._left[kind] -= 1
            for argument in arguments:
                self.killed[Path(argument).name].add(kind)
        return True


@pytest.mark.timeout(420)
def test_dozens_of_runs_survive_what_happens_to_them(
    workplace: Workplace, reference: dict[float, dict[str, Any]]
) -> None:
    sweep = ("sweep", "--alphas", ALPHAS, *RECIPE, "--again")
    shells = [workplace.start(*sweep, "--retries", "50", stdout=subprocess.DEVNULL) for _ in range(2)]
    for shell in shells:  # two at once
        assert shell.wait(timeout=60) == 0
    queue_from_a_terminal_that_closes(workplace, (*sweep, "--retries", "50", "--tag", "closed"))
    for _ in range(2):
        workplace.call(*sweep, "--retries", "50")
    workplace.call(*sweep, "--tag", "fragile")
    assert len(workplace.listed()) == 24

    followed, killer = Followed(workplace.runs), Killer(workplace)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    watchers = [workplace.start("wait", "--filter", "alpha>=0", **quiet) for _ in range(2)]
    next_strike = time.monotonic() + 3
    strikes_left = True
    while any(workplace.runs.glob(".queue-*/*")):
        followed.look()
        if strikes_left and time.monotonic() > next_strike:
            next_strike = time.monotonic() + killer._chance.uniform(0.3, 2.0)
            strikes_left = killer.strike(watchers)
            for i, watcher in enumerate(watchers):
                if watcher.poll() is not None:
                    watchers[i] = workplace.start("wait", "--filter", "alpha>=0", **quiet)
        if not workplace.processes("mixtui.launch.supervisor"):
            workplace.call("queue")
        time.sleep(0.1)
    runs = wait_until_settled(workplace, 60)
    followed.look()
    followed.check()

    assert killer.killed
    for run in runs.values():
        if run["state"] == "finished":
            assert run["metrics"] == reference[run["config"]["alpha"]], run
        else:
            assert run["tags"] == ["fragile"], run
            assert run["state"] == "crashed"
            if "did not begin" in run["sentence"]:  # the supervisor or its keeper was killed before there was a worker
                continue
            died = "SIGKILL" in run["sentence"] or "nobody was there" in run["sentence"]
            assert died and "mixtui.worker" in killer.killed[run["id"]], run
    crashed = [run_id for run_id, run in runs.items() if run["state"] == "crashed"]
    if crashed:
        workplace.call("resume", *crashed, "--detach")
        runs = wait_until_settled(workplace, 90)
    assert [run["metrics"] for run in runs.values()] == [reference[run["config"]["alpha"]] for run in runs.values()]
    for watcher in watchers:
        assert watcher.wait(timeout=30) in (0, 1)


def queue_from_a_terminal_that_closes(workplace: Workplace, arguments: tuple[str, ...]) -> None:
    """Type a sweep into a shell, and close its terminal window as soon as the shell's prompt is back."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(workplace.folder)
        os.execve(
            "/bin/sh", ["sh", "-c", '"$@"; echo READY; sleep 100', "sh", *MIXTUI, *arguments], workplace.environment
        )
    heard = b""
    while b"READY" not in heard:
        heard += os.read(terminal, 1000)
    os.close(terminal)  # SIGHUP to all that the terminal controls
    os.waitpid(pid, 0)


@pytest.mark.timeout(240)
def test_a_log_cut_in_the_middle_of_a_line_and_a_pid_used_by_another(
    workplace: Workplace, reference: dict[float, dict[str, Any]]
) -> None:
    workplace.call("sweep", "--alphas", "0.1,0.4", *RECIPE)
    cut, reused = sorted(workplace.listed())
    wait_for_epoch(workplace, [cut, reused], 1)
    (worker,) = [p for p in workplace.processes("mixtui.worker") if reused in " ".join(p.cmdline())]
    (keeper,) = [p for p in workplace.processes("mixtui.launch.keeper") if reused in " ".join(p.cmdline())]
    ask_process_to_end(RunPaths(workplace.runs / cut), "stop")  # the runs are short, a command starts slowly
    keeper.kill()
    worker.kill()
    wait_until_ended(workplace, cut)
    events = workplace.runs / cut / "events.jsonl"
    with events.open("r+b") as file:
        file.truncate(events.stat().st_size - 20)  # in its end event: as if the machine had gone down with it
    assert workplace.listed()[cut]["state"] in ("stopped", "crashed")

    stranger = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    record = json.loads((workplace.runs / reused / "process.json").read_text())
    (workplace.runs / reused / "process.json").write_text(json.dumps({**record, "pid": stranger.pid}))
    run = workplace.listed()[reused]
    assert (run["state"], run["reason"]) == ("crashed", "unknown")
    refusal = workplace.start("stop", reused, stderr=subprocess.PIPE)
    assert refusal.wait(timeout=30) == 2
    workplace.call("resume", cut, reused)
    runs = wait_until_settled(workplace, 100)
    assert {run["config"]["alpha"]: run["metrics"] for run in runs.values()} == {
        alpha: reference[alpha] for alpha in (0.1, 0.4)
    }
    stranger.communicate(timeout=10)
    assert stranger.returncode == 0


def wait_for_epoch(workplace: Workplace, ids: list[str], epoch: int) -> None:
    deadline = time.monotonic() + 90
    while any(Run.load(workplace.runs / run_id).epoch < epoch for run_id in ids):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_until_ended(workplace: Workplace, run_id: str) -> None:
    deadline = time.monotonic() + 30
    while Run.load(workplace.runs / run_id).status.state.is_live:
        assert time.monotonic() < deadline
        time.sleep(0.02)


# In a mount namespace of its own: a runs folder on a file system that is soon full.
ON_A_SMALL_DISK = """
set -eu
mount -t tmpfs -o size=600k tmpfs runs
mixtui() { python -P -m mixtui "$@"; }
mixtui run --alpha 0.4 {recipe} --epochs 40 --detach >/dev/null
until mixtui pin --filter 'epoch>=1' >/dev/null 2>&1; do sleep 0.2; done
cat /dev/zero > runs/filler 2>/dev/null || true
mixtui wait latest >/dev/null && exit 9
mixtui show latest --json > full.json
python - <<'END'
import json
from pathlib import Path
(log,) = Path("runs").glob("*/events.jsonl")
lines = log.read_text().splitlines()
assert json.loads(lines[-1])["type"] == "end", lines[-1]
assert all(json.loads(line) for line in lines if line)
END
rm runs/filler
mixtui resume latest --detach >/dev/null
mixtui wait latest > /dev/null
mixtui show latest --json > done.json
"""


@pytest.mark.timeout(240)
def test_a_full_disk_stops_a_run_with_that_reason_and_it_goes_on_when_there_is_room(workplace: Workplace) -> None:
    workplace.runs.mkdir()
    recipe = " ".join(RECIPE[:4] + RECIPE[6:])
    script = ON_A_SMALL_DISK.replace("{recipe}", recipe)
    # Without root, namespaces of one's own may be forbidden; a small disk cannot be had then.
    unshare = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*unshare, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [*unshare, "sh", "-c", script],
        cwd=workplace.folder,
        env={**workplace.environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    full, finished = (json.loads((workplace.folder / name).read_text()) for name in ("full.json", "done.json"))
    assert (full["state"], full["reason"]) == ("stopped", "disk-full"), full["sentence"]
    assert 1 <= full["epoch"] < 40
    assert (finished["state"], finished["epoch"]) == ("finished", 40)
