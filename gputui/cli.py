"""The command line: runs the command that it names, and imports only what that needs."""

from __future__ import annotations

import errno
import gc
import os
import sys

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from gputui.commands.context import CliContext
    from gputui.commands.opening import Opening
    from gputui.commands.options import ConsoleOptions, GlobalOptions

INTERRUPTED = 130
READER_GONE = 141
_BRIEF = ("get", "config", "audit")
"""Commands that read once and end: they do without the collector, which would take a tenth of their time."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main(argv: Sequence[str] | None = None, opening: Opening | None = None) -> int:
    """Run the command in `argv`, by default that of the process. Returns 0, 1 if faults were found, 2 for errors."""
    try:
        return _run(sys.argv[1:] if argv is None else argv, opening)
    except SystemExit as leaving:  # argparse has printed its message
        return leaving.code if isinstance(leaving.code, int) else 2
    except KeyboardInterrupt:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second ctrl+c would only print a traceback
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output (`| head`) is gone: end quietly, like any filter
        _forget_output()
        return READER_GONE
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        sys.stderr.write(f"gputui: the output cannot be written: {error.strerror}\n")
        _forget_output()
        return 2


def _forget_output() -> None:
    """Discard further output to stdout, so that no later flush fails."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(argv: Sequence[str], opening: Opening | None) -> int:
    _open_streams()
    if list(argv) in (["version"], ["--version"]):  # scripts ask for it: without the parser, in half the time
        return _version()
    from gputui.commands.command_line import parsed

    space, command = parsed(argv)
    _printable_output()
    code = _dispatch(space, command, opening)
    sys.stdout.flush()
    return code


def _version() -> int:
    from gputui import __version__

    sys.stdout.write(f"gputui {__version__}\n")
    return 0


def _dispatch(space: dict[str, Any], command: list[str] | None, opening: Opening | None) -> int:
    if space["command"] == "version" or space["version"]:
        return _version()
    from gputui.commands.lean_dataclasses import compile_when_called

    compile_when_called()
    from gputui.commands.context import CliContext

    ctx = CliContext.of_process(opening)
    if space["command"] in (None, "demo"):
        from gputui.commands.start import run_start
        from gputui.commands.world import world_options

        world = world_options(space) if space["command"] == "demo" else None
        return run_start(_console_options(space), ctx, demo=world)
    return _plain(space, command, _global_options(space), ctx)


def _plain(space: dict[str, Any], command: list[str] | None, options: GlobalOptions, ctx: CliContext) -> int:
    """Run a command that needs no console."""
    if space["command"] not in _BRIEF and not gc.isenabled():
        from gputui.core.collector import collect_from_now_on

        collect_from_now_on()
    from gputui.commands.log import start_log

    try:
        start_log(options.log_file, options.log_level, named=True)
    except OSError as error:
        ctx.say(f"the log {options.log_file} cannot be written: {error.strerror}")
        return 2
    if space["command"] == "get":
        return _get(space, options, ctx)
    if space["command"] == "config":
        from gputui.commands.config import run_config

        return run_config(space["what"], options, ctx)
    if space["command"] == "audit":
        from gputui.commands.audit import run_audit

        return run_audit(space["output"], space["since"], options.profiles, ctx, headers=not space["no_headers"])
    if space["command"] == "sim":
        from gputui.commands.sim import run_sim
        from gputui.commands.world import world_options

        return run_sim(space["write_config"], space["seed"], world_options(space), ctx)
    if space["command"] == "watch":
        from gputui.commands.watch import run_watch
        from gputui.commands.watch_arguments import watch_options

        return run_watch(watch_options(space), options, ctx)
    if space["command"] == "gpus":
        from gputui.commands.gpus import run_gpus
        from gputui.commands.gpus_arguments import gpus_options

        return run_gpus(gpus_options(space), options, ctx)
    if space["command"] == "run":
        return _run_everywhere(space, command or [], options, ctx)
    from gputui.commands.ssh import run_ssh

    return run_ssh(space["name"], command or [], options, ctx)


def _get(space: dict[str, Any], options: GlobalOptions, ctx: CliContext) -> int:
    from gputui.commands.get import run_get
    from gputui.commands.options import GetOptions

    asked = GetOptions(
        space["kind"],
        space["name"],
        space["output"],
        space["filter"],
        faults=space["faults"],
        headers=not space["no_headers"],
        raw=space["raw"],
        partial=space["partial"],
        since=space["since"],
    )
    return run_get(asked, options, ctx)


def _run_everywhere(space: dict[str, Any], command: list[str], options: GlobalOptions, ctx: CliContext) -> int:
    from gputui.commands.options import RunOptions
    from gputui.commands.run import run_run

    asked = RunOptions(
        space["expression"],
        " ".join(command),  # like ssh: the remote shell splits it again
        space["output"],
        space["concurrency"],
        space["timeout"],
        diff=space["diff"],
        each=space["each"],
        yes=space["yes"],
    )
    return run_run(asked, options, ctx)


def _global_options(space: dict[str, Any]) -> GlobalOptions:
    from gputui.commands.options import GlobalOptions

    return GlobalOptions(
        space["config"], tuple(space["profiles"]), space["read_only"], space["log_file"], space["log_level"]
    )


def _console_options(space: dict[str, Any]) -> ConsoleOptions:
    from gputui.commands.options import ConsoleOptions

    return ConsoleOptions(
        space["config"],
        tuple(space["profiles"]),
        space["read_only"],
        space["log_file"],
        space["log_level"],
        view=space["view"],
        refresh=space["refresh"],
        theme=space["theme"],
        ascii=space["ascii"],
        no_color=space["no_color"] or bool(os.environ.get("NO_COLOR")),
        mouse=space["mouse"],
        full_frames=space["full_frames"],
    )


def _open_streams() -> None:
    """Replace standard streams that the parent process closed (`>&-`) by os.devnull."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 - for as long as the process lives


def _printable_output() -> None:
    """Make a terminal that cannot encode a character print a question mark instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


if __name__ == "__main__":
    code = main()
    from gputui.commands.leaving import leave

    leave(code)
