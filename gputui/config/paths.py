"""Where files are kept: two folders of our own, by the XDG rules or by two environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gputui.config.folders import config_folder, state_folder
from gputui.core.own_files import own_folder


@dataclass(frozen=True, slots=True)
class Places:
    """The two folders and the paths in them. Nothing is read or made before `ready` is called."""

    config_dir: Path
    state_dir: Path
    home: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Places:
        """The places for this environment: GPUTUI_CONFIG_DIR and GPUTUI_STATE_DIR, otherwise XDG."""
        home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
        return cls(Path(config_folder(environ)), Path(state_folder(environ)), home)

    @property
    def config_file(self) -> Path:
        """The configuration file."""
        return self.config_dir / "config.toml"

    @property
    def themes_dir(self) -> Path:
        """The user's own themes, one TOML file each."""
        return self.config_dir / "themes"

    @property
    def audit(self) -> Path:
        """The journal of changes, append-only."""
        return self.state_dir / "audit.jsonl"

    @property
    def history(self) -> Path:
        """The database of observed changes."""
        return self.state_dir / "history.db"

    @property
    def lists(self) -> Path:
        """The folder of cached machine lists, for the first frame."""
        return self.state_dir / "lists"

    @property
    def splash(self) -> Path:
        """The outline of the console's last screen, which the next one begins with."""
        return self.state_dir / "splash"

    @property
    def known_hosts(self) -> Path:
        """Our own pinned host keys."""
        return self.state_dir / "known_hosts"

    @property
    def log(self) -> Path:
        """The log of the console."""
        return self.state_dir / "gputui.log"

    @property
    def preferences(self) -> Path:
        """How views are shown, saved filters, and what was typed."""
        return self.state_dir / "views.json"

    @property
    def dumps(self) -> Path:
        """Saved tables and screens."""
        return self.state_dir / "dumps"

    def ready(self, folder: Path) -> Path:
        """Make `folder` and its missing parents, all 0700, and return it. Raises OSError."""
        return own_folder(folder)
