"""The files of a simulated machine, and the output of its commands."""

from __future__ import annotations

import time

from gputui.sim.gpus import Gpu
from gputui.sim.machine import Machine

KERNEL = "5.15.0-105-generic"
CORES, MEMORY_GB = 96, 2015


def files_of(machine: Machine) -> dict[str, str]:
    """Return the files: absolute path → content."""
    return {
        "/etc/hostname": f"{machine.name}\n",
        "/etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {machine.name}\n",
        "/etc/os-release": 'PRETTY_NAME="Ubuntu 22.04.4 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\n',
        "/proc/loadavg": "42.17 41.80 40.96 44/3211 18231\n",
        "/proc/version": f"Linux version {KERNEL} (buildd@lcy02) (gcc 11.4.0) #115-Ubuntu SMP\n",
        f"{home_of(machine)}/train.sh": "#!/bin/sh\nexec torchrun --nproc_per_node=8 train.py --config run.yaml\n",
        f"{home_of(machine)}/run.yaml": "model: llama-70b\nbatch: 512\nprecision: bf16\ncheckpoint: /mnt/pfs/run\n",
        f"{home_of(machine)}/train.log": _training_log(),
    }


def _training_log() -> str:
    return "".join(f"step {step} loss {2.31 - step / 50000:.4f} 14.2k tok/s/gpu\n" for step in range(1000, 1040))


def home_of(machine: Machine) -> str:
    """Return the login user's home directory."""
    return "/root" if machine.user == "root" else f"/home/{machine.user}"


def processes(machine: Machine, gpus: list[Gpu]) -> list[tuple[int, str, float, str]]:
    """Return the processes: process id, owner, percent of a core, command line."""
    jobs = [
        (gpu.pid, machine.user, 99.0 + gpu.index / 10, "python3 train.py --config run.yaml") for gpu in gpus if gpu.pid
    ]
    return [
        (1, "root", 0.0, "/sbin/init"),
        (812, "root", 0.0, "sshd: /usr/sbin/sshd -D [listener]"),
        (1044, "root", 0.3, "/usr/bin/nvidia-persistenced --verbose"),
        (1187, "root", 1.2, "/usr/bin/dcgm-exporter -a :9400"),
        *jobs,
        (18230, machine.user, 0.0, "-bash"),
    ]


def uptime(now: float) -> str:
    """Return the line of `uptime`; the machines have been up for long."""
    clock = time.strftime("%H:%M:%S", time.gmtime(now))
    return f" {clock} up 41 days,  6:12,  1 user,  load average: 42.17, 41.80, 40.96\n"


def disks() -> str:
    """Return the table of `df -h`."""
    return (
        "Filesystem      Size  Used Avail Use% Mounted on\n"
        "tmpfs           202G  3.1M  202G   1% /run\n"
        "/dev/nvme0n1p2  879G  214G  621G  26% /\n"
        "/dev/nvme1n1     14T  9.8T  4.2T  71% /data\n"
        "10.252.128.2:/  200T  163T   37T  82% /mnt/pfs\n"
    )


def memory() -> str:
    """Return the table of `free -g`."""
    return (
        "               total        used        free      shared  buff/cache   available\n"
        f"Mem:            {MEMORY_GB}         611         402           3        1002        1391\n"
        "Swap:              0           0           0\n"
    )
