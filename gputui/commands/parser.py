"""An argument parser that suggests the word that was probably meant."""

from __future__ import annotations

import argparse
import os
import sys

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, NoReturn


class SuggestingParser(argparse.ArgumentParser):
    """Its errors for an unknown command, option or choice end with `did you mean`.

    `fill` adds its arguments when they are first needed: of many commands only one is.
    """

    def __init__(self, prog: str, fill: Callable[[SuggestingParser], None] = lambda _: None, **more: Any) -> None:
        super().__init__(prog, formatter_class=_formatter, allow_abbrev=False, **more)
        self._fill: Callable[[SuggestingParser], None] | None = fill

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Argparse: parse words; every way to parse leads here."""
        self._filled()
        return super().parse_known_args(args, namespace)

    def _filled(self) -> None:
        if self._fill is not None:
            fill, self._fill = self._fill, None
            fill(self)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Argparse: reject a value that is not one of the choices."""
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            meant = suggestion(str(value), known)
            raise argparse.ArgumentError(action, f"there is no {value}{meant} (choose from {', '.join(known)})")

    def refuse(self, words: Sequence[str], command: str | None) -> NoReturn:
        """Exit with an error about words that neither this parser nor the command's own knows."""
        options = list(self._option_string_actions)
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction) and command in action.choices:
                action.choices[command]._filled()
                options += action.choices[command]._option_string_actions
        first = next((word for word in words if word.startswith("-")), words[0])
        self.error(f"unrecognized arguments: {' '.join(words)}{suggestion(first.partition('=')[0], options)}")


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Argparse's own, which would import shutil with all its compressions to learn the width."""
    return argparse.HelpFormatter(prog, width=_columns() - 2)


def _columns() -> int:
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isdecimal() and int(wanted):
        return int(wanted)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?`, or nothing."""
    from gputui.core.naming import did_you_mean  # only needed once something is wrong

    return did_you_mean(word, known)
