"""The paths of SSH's files on this computer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gputui.core.ssh_options import SshOptions


@dataclass(frozen=True, slots=True)
class SshPlaces:
    """The files SSH reads, and the one it writes (`pins`); `agent` is the agent's socket, `login` the local user."""

    home: Path
    pins: Path
    agent: str = ""
    login: str = ""
    system_known_hosts: Path = Path("/etc/ssh/ssh_known_hosts")

    @property
    def config(self) -> Path:
        """The user's OpenSSH configuration."""
        return self.home / ".ssh" / "config"

    def expand(self, text: str) -> Path:
        """Expand `~/` in a path to this home directory."""
        if text == "~" or text.startswith("~/"):
            return self.home / text[2:]
        return self.home / ".ssh" / text if not text.startswith("/") else Path(text)

    def known_hosts(self, options: SshOptions) -> tuple[Path, ...]:
        """All known_hosts files that count: the user's (or the profile's), the system's and our own."""
        own = self.expand(options.known_hosts) if options.known_hosts else self.home / ".ssh" / "known_hosts"
        return (own, self.system_known_hosts, self.pins)
