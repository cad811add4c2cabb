"""Edit a text in the user's own editor, which gets the terminal and a private temporary file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.binding import Binding

from gputui.core.actions import Action, Complaint
from gputui.core.own_files import create
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.processes import to_its_end
from gputui.core.text import Json, clean, lines_of
from gputui.ui.form.redaction import Starred, redact
from gputui.ui.terminal.suspend import suspend_for
from gputui.ui.widgets.bars import Bar, key_parts
from gputui.ui.widgets.pages import Pages
from gputui.ui.widgets.styles import Line
from gputui.ui.widgets.timed_dialog import TimedDialog

if TYPE_CHECKING:
    from gputui.ui.host import Host

FALLBACK = "vi"
LARGEST = 1_000_000
"""Maximum number of bytes that are read back."""


async def edit_as_file(host: Host, text: str, suffix: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """Have `text` edited and return the result; None after an error, which is reported."""
    try:
        with _file(text, suffix) as path:
            editor = [*command(environ), str(path)]
            await suspend_for(host, lambda: _run(editor))
            return _read(path)
    except Failed as failed:
        words = "\n".join(part for part in (str(failed.problem), failed.problem.remedy) if part)
        host.notify(words, severity="error", markup=False, timeout=10)
        return None


async def edited_body(
    host: Host, action: Action[Any], body: Json, secrets: frozenset[str] = frozenset()
) -> Json | None:
    """Have a request's body edited until `action.document` has no complaints; None if abandoned.

    The fields named in `secrets` are stars in the file. Must run in a worker, as it waits for dialogs.
    """
    before = redact(body, secrets)
    text = before.text
    while True:
        edited = await edit_as_file(host, text, ".json")
        if edited is None:
            return None
        if edited == before.text:
            host.notify("nothing was changed in the file", markup=False)
            return None
        complaints = mistakes(action, before, edited)
        if not complaints:
            return cast(Json, json.loads(before.revealed(edited)))
        if not await host.push_screen_wait(Mistakes(edited, complaints)):
            return None
        text = edited


def mistakes(action: Action[Any], before: Starred, edited: str) -> list[Complaint]:
    """Return the complaints about an edited body, in line order; secrets are masked in their text, too."""
    text = before.revealed(edited)
    try:
        json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        return [Complaint(error.lineno, "", f"this is not JSON: {error.msg}")]
    except (ValueError, RecursionError) as error:
        return [Complaint(1, "", f"this is not JSON: {error}")]
    found = action.document(text) if action.document is not None else ()
    hidden = [replace(complaint, text=before.hidden(complaint.text)) for complaint in found]
    return sorted(hidden, key=lambda complaint: complaint.line)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


class Mistakes(TimedDialog[bool]):
    """The complaints about an edited text, by line; returns whether to edit it again."""

    DEFAULT_CSS = "Mistakes { background: $surface; }"
    BINDINGS = [Binding("e,enter", "again", "Edit again", show=False)]

    def __init__(self, text: str, complaints: Sequence[Complaint]) -> None:
        super().__init__()
        self._complaints = complaints
        self._pages = Pages(list(_told(lines_of(text), complaints)))

    def compose(self) -> ComposeResult:
        """The number of complaints, the complaints, and the keys."""
        yield Bar(id="mistakes-title")
        yield self._pages
        yield Bar(id="mistakes-keys")

    def on_mount(self) -> None:
        """Fill the two bars."""
        count = len(self._complaints)
        title = f" {count} mistakes in the file" if count > 1 else " a mistake in the file"
        self.query_one("#mistakes-title", Bar).show([(title, "strong")])
        keys = key_parts(("e enter", "edit again"), ("esc q", "drop what was edited"))
        self.query_one("#mistakes-keys", Bar).show(keys)

    def action_again(self) -> None:
        """Return to the editor."""
        self.dismiss(True)

    def action_leave(self) -> None:
        """Discard the edited text, unless the key came so early that it may have been meant for the editor."""
        if self.ripe:
            self.dismiss(False)


def _told(lines: Sequence[str], complaints: Sequence[Complaint]) -> Iterator[Line]:
    for complaint in complaints:
        where = f"  {clean(complaint.where)}" if complaint.where else ""
        yield ((f" line {complaint.line}", "key"), (where, "head"), (f"  {clean(complaint.text)}", ""))
        if 0 < complaint.line <= len(lines):
            yield ((f"     {lines[complaint.line - 1].strip()}", "dim"),)


def command(environ: Mapping[str, str]) -> list[str]:
    """Return the editor and its arguments: $VISUAL, $EDITOR or vi; split, never run by a shell. Raises Failed."""
    given = next((environ[name] for name in ("VISUAL", "EDITOR") if environ.get(name, "").strip()), FALLBACK)
    try:
        return shlex.split(given)
    except ValueError as error:
        raise Failed(Problem(Cause.CONFIG, f"$VISUAL or $EDITOR: {error}", "check its quotes")) from None


@contextlib.contextmanager
def _file(text: str, suffix: str) -> Iterator[Path]:
    """A file (0600) in its own folder (0700), where editors may leave more files; all of it is removed afterwards."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="gputui-"))
    except OSError as error:
        raise _no_file(error) from None
    try:
        path = folder / f"edit{suffix}"
        try:
            create(path, text)
        except OSError as error:
            raise _no_file(error) from None
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _no_file(error: OSError) -> Failed:
    return Failed(Problem(Cause.INPUT, f"no file to edit could be written: {error.strerror}", "check $TMPDIR"))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise Failed(Problem(Cause.INPUT, f"the edited file is larger than {LARGEST:,} bytes"))
        return content.decode("utf-8-sig")
    except OSError as error:
        raise Failed(Problem(Cause.INPUT, f"the edited file cannot be read: {error.strerror}")) from None
    except UnicodeDecodeError:
        raise Failed(Problem(Cause.INPUT, "the edited file is not UTF-8")) from None


# ---------------------------------------------------------------------- the terminal


async def _run(words: Sequence[str]) -> None:
    from gputui.core.signals import on_signals
    from gputui.ssh.shells.terminal import kept_modes

    with contextlib.ExitStack() as afterwards:
        if sys.__stdin__ is not None and sys.__stdin__.isatty():
            afterwards.enter_context(kept_modes(sys.__stdin__.fileno()))
        # ctrl+c and ctrl+\ are for the editor. A no-op handler, as it would inherit an ignored signal.
        afterwards.enter_context(on_signals((signal.SIGINT, _nothing), (signal.SIGQUIT, _nothing)))
        status = await _ended(words)
    if status:
        how = f"exit status {status}" if status > 0 else f"signal {-status}"
        raise Failed(Problem(Cause.INPUT, f"{words[0]} ended with {how}: nothing is taken from it"))


async def _ended(words: Sequence[str]) -> int:
    """Run the editor on the console's terminal and return its exit status; it ends when we are cancelled."""
    try:
        process = await asyncio.create_subprocess_exec(*words, stdout=sys.__stderr__)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Failed(Problem(Cause.CONFIG, f"{words[0]}: {reason}", "set $VISUAL or $EDITOR to an editor")) from None
    return await to_its_end(process)


def _nothing() -> None:
    """Ignore the signal: it is for another process."""
