"""The table of the console's commands, from which bindings, key line, help and the command line are made."""

from __future__ import annotations

from typing import Any

from gputui.ui.command import Command, Commands, Run
from gputui.ui.gpus.opening import show_gpu_list, show_gpus
from gputui.ui.inspect.history import show_audit, show_operations
from gputui.ui.inspect.network import show_network
from gputui.ui.inspect.opening import (
    compare,
    explain_row,
    inspect_row,
    save_bundle,
    show_copies,
    show_json,
    show_links,
    show_timeline,
)
from gputui.ui.widgets.keys import Needs

ROW, ROWS, SHOWN = Needs.ROW, Needs.ROWS, Needs.SHOWN
SAME_WAY, NEXT_VIEW = "back, forward again", "next, previous view"


def on_rows(id: str, keys: str, label: str, help: str, needs: Needs, run: Run, **more: Any) -> Command:
    """Define a key that acts on rows of a list."""
    return Command(f"row.{id}", keys, label, help, "rows", needs=needs, run=run, **more)


def by_name(name: str, about: str, run: Run, **more: Any) -> Command:
    """Define a command without a key."""
    return Command(f"command.{name}", "", name.capitalize(), "", "console", run=run, name=name, about=about, **more)


TAB_KEYS = tuple(
    Command(f"place.tab{n}", str(n), f"Tab {n}", f"the profile in tab {n}", "places", f"tab({n})") for n in range(1, 10)
)
COMMAND_TABLE = Commands(
    rows=(
        on_rows(
            "details",
            "d",
            "Details",
            "details (failure seen)",
            ROW,
            lambda at: inspect_row(at.host, at.row),
            hint=10,
            of_profiles=True,
        ),
        on_rows(
            "explain",
            "x",
            "Explain",
            "why it is so",
            ROW,
            lambda at: explain_row(at.host, at.row),
            hint=2,
            of_profiles=True,
        ),
        on_rows("json", "y", "JSON", "its JSON, or YAML", ROW, lambda at: show_json(at.host, at.row)),
        on_rows("ssh", "s", "SSH", "SSH into it", ROW, lambda at: at.ssh.open(at.row), meant=True, hint=1),
        on_rows(
            "gpus", "m", "GPUs", "its GPUs, or metrics", ROWS, lambda at: show_gpus(at.host, at.targets), meant=True
        ),
        on_rows(
            "run",
            "exclamation_mark",
            "Run",
            "run a command on many",
            SHOWN,
            lambda at: at.fan_outs.start(at.targets, at.words),
            asks=True,
            name="run",
            about="a command on the marked machines, or on all shown",
            words="COMMAND",
        ),
        on_rows("copy", "c", "Copy", "copy: name, id, ssh", ROWS, lambda at: show_copies(at.host, at.targets)),
        on_rows(
            "compare",
            "equals_sign",
            "Compare",
            "compare two marked",
            ROWS,
            lambda at: compare(at.host, at.targets),
            name="compare",
            about="what differs between the two marked rows",
        ),
        on_rows("links", "b", "Links", "links: Jupyter, ports", ROW, lambda at: show_links(at.host, at.row)),
        on_rows(
            "actions",
            "a",
            "Actions",
            "every verb, or why not",
            ROWS,
            lambda at: at.actions.menu(at.targets),
            meant=True,
            asks=True,
            hint=20,
        ),
        Command(
            "change.take_back",
            "Z",
            "Take back",
            "take last change back",
            "console",
            run=lambda at: at.actions.take_back(),
            asks=True,
            name="undo",
            about="the opposite of the last change: start what was stopped, unlock, release",
        ),
    ),
    screen=(
        Command("place.fleet", "0", "Fleet", "fleet: all machines", "places", "tab(0)"),
        *TAB_KEYS,
        Command("place.next_view", "tab", "Next view", NEXT_VIEW, "places", "next_view(1)"),
        Command("place.previous_view", "shift+tab", "Previous view", NEXT_VIEW, "places", "next_view(-1)"),
        Command("place.back", "escape,q", "Back", "back; clear the filter", "places", "back"),
        Command("place.history_back", "left_square_bracket", "History back", SAME_WAY, "places", "history(-1)"),
        Command(
            "place.history_forward",
            "right_square_bracket",
            "History forward",
            SAME_WAY,
            "places",
            "history(1)",
        ),
        Command("place.last", "minus", "Last view", "swap with last view", "places", "last"),
        Command("look.filter", "slash", "Filter", "filter: word !no /re/", "looks", "filter", hint=21),
        Command("look.clear_filter", "ctrl+u", "Clear filter", "clear the filter", "looks", "clear_filter"),
        Command("look.faults", "f", "Faults", "faults only", "looks", "faults", hint=11),
        by_name(
            "gpus",
            "the GPUs of the marked machines, or of all shown",
            lambda at: show_gpu_list(at.host, at.targets),
            needs=SHOWN,
        ),
        by_name("answers", "what the last command on many machines has brought", lambda at: at.fan_outs.show_again()),
        Command(
            "look.timeline",
            "t",
            "Timeline",
            "what changed lately",
            "looks",
            run=lambda at: show_timeline(at.host),
            name="timeline",
            about="what changed in the last 15 minutes, in all profiles",
        ),
        by_name(
            "since", "what changed since then: 2h, 14:00", lambda at: show_timeline(at.host, at.words), words="WHEN"
        ),
        by_name("bundle", "a folder to hand over, without secrets", lambda at: save_bundle(at.host)),
        by_name("net", "requests and bytes of each API, and of this terminal", lambda at: show_network(at.host)),
        by_name("ops", "the changes of this console and how far they are", lambda at: show_operations(at.host)),
        by_name("audit", "the journal of all changes", lambda at: show_audit(at.host)),
        by_name(
            "ssh",
            "a new session on the chosen row, or on a machine by its name",
            lambda at: at.ssh.open_named(at.chosen, at.words),
            needs=ROW,
            words="NAME",
        ),
        by_name("sessions", "those you left, and back into them", lambda at: at.ssh.sessions()),
        by_name(
            "forward",
            "a port of the chosen machine to this computer",
            lambda at: at.ssh.forward(at.chosen, at.words),
            needs=ROW,
            words="PORT",
        ),
        by_name("forwards", "the forwarded ports", lambda at: at.ssh.forwards()),
        Command(
            "look.refresh",
            "r,ctrl+r",
            "Refresh",
            "read again now",
            "looks",
            "refresh_now",
            name="refresh",
            about="read this tab again now",
        ),
        Command("look.freeze", "p", "Freeze", "freeze the screen", "looks", "freeze"),
        Command("look.wide", "w", "Wide", "all columns", "looks", "wide"),
        Command(
            "look.columns",
            "o",
            "Columns",
            "sort; choose columns",
            "looks",
            "columns",
            name="columns",
            about="what this list is sorted by, and which columns it shows",
        ),
        Command(
            "console.help",
            "question_mark",
            "Help",
            "this help",
            "console",
            "help",
            hint=23,
            name="help",
            about="keys, and the verbs of the row",
        ),
    ),
    app=(
        Command("console.palette", "colon", "Command", "all commands, by name", "console", "command_palette", hint=22),
        Command(
            "console.save",
            "ctrl+s",
            "Save",
            "save table and screen",
            "console",
            "app.save",
            name="save",
            about="the table (CSV) and the screen (SVG), to files",
        ),
        Command(
            "console.suspend",
            "ctrl+z",
            "Suspend",
            "suspend; fg leads back",
            "console",
            "app.stop_job",
            priority=True,
            name="suspend",
            about="give the terminal back to the shell until fg",
        ),
        Command("console.quit", "ctrl+c", "Quit", "twice: quit (also :q)", "console", "ask_quit", priority=True),
        by_name("redraw", "the whole screen again (ctrl+l)", lambda at: at.host.action_redraw()),
        by_name("quit", "or :q, or ctrl+c twice", lambda at: at.host.quit_now(), short="q"),
    ),
    table_help={
        "rows": (("enter", "open it, else details"), ("space * ctrl+\\", "mark it; all; none")),
        "looks": (
            ("↑ ↓ j k g G", "one row; first, last"),
            ("ctrl+b ctrl+f", "one page"),
            ("← →", "more columns"),
            ("shift+← → ↑ ↓", "sort: column, direction"),
        ),
    },
)
