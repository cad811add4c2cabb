"""The command line: parses it, and imports only what the given command needs."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gputui.commands.numbers import patience, within
from gputui.commands.parser import SuggestingParser
from gputui.commands.shared_arguments import AFTER, console_arguments, global_arguments
from gputui.commands.watch_arguments import watch_arguments, watch_options
from gputui.commands.world import sim_arguments, world_arguments, world_options

if TYPE_CHECKING:
    from gputui.commands.context import CliContext
    from gputui.commands.options import ConsoleOptions, GlobalOptions

INTERRUPTED = 130
READER_GONE = 141
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv`, by default that of the process. Returns 0, 1 if faults were found, 2 for errors."""
    try:
        return _run(sys.argv[1:] if argv is None else argv)
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


def _run(argv: Sequence[str]) -> int:
    _open_streams()
    words, command = _split(argv)
    found, others = parser().parse_known_args(words)
    space = _merged(found)
    if space["command"] == "get":
        # Before 3.13 argparse cannot parse optional words with options between them, so these are left over for us.
        (space["kind"], space["name"]), others = _words(others)
    if space["command"] == "run":
        expression, others = _expression(others)
        if not others and (expression is None or not command):
            parser().error("gputui run takes EXPR -- COMMAND; the expression '' stands for all machines")
        space["expression"] = expression
    if others:
        parser().refuse(others, space["command"])
    if command is not None and space["command"] not in ("ssh", "run"):
        parser().error("`-- COMMAND` belongs to gputui ssh and gputui run")
    _printable_output()
    code = _dispatch(space, command)
    sys.stdout.flush()
    return code


def _split(argv: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """Split at `--` into the words before and after it; argparse's own handling differs between versions."""
    words = list(argv)
    if "--" not in words:
        return words, None
    at = words.index("--")
    return words[:at], words[at + 1 :]


def _words(others: list[str]) -> tuple[tuple[str, str], list[str]]:
    """Take KIND and NAME from the words that argparse left over; return them and the remaining words."""
    words = [word for word in others if not word.startswith("-")]
    if len(words) < len(others) or len(words) > 2:
        return ("", ""), others
    kind, name = (*words, "", "")[:2]
    return (kind, name), []


def _expression(others: list[str]) -> tuple[str | None, list[str]]:
    """Take EXPR, all its words joined, from the words that argparse left over; return it and the remaining words."""
    options = [word for word in others if word.startswith("-")]
    return (" ".join(others) if others and not options else None), options


def _dispatch(space: dict[str, Any], command: list[str] | None) -> int:
    if space["command"] == "version" or space["version"]:
        from gputui import __version__

        sys.stdout.write(f"gputui {__version__}\n")
        return 0
    from gputui.commands.context import CliContext

    ctx = CliContext.of_process()
    if space["command"] in (None, "demo"):
        from gputui.commands.start import run_start

        world = world_options(space) if space["command"] == "demo" else None
        return run_start(_console_options(space), ctx, demo=world)
    return _plain(space, command, _global_options(space), ctx)


def _plain(space: dict[str, Any], command: list[str] | None, options: GlobalOptions, ctx: CliContext) -> int:
    """Run a command that needs no console."""
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

        return run_sim(space["write_config"], space["seed"], world_options(space), ctx)
    if space["command"] == "watch":
        from gputui.commands.watch import run_watch

        return run_watch(watch_options(space), options, ctx)
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


def parser() -> SuggestingParser:
    """Return the parser for the whole command line."""
    top = SuggestingParser(
        "gputui",
        description="One full-screen terminal console over every GPU cloud a team rents from.",
        epilog="Without a command: the console over the profiles of the config file. "
        "Options may stand before or after the command. Exit codes: 0 fine, 1 faults found, 2 error.",
        allow_abbrev=False,
    )
    global_arguments(top)
    console_arguments(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    def command(name: str, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        global_arguments(made, AFTER)
        return made

    demo = command("demo", "the console over embedded clouds on this machine; no account needed")
    console_arguments(demo, AFTER)
    world_arguments(demo)
    _get_arguments(command("get", "one read, for scripts"))
    watch_arguments(command("watch", "one plain line for each change that is observed"))
    ssh = command("ssh", "straight into a machine by name; `-- COMMAND` runs a command instead")
    ssh.add_argument("name", metavar="NAME", help="the machine, or profile/machine where two share a name")
    _run_arguments(command("run", "one command on every machine that an expression selects"))
    config = command("config", "where the configuration is, what it says, what is wrong with it")
    config.add_argument("what", choices=("path", "show", "check"), help="show masks secrets")
    sim_arguments(command("sim", "serves the embedded clouds in the foreground"))
    audit = command("audit", "the journal of changes made")
    audit.add_argument("-o", "--output", choices=("table", "json", "jsonl"), default="table", help="the form (table)")
    when = "90s, 15m, 1h, 2d, 1w, or a date or time, local without a zone (everything)"
    audit.add_argument("--since", metavar="WHEN", default="", help=when)
    audit.add_argument("--no-headers", action="store_true", help="no first line")
    command("version", "the version")
    return top


def _get_arguments(get: argparse.ArgumentParser) -> None:
    get.usage = "gputui get KIND [NAME] [options]"
    get.epilog = (
        "KIND is a view's name (nodes, pools, ...), fleet for the machines of all profiles, or changes for what was "
        "observed; without one all kinds are named. NAME selects rows by name or id, or as profile/name."
    )
    outputs = ("table", "json", "jsonl", "csv", "yaml")
    get.add_argument("-o", "--output", choices=outputs, default="table", help="the form of the answer (table)")
    get.add_argument(
        "--filter", metavar="EXPR", default="", help="words ANDed, !word, /regex/, state:error, gpu>=8, a | b"
    )
    get.add_argument("--faults", action="store_true", help="bad and degraded rows only; exit 1 where there are any")
    get.add_argument("--no-headers", action="store_true", help="no first line (table, csv)")
    get.add_argument("--partial", action="store_true", help="take what could be read for an answer, and exit 0")
    get.add_argument("--since", metavar="WHEN", default="", help="for changes: 90s, 15m, 1h, 2d, or a date (15m)")
    get.add_argument("--raw", action="store_true", help="with the provider's own objects, secrets masked")


def _run_arguments(run: argparse.ArgumentParser) -> None:
    run.usage = "gputui run EXPR [options] -- COMMAND"
    run.epilog = (
        "EXPR filters the machines of all profiles as the console does: words ANDed, !word for without, /regex/, "
        "state:error, gpu>=8, age>2h, either | or; '' is for all. Equal outputs are written once, the odd ones first. "
        "On a terminal it asks before running on several machines, or in a guarded profile. Exit codes: "
        "0 all fine, 1 a status other than 0 or no answer, 2 error or none meant."
    )
    run.add_argument("-o", "--output", choices=("text", "json", "jsonl"), default="text", help="the form (text)")
    run.add_argument("--concurrency", metavar="N", type=within(int, 1, 500), default=64, help="machines at once (64)")
    run.add_argument("--timeout", metavar="SECONDS", type=patience, default=60.0, help="for each machine (60)")
    run.add_argument("--diff", action="store_true", help="the odd ones as what differs from the majority")
    run.add_argument(
        "--each", action="store_true", help="for each of several machines at one address and port (once, as the first)"
    )
    run.add_argument("--yes", action="store_true", help="do not ask before running on several machines")


def _merged(space: argparse.Namespace) -> dict[str, Any]:
    """Merge the options from before and after the command: the latter override, lists are joined."""
    found = vars(space)
    values = {name: value for name, value in found.items() if not name.startswith(AFTER)}
    for name, value in found.items():
        if name.startswith(AFTER):
            before = values[name.removeprefix(AFTER)]
            values[name.removeprefix(AFTER)] = before + value if isinstance(value, list) else value
    return values


if __name__ == "__main__":
    code = main()
    from gputui.commands.ending import leave

    leave(code)
