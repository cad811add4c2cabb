"""The configuration: global settings and the profiles, each with its own errors so that the others still work."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gputui.config.document import MISSING, ConfigError, Document, read
from gputui.config.other_names import other_name
from gputui.config.ssh_table import ssh_options
from gputui.config.tables import InvalidValue, Table, flag, number, one_of, seconds, table, text
from gputui.core.ssh_options import SshOptions
from gputui.core.trusted_files import NotTrusted, check_trusted

DEFAULT_THEME = "gputui-dark"
DEFAULT_REFRESH = 5.0
HISTORY_DAYS, HISTORY_MEGABYTES = 30.0, 200.0
GENERAL_KEYS = (
    "refresh_seconds",
    "theme",
    "read_only",
    "full_frames",
    "audit",
    "history_days",
    "history_megabytes",
    "keys",
    "filters",
    "profiles",
)
PROFILE_KEYS = (
    "provider",
    "protected",
    "read_only",
    "refresh_seconds",
    "theme",
    "ca_file",
    "client_cert",
    "proxy",
    "ssh",
)
"""Keys that every profile may have; all others belong to its provider."""
_NAME = re.compile(r"\w[\w.+-]{0,62}")


@dataclass(frozen=True, slots=True)
class Profile:
    """One account at one cloud, as in the file: generic keys checked, the provider's `own` not yet.

    With `errors` it must not be connected; `remarks` are errors that concern SSH only. `own` may hold plain secrets, so
    it is left out of `repr`.
    """

    name: str
    provider: str
    own: Mapping[str, Any] = field(default_factory=dict, repr=False)
    protected: bool = False
    read_only: bool = False
    refresh_seconds: float = DEFAULT_REFRESH
    theme: str = ""
    ca_file: str | None = None
    client_cert: str | None = None
    proxy: str | None = field(default=None, repr=False)
    ssh: SshOptions = field(default_factory=SshOptions)
    errors: tuple[ConfigError, ...] = ()
    remarks: tuple[ConfigError, ...] = ()
    source: Document = field(default_factory=lambda: Document(Path()), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file. `errors` are those of no single profile; `missing` means that there is no file at all. Without a
    `source` it could not be read.

    `read_only` is also True if something global is invalid: what was meant is then not known.
    """

    path: Path
    refresh_seconds: float = DEFAULT_REFRESH
    theme: str = DEFAULT_THEME
    read_only: bool = False
    audit: str = "on"
    history_days: float = HISTORY_DAYS
    history_megabytes: float = HISTORY_MEGABYTES
    keys: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    full_frames: bool = field(default=False, kw_only=True)
    profiles: tuple[Profile, ...] = ()
    errors: tuple[ConfigError, ...] = ()
    missing: bool = False
    source: Document | None = field(default=None, repr=False, compare=False)

    def profile(self, name: str) -> Profile | None:
        """The profile of that name."""
        return next((profile for profile in self.profiles if profile.name == name), None)

    def holds_read_only(self, profile: Profile, asked: bool | None) -> bool:
        """Whether `profile` is read-only, given what the command line `asked` for: True, False, or None for nothing.

        `--write` overrides the global setting, but not that of the profile or of a file with errors.
        """
        if profile.read_only or self.errors:
            return True
        return self.read_only if asked is None else asked


def load(path: Path, *, home: Path) -> Config:
    """Read the configuration; never raises. For startup: no provider is imported and no secret resolved."""
    document = read(path)
    if isinstance(document, ConfigError):
        return Config(path, read_only=True, errors=(document,), missing=document.message == MISSING)
    general = Table(document, (), document.table)
    refresh = general.take("refresh_seconds", seconds, DEFAULT_REFRESH)
    theme = general.take("theme", text, DEFAULT_THEME)
    read_only = general.take("read_only", flag, False)
    full_frames = general.take("full_frames", flag, False)
    audit = general.take("audit", one_of("on", "required"), "on", "required")
    days = general.take("history_days", number(0, 3650, "days"), HISTORY_DAYS)
    megabytes = general.take("history_megabytes", number(1, 100_000, "megabytes"), HISTORY_MEGABYTES)
    none: Mapping[str, Any] = {}
    keys = _keys(general.take("keys", table, none), document, general)
    filters = _keys(general.take("filters", table, none), document, general, within="filters")
    profiles = general.take("profiles", table, none)
    general.refuse_rest(GENERAL_KEYS)
    made = tuple(_profile(document, name, values, refresh, home) for name, values in profiles.items())
    errors = tuple(general.errors)
    held = read_only or bool(errors)
    return Config(
        path,
        refresh,
        theme,
        held,
        audit,
        days,
        megabytes,
        keys,
        made,
        errors,
        source=document,
        filters=filters,
        full_frames=full_frames,
    )


def _profile(document: Document, name: str, values: object, refresh: float, home: Path) -> Profile:
    found = Table(document, ("profiles", name), values)
    if not _NAME.fullmatch(name):
        found.complain("", "a profile's name takes letters, digits, dot, dash and underscore, 63 at most")
    if "provider" not in found.left:
        meant = next((key for key in found.left if other_name(key, ("provider",))), "")
        found.complain(meant, "is not a key of this table; did you mean provider?" if meant else "has no provider")

    def file(value: object) -> str:
        return _existing(value, home)

    provider = found.take("provider", text, "")
    # A guard that cannot be read counts as on.
    protected = found.take("protected", flag, False, True)
    read_only = found.take("read_only", flag, False, True)
    every = found.take("refresh_seconds", seconds, refresh)
    theme = found.take("theme", text, "")
    ca_file: str | None = found.take("ca_file", file, "") or None
    client_cert: str | None = found.take("client_cert", file, "") or None
    proxy: str | None = found.take("proxy", _proxy, "") or None
    ssh = _ssh(document, name, found)
    remarks = _missing_files(document, name, ssh, home)
    return Profile(
        name=name,
        provider=provider,
        own=found.left,
        protected=protected,
        read_only=read_only,
        refresh_seconds=every,
        theme=theme,
        ca_file=ca_file,
        client_cert=client_cert,
        proxy=proxy,
        ssh=ssh,
        errors=tuple(found.errors),
        remarks=remarks,
        source=document,
    )


def _ssh(document: Document, name: str, profile: Table) -> SshOptions:
    none: Mapping[str, Any] = {}
    found = Table(document, ("profiles", name, "ssh"), profile.take("ssh", table, none))
    options = ssh_options(found)
    profile.errors.extend(found.errors)
    return options


def _missing_files(document: Document, name: str, ssh: SshOptions, home: Path) -> tuple[ConfigError, ...]:
    """The identity file, if it is not there. Relative paths start at ~/.ssh, as everywhere in SSH."""
    if not ssh.identity_file:
        return ()
    path = home / ".ssh" / expand(ssh.identity_file, home)
    if path.is_file():
        return ()
    why = "is not a file" if path.exists() else MISSING
    return (document.error(("profiles", name, "ssh", "identity_file"), f"{why}: {path}"),)


def _keys(
    values: Mapping[str, Any], document: Document, general: Table, above: tuple[str, ...] = (), within: str = "keys"
) -> dict[str, str]:
    """The texts of a table by name; an id written without quotes comes as nested tables and means the same."""
    found: dict[str, str] = {}
    for name, entry in values.items():
        if isinstance(entry, Mapping):
            found |= _keys(entry, document, general, (*above, name), within)
            continue
        try:
            found[".".join((*above, name))] = text(entry)
        except InvalidValue as error:
            general.errors.append(document.error((within, *above, name), str(error)))
    return found


def _existing(value: object, home: Path) -> str:
    path = expand(text(value), home)
    try:
        check_trusted(path)
    except NotTrusted as error:
        raise InvalidValue(f"is not used: {error.strerror}") from None
    except FileNotFoundError:
        raise InvalidValue(MISSING) from None
    except (OSError, ValueError) as error:
        raise InvalidValue(f"is not used: {path}: {getattr(error, 'strerror', None) or error}") from None
    return str(path)


def expand(path: str, home: Path) -> Path:
    """`path` with a leading `~/` replaced by `home`."""
    return home / path[2:] if path.startswith("~/") else Path(path)


def _proxy(value: object) -> str:
    from urllib.parse import urlsplit

    given = text(value)
    try:
        parts = urlsplit(given)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or not given.isascii() or not given.isprintable() or " " in given:
        raise InvalidValue("must be an address like http://proxy.example.com:3128")
    return given
