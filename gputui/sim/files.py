"""The files of a simulated machine, and the output of its commands."""

from __future__ import annotations

import time

from gputui.sim.gpus import BUSES, Gpu
from gputui.sim.kernel_log import UP_SECONDS
from gputui.sim.machine import Machine

KERNEL = "5.15.0-105-generic"
CORES, MEMORY_GB = 96, 2015
_SWITCHED = 8
"""GPUs from which a machine has NVSwitches and InfiniBand."""


def files_of(machine: Machine) -> dict[str, str]:
    """Return the files: absolute path → content."""
    return {
        "/etc/hostname": f"{machine.name}\n",
        "/etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {machine.name}\n",
        "/etc/os-release": 'PRETTY_NAME="Ubuntu 22.04.4 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\n',
        "/proc/loadavg": "42.17 41.80 40.96 44/3211 18231\n",
        "/proc/uptime": f"{UP_SECONDS}.17 {UP_SECONDS * 41}.08\n",
        **_devices(machine),
        "/proc/version": f"Linux version {KERNEL} (buildd@lcy02) (gcc 11.4.0) #115-Ubuntu SMP\n",
        f"{home_of(machine)}/train.sh": "#!/bin/sh\nexec torchrun --nproc_per_node=8 train.py --config run.yaml\n",
        f"{home_of(machine)}/run.yaml": "model: llama-70b\nbatch: 512\nprecision: bf16\ncheckpoint: /mnt/pfs/run\n",
        f"{home_of(machine)}/train.log": _training_log(),
    }


def _devices(machine: Machine) -> dict[str, str]:
    """Return what the kernel shows of the PCI bus and of InfiniBand: eight ports on machines with eight GPUs."""
    found: dict[str, str] = {}
    for index in range(machine.gpus):
        folder = f"/sys/bus/pci/devices/0000:{BUSES[index % len(BUSES)].lower()}:00.{index // len(BUSES)}"
        found |= {f"{folder}/vendor": "0x10de\n", f"{folder}/class": "0x030200\n"}
    if machine.gpus >= _SWITCHED:
        found |= {"/sys/bus/pci/devices/0000:c4:00.0/vendor": "0x10de\n"}
        found |= {"/sys/bus/pci/devices/0000:c4:00.0/class": "0x068000\n"}
        for index in range(machine.gpus):
            folder = f"/sys/class/infiniband/mlx5_{index}/ports/1"
            down = machine.ailment == "link" and index == 2
            found[f"{folder}/state"] = "1: DOWN\n" if down else "4: ACTIVE\n"
            found[f"{folder}/phys_state"] = "2: Polling\n" if down else "5: LinkUp\n"
            found[f"{folder}/rate"] = "10 Gb/sec (4X SDR)\n" if down else "400 Gb/sec (4X NDR)\n"
    return found


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


def mounts(*, inodes: bool) -> str:
    """Return the table of `df -lP`, or of `df -liP`."""
    if inodes:
        return (
            "Filesystem       Inodes   IUsed    IFree IUse% Mounted on\n"
            "/dev/nvme0n1p2 58499072 1203771 57295301    3% /\n"
            "tmpfs         264120000      12 264119988    1% /dev/shm\n"
        )
    return (
        "Filesystem     1024-blocks      Used  Available Capacity Mounted on\n"
        "/dev/nvme0n1p2   921366528 224395264  651126784      26% /\n"
        "tmpfs           1056480000     18404 1056461596       1% /dev/shm\n"
    )


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
