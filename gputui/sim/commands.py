"""The commands of a simulated machine: from text to text and an exit code."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from gputui.sim.console import CLEAR, Console
from gputui.sim.files import CORES, KERNEL, disks, files_of, home_of, memory, mounts, processes, uptime
from gputui.sim.gpus import gpus_of
from gputui.sim.kernel_log import dmesg, journal
from gputui.sim.machine import Machine
from gputui.sim.nvidia import nvidia_smi


@dataclass(frozen=True, slots=True)
class Reply:
    """The output of a command, its stream, and the exit code."""

    out: str = ""
    code: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The environment of a command: the machine, the time, the window and stdin."""

    machine: Machine
    now: float
    console: Console
    piped: str | None = None


Command = Callable[[Asked, Sequence[str]], Reply]


def command(name: str) -> Command | None:
    """Return the command of that name, or None."""
    return {
        "cat": _cat,
        "cd": lambda _asked, _words: Reply(),
        "clear": lambda _asked, _words: Reply(CLEAR),
        "date": lambda asked, _words: Reply(time.strftime("%a %b %e %H:%M:%S UTC %Y\n", time.gmtime(asked.now))),
        "df": _df,
        "dmesg": _dmesg,
        "echo": _echo,
        "export": lambda _asked, _words: Reply(),
        "false": lambda _asked, _words: Reply(code=1),
        "free": lambda _asked, _words: Reply(memory()),
        "grep": _grep,
        "head": lambda asked, words: _part(asked, words, first=True),
        "hostname": lambda asked, _words: Reply(f"{asked.machine.name}\n"),
        "journalctl": _journalctl,
        "systemctl": _systemctl,
        "id": lambda asked, _words: Reply(f"uid=0({asked.machine.user}) gid=0({asked.machine.user})\n"),
        "ls": _ls,
        "nproc": lambda _asked, _words: Reply(f"{CORES}\n"),
        "nvidia-smi": _nvidia_smi,
        "printf": _printf,
        "ps": _ps,
        "pwd": lambda asked, _words: Reply(f"{home_of(asked.machine)}\n"),
        "seq": _seq,
        "stty": _stty,
        "tail": lambda asked, words: _part(asked, words, first=False),
        "timeout": _timeout,
        "true": lambda _asked, _words: Reply(),
        "tty": lambda asked, _words: Reply("/dev/pts/0\n") if asked.console.tty else Reply("not a tty\n", 1),
        "uname": _uname,
        "uptime": lambda asked, _words: Reply(uptime(asked.now)),
        "wc": _wc,
        "whoami": lambda asked, _words: Reply(f"{asked.machine.user}\n"),
    }.get(name)


def _echo(_asked: Asked, words: Sequence[str]) -> Reply:
    if words[:1] == ["-n"]:
        return Reply(" ".join(words[1:]))
    return Reply(" ".join(words) + "\n")


def _printf(_asked: Asked, words: Sequence[str]) -> Reply:
    form, *values = words or ("",)
    for value in values:
        form = form.replace("%s", value, 1)
    return Reply(form.replace("\\n", "\n"))


def _path(asked: Asked, word: str) -> str:
    return word if word.startswith("/") else f"{home_of(asked.machine)}/{word.removeprefix('~/').removeprefix('./')}"


def _read(asked: Asked, name: str, words: Sequence[str]) -> Reply:
    """Return the content of the given files, or of stdin."""
    if not words:
        return Reply(asked.piped or "")
    files = files_of(asked.machine)
    found = [files.get(_path(asked, word)) for word in words]
    missing = [word for word, text in zip(words, found, strict=True) if text is None]
    error = "".join(f"{name}: {word}: No such file or directory\n" for word in missing)
    return Reply("".join(text for text in found if text is not None), 1 if missing else 0, error)


def _cat(asked: Asked, words: Sequence[str]) -> Reply:
    return _read(asked, "cat", words)


def _grep(asked: Asked, words: Sequence[str]) -> Reply:
    flags = "".join(word for word in words if word.startswith("-"))
    rest = [word for word in words if not word.startswith("-")]
    if not rest:
        return Reply(code=2, error="Usage: grep [OPTION]... PATTERNS [FILE]...\n")
    try:
        pattern = re.compile(rest[0], re.IGNORECASE if "i" in flags else 0)
    except re.error:
        return Reply(code=2, error="grep: Invalid regular expression\n")
    files = files_of(asked.machine)
    names = [name for word in rest[1:] for name in _matching(files, word)]
    read = Reply() if names else _read(asked, "grep", rest[1:])
    told = [(name, line) for name in names for line in files[name].splitlines()]
    told += [("", line) for line in read.out.splitlines()]
    shown = "H" in flags or len(names) > 1
    lines = [
        f"{name}:{line}" if name and shown else line
        for name, line in told
        if (pattern.search(line) is None) == ("v" in flags)
    ]
    out = f"{len(lines)}\n" if "c" in flags else "".join(f"{line}\n" for line in lines)
    error = "" if "s" in flags else read.error
    return Reply(out, 2 if read.error else (0 if lines else 1), error)


def _matching(files: dict[str, str], word: str) -> list[str]:
    """Return the files of a path with `*`, as the shell expands it."""
    return sorted(name for name in files if "*" in word and fnmatch(name, word))


def _df(_asked: Asked, words: Sequence[str]) -> Reply:
    flags = "".join(word for word in words if word.startswith("-"))
    return Reply(mounts(inodes="i" in flags) if "P" in flags else disks())


def _journalctl(asked: Asked, words: Sequence[str]) -> Reply:
    """Print the kernel's part of the journal; `-n` bounds it, `--since @EPOCH` leaves out what is older."""
    options = list(words)
    lines = journal(asked.machine, gpus_of(asked.machine, asked.now), asked.now).splitlines(keepends=True)
    if "--since" in options:
        since = float(options[options.index("--since") + 1].removeprefix("@"))
        lines = [line for line in lines if float(line.split(" ")[0]) >= since]
    if "-n" in options:
        lines = lines[-int(options[options.index("-n") + 1]) :]
    return Reply("".join(lines) or "-- No entries --\n")


def _dmesg(asked: Asked, _words: Sequence[str]) -> Reply:
    return Reply(dmesg(asked.machine, gpus_of(asked.machine, asked.now), asked.now))


def _systemctl(asked: Asked, words: Sequence[str]) -> Reply:
    if list(words[:1]) != ["is-active"]:
        return Reply(code=1, error="Failed to connect to bus\n")
    active = words[-1:] == ["nvidia-fabricmanager"] and asked.machine.gpus > 0
    return Reply("active\n") if active else Reply("inactive\n", 3)


def _part(asked: Asked, words: Sequence[str], *, first: bool) -> Reply:
    numbers = [word.lstrip("-n") for word in words if word.lstrip("-n").isdigit()]
    count = int(numbers[0]) if numbers else 10
    names = [word for word in words if not word.startswith("-") and word not in numbers]
    read = _read(asked, "head" if first else "tail", names)
    lines = read.out.splitlines(keepends=True)
    return Reply("".join(lines[:count] if first else lines[max(0, len(lines) - count) :]), read.code, read.error)


def _wc(asked: Asked, words: Sequence[str]) -> Reply:
    names = [word for word in words if not word.startswith("-")]
    read = _read(asked, "wc", names)
    lines, parts, size = read.out.count("\n"), len(read.out.split()), len(read.out.encode())
    counts = f"{lines}" if "-l" in words else f"{lines:>7} {parts:>7} {size:>7}"
    return Reply(" ".join([counts, *names]) + "\n", read.code, read.error)


def _ls(asked: Asked, words: Sequence[str]) -> Reply:
    names = [word for word in words if not word.startswith("-")]
    folder = _path(asked, names[0]).rstrip("/") if names and names[0] not in (".", "~") else home_of(asked.machine)
    files = files_of(asked.machine)
    if folder in files:
        return Reply(f"{names[0]}\n")
    inside = sorted({path[len(folder) + 1 :].split("/")[0] for path in files if fnmatch(path, f"{folder}/*")})
    if not inside:
        return Reply(code=2, error=f"ls: cannot access '{names[0]}': No such file or directory\n")
    if any(word.startswith("-") and "l" in word for word in words):
        owner = asked.machine.user
        sizes = {name: len(files.get(f"{folder}/{name}", "")) for name in inside}
        rows = (f"-rw-r--r-- 1 {owner} {owner} {size:>6} Sep  3 01:38 {name}\n" for name, size in sizes.items())
        return Reply(f"total {4 * len(inside)}\n" + "".join(rows))
    return Reply("  ".join(inside) + "\n" if asked.console.tty else "".join(f"{name}\n" for name in inside))


def _nvidia_smi(asked: Asked, words: Sequence[str]) -> Reply:
    if not asked.machine.gpus:
        return Reply(code=127, error="bash: nvidia-smi: command not found\n")
    out, code = nvidia_smi(gpus_of(asked.machine, asked.now), words, asked.now)
    return Reply(out, code)


def _ps(asked: Asked, words: Sequence[str]) -> Reply:
    gpus = gpus_of(asked.machine, asked.now)
    rows = processes(asked.machine, gpus)
    if "-eo" in words:
        return Reply(_columns(words[words.index("-eo") + 1], rows, hung=any(gpu.ill == "hung" for gpu in gpus)))
    if any("a" in word or "e" in word or "A" in word for word in words):
        lines = [f"{owner:<8} {pid:>7} {share:>5.1f}  0.4 ?        {line}" for pid, owner, share, line in rows]
        return Reply("\n".join(["USER         PID  %CPU %MEM TTY      COMMAND", *lines, ""]))
    return Reply("    PID TTY          TIME CMD\n  18230 pts/0    00:00:00 bash\n  18231 pts/0    00:00:00 ps\n")


def _columns(form: str, rows: Sequence[tuple[int, str, float, str]], *, hung: bool) -> str:
    """Return the columns that `-eo` names, without titles; a hung nvidia-smi is in uninterruptible sleep."""
    told = [
        (pid, "R" if share > 1 else "S", 3_500_000, line.split(" ")[0].rpartition("/")[2])
        for pid, _, share, line in rows
    ]
    told += [(20417, "D", 811, "nvidia-smi")] if hung else []
    fields = [field.rstrip("=") for field in form.split(",")]
    lines = (
        {"pid": f"{pid:>7}", "stat": f"{state:<4}", "etimes": f"{seconds:>7}", "comm": name}
        for pid, state, seconds, name in told
    )
    return "".join(" ".join(line.get(field, "-") for field in fields) + "\n" for line in lines)


def _seq(_asked: Asked, words: Sequence[str]) -> Reply:
    if not words or not all(word.isdigit() for word in words):
        return Reply(code=1, error="seq: missing operand\n")
    first, last = (int(words[0]), int(words[-1])) if len(words) > 1 else (1, int(words[0]))
    return Reply("".join(f"{number}\n" for number in range(first, min(last, first + 1_000_000) + 1)))


def _stty(asked: Asked, words: Sequence[str]) -> Reply:
    if not asked.console.tty:
        return Reply(code=1, error="stty: 'standard input': Inappropriate ioctl for device\n")
    return Reply(f"{asked.console.rows} {asked.console.columns}\n" if "size" in words else "")


def _timeout(asked: Asked, words: Sequence[str]) -> Reply:
    """Run the remaining words at once: no command takes any time."""
    at = next((at for at, word in enumerate(words) if command(word) is not None), len(words))
    found = command(words[at]) if at < len(words) else None
    return found(asked, words[at + 1 :]) if found else Reply(code=127, error="timeout: failed to run command\n")


def _uname(asked: Asked, words: Sequence[str]) -> Reply:
    if "-a" in words:
        return Reply(
            f"Linux {asked.machine.name} {KERNEL} #115-Ubuntu SMP Mon Apr 15 09:52:04 UTC 2024 x86_64 GNU/Linux\n"
        )
    return Reply({"-r": KERNEL, "-n": asked.machine.name, "-m": "x86_64"}.get("".join(words), "Linux") + "\n")
