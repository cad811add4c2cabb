"""An argument parser that suggests the word that was probably meant."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn


class SuggestingParser(argparse.ArgumentParser):
    """Its errors for an unknown command, option or choice end with `did you mean`."""

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
                options += action.choices[command]._option_string_actions
        first = next((word for word in words if word.startswith("-")), words[0])
        self.error(f"unrecognized arguments: {' '.join(words)}{suggestion(first.partition('=')[0], options)}")


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?`, or nothing."""
    from gputui.core.naming import did_you_mean  # only needed once something is wrong

    return did_you_mean(word, known)
