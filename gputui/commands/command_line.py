"""What the command line may say: the commands with their options, and how its words are read."""

from __future__ import annotations

from gputui.commands.gpus_arguments import gpus_arguments
from gputui.commands.numbers import patience, within
from gputui.commands.parser import SuggestingParser
from gputui.commands.shared_arguments import AFTER, console_arguments, global_arguments
from gputui.commands.watch_arguments import watch_arguments
from gputui.commands.world import sim_arguments, world_arguments

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from typing import Any


def parsed(argv: Sequence[str]) -> tuple[dict[str, Any], list[str] | None]:
    """Return the options by name, and the words after `--`, None without one. Raises SystemExit for errors and help."""
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
    return space, command


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


def _merged(space: argparse.Namespace) -> dict[str, Any]:
    """Merge the options from before and after the command: the latter override, lists are joined."""
    found = vars(space)
    values = {name: value for name, value in found.items() if not name.startswith(AFTER)}
    for name, value in found.items():
        if name.startswith(AFTER):
            before = values[name.removeprefix(AFTER)]
            values[name.removeprefix(AFTER)] = before + value if isinstance(value, list) else value
    return values


def parser() -> SuggestingParser:
    """Return the parser for the whole command line."""
    top = SuggestingParser(
        "gputui",
        description="One full-screen terminal console over every GPU cloud a team rents from.",
        epilog="Without a command: the console over the profiles of the config file. "
        "Options may stand before or after the command. Exit codes: 0 fine, 1 faults found, 2 error.",
    )
    global_arguments(top)
    console_arguments(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    def command(name: str, words: str, own: Callable[[SuggestingParser], None] = lambda _: None) -> None:
        def fill(made: SuggestingParser) -> None:
            global_arguments(made, AFTER)
            own(made)

        commands.add_parser(name, help=words, description=words, fill=fill)

    command("demo", "the console over embedded clouds on this machine; no account needed", _demo_arguments)
    command("get", "one read, for scripts", _get_arguments)
    command("watch", "one plain line for each change that is observed", watch_arguments)
    command("ssh", "straight into a machine by name; `-- COMMAND` runs a command instead", _ssh_arguments)
    command("run", "one command on every machine that an expression selects", _run_arguments)
    command("gpus", "what the machines themselves say of their GPUs, over SSH", gpus_arguments)
    command("config", "where the configuration is, what it says, what is wrong with it", _config_arguments)
    command("sim", "serves the embedded clouds in the foreground", sim_arguments)
    command("audit", "the journal of changes made", _audit_arguments)
    command("version", "the version")
    return top


def _demo_arguments(demo: argparse.ArgumentParser) -> None:
    console_arguments(demo, AFTER)
    world_arguments(demo)


def _ssh_arguments(ssh: argparse.ArgumentParser) -> None:
    ssh.add_argument("name", metavar="NAME", help="the machine, or profile/machine where two share a name")


def _config_arguments(config: argparse.ArgumentParser) -> None:
    config.add_argument("what", choices=("path", "show", "check"), help="show masks secrets")


def _audit_arguments(audit: argparse.ArgumentParser) -> None:
    audit.add_argument("-o", "--output", choices=("table", "json", "jsonl"), default="table", help="the form (table)")
    when = "90s, 15m, 1h, 2d, 1w, or a date or time, local without a zone (everything)"
    audit.add_argument("--since", metavar="WHEN", default="", help=when)
    audit.add_argument("--no-headers", action="store_true", help="no first line")


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
