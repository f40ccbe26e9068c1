"""A real Slurm cluster of one node, for tests: it lives in one folder and ends, with all its jobs, when the test does.

It is Debian 12's Slurm (packages slurm-wlm and munge) without accounting: `sacct` fails on it, as on many clusters.
Several may run at once, each with a folder and ports of its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

NODE = "node1"
CPUS = 4
# Debian puts the daemons where only root looks for them.
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
_PROGRAMS = ("munged", "slurmctld", "slurmd", "slurmstepd", "sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo")

_SLURM_CONF = """\
ClusterName=test
SlurmUser=root
# An address keeps Slurm from looking up the host's name.
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={slurmctld_port}
SlurmdPort={slurmd_port}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool

# A requeued job waits until its credential has expired (120 s if not told).
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire={requeue_delay}

# No cgroups and no systemd; memory is not limited; the node has {cpus} CPUs whatever the machine has.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
MpiDefault=none

JobRequeue=1
MinJobAge=300
ReturnToService=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE

# No test waits long.
KillWait=5
SchedulerParameters=sched_interval=2,sched_min_interval=0,bf_interval=2,batch_sched_delay=0

NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus}
PartitionName=main Nodes={node} Default=YES MaxTime=UNLIMITED PriorityTier=2 PreemptMode=OFF
PartitionName=spot Nodes={node} MaxTime=UNLIMITED PriorityTier=1 PreemptMode=REQUEUE GraceTime=20
"""
# Told nothing, slurmd looks for cgroups, and fails where a container has none. Of version 1 it wants nothing.
_CGROUP_CONF = "CgroupPlugin=cgroup/v1\n"
_REQUEUE_DELAY_S = 10


def available() -> str:
    """Why no cluster can be started here, or "" when one can."""
    missing = [program for program in _PROGRAMS if shutil.which(program, path=_PATH) is None]
    if missing:
        return f"Slurm is not installed: no {', '.join(missing)} (Debian: apt-get install slurm-wlm munge)."
    return "" if os.geteuid() == 0 else "Only root can start a Slurm cluster."


class Cluster:
    """A running cluster: one node of `CPUS` CPUs. Jobs in its partition `main` pre-empt those in `spot`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder = folder.resolve()
        self._conf = folder / "slurm.conf"
        # A copy of slurmstepd, which hides its command line and its environment, so that this cluster's are known.
        self._stepd = folder / "slurmstepd"
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def env(self) -> dict[str, str]:
        """What Slurm's commands need in their environment to find this cluster."""
        return {"SLURM_CONF": str(self._conf)}

    def run(self, *command: str) -> str:
        """What `command` prints, run on this cluster. Raises CalledProcessError, with its complaint as a note."""
        try:
            return subprocess.run(
                command, env={**os.environ, **self.env}, check=True, capture_output=True, text=True, timeout=30
            ).stdout
        except subprocess.CalledProcessError as error:
            error.add_note(error.stderr)
            raise

    def wait_until(self, holds: Callable[[], bool], *, timeout: float = 60) -> None:
        """Returns once `holds()`. Raises TimeoutError, which tells of the queue and the node, after `timeout` s."""
        deadline = time.monotonic() + timeout
        while not holds():
            if time.monotonic() > deadline:
                seen = self.run("squeue", "-t", "all") + self.run("scontrol", "show", "node", NODE)
                raise TimeoutError(f"Nothing came of it in {timeout:g} s:\n{seen}")
            time.sleep(0.1)

    def wait_until_idle(self, *, timeout: float = 60) -> None:
        """Returns once the node is up and runs nothing, and nothing waits."""
        self.wait_until(lambda: self.node_state() == "idle" and not self.queue(), timeout=timeout)

    def queue(self, *states: str) -> list[str]:
        """The ids of the jobs that wait or run, or of those in one of Slurm's `states`."""
        chosen = [f"--states={','.join(states)}"] if states else []
        return self.run("squeue", "-h", "-r", "-o", "%i", *chosen).split()

    def node_state(self) -> str:
        """The node's state in sinfo's words: idle, mixed, allocated, down, ... ("" before slurmctld knows it)."""
        return self.run("sinfo", "-h", "-N", "-p", "main", "-o", "%T").strip()

    def start(self) -> None:
        """Starts the daemons and waits until the node is idle."""
        shutil.copy(_program("slurmstepd"), self._stepd)
        self._write_configuration()
        self._start_munged()
        self.mend()

    def stop(self) -> None:
        """Kills the daemons and everything that runs on the node."""
        for name in ("slurmctld", "slurmd", "munged"):
            self._kill(name)
        self._kill_processes_on_node()

    def stop_controller(self) -> None:
        """Ends slurmctld, which remembers its jobs. What runs on the node does so for itself."""
        slurmctld = self._daemons.pop("slurmctld")
        slurmctld.terminate()
        slurmctld.wait()

    def fail_node(self) -> None:
        """Kills everything on the node as a power cut would, and tells slurmctld that the node is down.

        Left to itself slurmctld would notice after `SlurmdTimeout`, in which a busy machine must not fail to answer.
        """
        self._kill("slurmd")
        self._kill_processes_on_node()
        self.run("scontrol", "update", f"NodeName={NODE}", "State=DOWN", "Reason=power cut")

    def mend(self) -> None:
        """Starts what of the controller and the node was stopped, and waits until the node is up."""
        if "slurmctld" not in self._daemons:
            self._start("slurmctld", "-D", "-f", str(self._conf))
        if "slurmd" not in self._daemons:
            self._start("slurmd", "-D", "-N", NODE, "-f", str(self._conf), "-d", str(self._stepd))
        self.wait_until(self._node_is_up)

    def _node_is_up(self) -> bool:
        for name, daemon in self._daemons.items():
            if daemon.poll() is not None:
                raise RuntimeError(f"{name} ended:\n{self._log(name).read_text()}")
        with contextlib.suppress(subprocess.CalledProcessError):  # slurmctld does not listen yet
            return self.node_state() in ("idle", "mixed", "allocated")
        return False

    def _write_configuration(self) -> None:
        slurmctld_port, slurmd_port = _free_ports(2)
        (self._folder / "state").mkdir()
        (self._folder / "spool").mkdir()
        (self._folder / "cgroup.conf").write_text(_CGROUP_CONF)
        self._conf.write_text(
            _SLURM_CONF.format(
                folder=self._folder,
                host=socket.gethostname().partition(".")[0],
                node=NODE,
                cpus=CPUS,
                slurmctld_port=slurmctld_port,
                slurmd_port=slurmd_port,
                requeue_delay=_REQUEUE_DELAY_S,
            )
        )

    def _start_munged(self) -> None:
        key = self._folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        options = [f"--{kind}-file={self._folder}/munge.{kind}" for kind in ("key", "pid", "seed", "log")]
        # By force: it wants a socket that everybody can reach, and here only root needs to.
        self._start("munged", "--foreground", "--force", f"--socket={self._folder}/munge.socket", *options)

    def _start(self, name: str, *arguments: str) -> None:
        with self._log(name).open("ab") as log:
            self._daemons[name] = subprocess.Popen(
                [_program(name), *arguments],
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _kill(self, name: str) -> None:
        if daemon := self._daemons.pop(name, None):
            daemon.kill()
            daemon.wait()

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _kill_processes_on_node(self) -> None:
        while processes := self._processes_on_node():  # one may have started another meanwhile
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(processes, timeout=1)

    def _processes_on_node(self) -> list[psutil.Process]:
        """What slurmd started: first the slurmstepds, which would tell slurmctld of their job's end, then the jobs'."""
        stepds, others = [], []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.exe() == str(self._stepd):
                    stepds.append(process)
                elif self._is_of_a_job(process.environ()):
                    others.append(process)
        return stepds + others

    def _is_of_a_job(self, environ: dict[str, str]) -> bool:
        return "SLURM_JOB_ID" in environ and environ.get("SLURM_CONF") == str(self._conf)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster with an idle node in `folder`, empty and with a path of at most 75 characters (sockets lie in it).

    Raises RuntimeError with its log when a daemon does not start. Nothing of the cluster runs afterwards.
    """
    made = Cluster(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def _program(name: str) -> str:
    program = shutil.which(name, path=_PATH)
    assert program is not None, available()
    return program


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [made.getsockname()[1] for made in sockets]
