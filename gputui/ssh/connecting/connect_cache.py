"""What connections share: files, read again only when they change, unlocked keys, jump hosts, and handshakes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from gputui.ssh.connecting.jumps import Jumps
from gputui.ssh.connecting.redial import Redial
from gputui.ssh.credentials.keyring import Keyring
from gputui.ssh.signature import Signature, settled, signature
from gputui.ssh.trust.accepted import Accepted
from gputui.ssh.trust.known import HostFile, KnownHosts
from gputui.ssh.user_files import read_user_file


class ConnectCache:
    """Shared by all connections of a console: two hundred at once read each file once and ask each question once.

    `on_notice` is called when there is a new message for the user, in the event loop.
    """

    def __init__(self, on_notice: Callable[[], None] = lambda: None) -> None:
        self.keyring = Keyring()
        self.jumps = Jumps()
        self.redial = Redial()
        self.accepted = Accepted()
        self._files: dict[Path, tuple[Signature | None, HostFile]] = {}
        self._reading = threading.Lock()
        self._notices: dict[str, bool] = {}
        self._on_notice = on_notice

    def known_hosts(self, paths: Iterable[Path]) -> KnownHosts:
        """Return the current files; call it in a thread, as it blocks. Raises Failed (Cause.CONFIG) if unreadable."""
        return KnownHosts(tuple(self._file(path) for path in paths))

    def notice(self, text: str) -> None:
        """Keep a message for the user; the same text is told once, however many connections meet it."""
        if text and text not in self._notices:
            self._notices[text] = False
            self._on_notice()

    def take_notices(self) -> list[str]:
        """Return the messages that have not been taken yet."""
        fresh = [text for text, is_told in self._notices.items() if not is_told]
        self._notices |= dict.fromkeys(fresh, True)
        return fresh

    def _file(self, path: Path) -> HostFile:
        with self._reading:
            seen = _seen(path)
            before = self._files.get(path)
            if before is not None and seen is not None and before[0] == seen:
                return before[1]
            file = HostFile.of(path, read_user_file(path), before[1] if before else None)
            self._files[path] = (seen, file)
            return file


def _seen(path: Path) -> Signature | None:
    """Return the file's signature; None if it is missing or was written too recently to detect the next change."""
    now = time.time_ns()
    try:
        seen = signature(path)
    except OSError:
        return None
    return seen if settled(seen, now) else None
