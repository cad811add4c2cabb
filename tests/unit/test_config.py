"""The configuration: what is wrong is said with file, line and key, and costs one profile only."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from gputui.config import document
from gputui.config.document import ConfigError, Document
from gputui.config.paths import Places
from gputui.config.profiles import Config, Profile, load
from gputui.config.settings import settings_of
from gputui.config.ssh_table import TAKES
from gputui.core.provider import Client, Provider, Setting, Settings
from gputui.core.secret import Secret
from gputui.core.ssh_options import SshOptions

GOOD = """
refresh_seconds = 10
theme = "gputui-light"
audit = "required"

[profiles.second-name-first]
provider = "cloudy"
protected = true
base_url = "https://api.example.com"
token = "env:TOKEN"

[profiles.alpha]
provider = "cloudy"
refresh_seconds = 30
proxy = "http://user:canary@proxy.example.com:3128"
base_url = "http://127.0.0.1:8080/api"
token = "canary-plain"
sort = "big"
names = ["a", "b"]
ids = [1, 2]

[profiles.alpha.ssh]
user = "root"
port = 2222
host_keys = "accept-new"

[keys]
"scp.nodes.stop" = "ctrl+x"
cloudy.nodes.start = "ctrl+y"
"""


def no_connection(settings: Settings) -> Client:
    raise NotImplementedError


def cloudy(check: Callable[[Any], tuple[str, str] | None] | None = None) -> Provider[Any]:
    settings = (
        Setting("base_url", "url", required=True),
        Setting("token", "secret", required=True, help="from the panel"),
        Setting("sort", allowed=("big", "small"), default="small"),
        Setting("names", "texts"),
        Setting("ids", "numbers"),
    )
    return Provider("cloudy", "Cloudy", settings, no_connection, (), check)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def writing(text: str | bytes, mode: int = 0o600) -> Path:
        path = tmp_path / "config.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return path

    return writing


def loaded(path: Path) -> Config:
    return load(path, home=path.parent)


def profile_of(path: Path, name: str = "p") -> Profile:
    found = loaded(path).profile(name)
    assert found is not None
    return found


def resolve(value: str) -> Secret | ConfigError:
    return Secret(value)


def errors_of(path: Path, provider: Provider[Any] | None = None, name: str = "p") -> tuple[ConfigError, ...]:
    result = settings_of(profile_of(path, name), provider or cloudy(), resolve)
    assert isinstance(result, tuple), result
    return result


def test_a_good_file_is_read_in_its_order(write: Callable[..., Path]) -> None:
    config = loaded(write(GOOD))
    assert config.errors == ()
    assert [profile.name for profile in config.profiles] == ["second-name-first", "alpha"]
    first, alpha = config.profiles
    assert (config.refresh_seconds, config.theme, config.audit) == (10, "gputui-light", "required")
    assert not config.full_frames
    assert loaded(write(f"full_frames = true\n{GOOD}")).full_frames
    assert first.protected
    assert not alpha.protected
    assert (first.refresh_seconds, alpha.refresh_seconds) == (10, 30)
    assert alpha.ssh == SshOptions(user="root", port=2222, host_keys="accept-new")
    assert config.keys == {"scp.nodes.stop": "ctrl+x", "cloudy.nodes.start": "ctrl+y"}


def test_files_and_the_proxy_of_a_profile_are_taken_and_absent_ones_are_none(write: Callable[..., Path]) -> None:
    head = '[profiles.p]\nprovider = "cloudy"'
    path = write(head)
    home = path.parent
    for name in ("ca.pem", "client.pem"):
        (home / name).write_text("x")
    plain = profile_of(path)
    assert (plain.ca_file, plain.client_cert, plain.proxy) == (None, None, None)
    assert (plain.refresh_seconds, loaded(path).refresh_seconds) == (5.0, 5.0)
    lines = ('ca_file = "~/ca.pem"', f'client_cert = "{home}/client.pem"', 'proxy = "http://proxy.lab:3128"')
    full = profile_of(write("\n".join((head, *lines))))
    assert full.errors == ()
    assert (full.ca_file, full.client_cert) == (f"{home}/ca.pem", f"{home}/client.pem")
    assert full.proxy == "http://proxy.lab:3128"


def test_a_profile_is_found_by_its_name_alone(write: Callable[..., Path]) -> None:
    config = loaded(write(GOOD))
    assert [config.profile(one.name) for one in config.profiles] == list(config.profiles)
    assert len(config.profiles) == 2
    assert config.profile("nobody") is None


def test_settings_are_checked_filled_up_and_typed(write: Callable[..., Path]) -> None:
    config = loaded(write(GOOD))
    alpha = settings_of(config.profiles[1], cloudy(), resolve)
    assert isinstance(alpha, Settings)
    assert alpha.values == {
        "base_url": "http://127.0.0.1:8080/api",
        "token": Secret("canary-plain"),
        "sort": "big",
        "names": ("a", "b"),
        "ids": (1, 2),
    }
    first = settings_of(config.profiles[0], cloudy(), resolve, read_only=True)
    assert isinstance(first, Settings)
    assert first.values["sort"] == "small"
    assert (first.read_only, alpha.read_only) == (True, False)
    assert alpha.proxy == "http://user:canary@proxy.example.com:3128"


def test_no_value_of_the_file_shows_itself(write: Callable[..., Path]) -> None:
    config = loaded(write(GOOD))
    assert "canary" not in repr(config)
    assert "canary" not in repr(settings_of(config.profiles[1], cloudy(), resolve)).replace(
        "http://user:canary@proxy", ""
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        (b"a = 1\nb = [1,,2]\n", 2, 8, "Invalid value"),
        (b"a = 1\n\n[profiles.x\n", 3, 12, "Expected ']'"),
        (b"\xef\xbb\xbftheme = 3\xff\n", 1, 10, "is not UTF-8"),
        ("theme = 'ä'\n".encode("latin-1"), 1, 10, "is not UTF-8"),
        ("theme = 'x'\n".encode("utf-16"), 1, 1, "is not UTF-8"),
        (b"a = 1\n\nb = ", 3, 5, "end of the file"),
        (b"a = 1\na = 2\n", 2, 6, "Cannot overwrite"),
        (b"a = " + b"[" * 5000, None, None, "nests too deeply"),
        (b"x" * (document.LARGEST + 1), None, None, "is too large"),
    ],
)
def test_a_broken_file_says_where(
    write: Callable[..., Path], text: bytes, line: int | None, column: int | None, says: str
) -> None:
    path = write(text)
    config = loaded(path)
    [error] = config.errors
    assert (error.file, error.line, error.column) == (str(path), line, column)
    assert says in str(error)
    assert config.read_only
    assert not config.missing


@pytest.mark.parametrize("text", [b"", b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode()])
def test_an_empty_file_a_byte_order_mark_and_crlf_are_fine(write: Callable[..., Path], text: bytes) -> None:
    assert loaded(write(text)).errors == ()


def test_what_is_no_file_is_said_at_once(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (tmp_path, fifo, Path("/dev/null")):
        [error] = load(path, home=tmp_path).errors
        assert "is not a regular file" in str(error)
    absent = load(tmp_path / "absent.toml", home=tmp_path)
    assert absent.missing
    assert "there is no such file" in str(absent.errors[0])
    assert load(tmp_path / "config.toml" / "x", home=tmp_path).errors


@pytest.mark.parametrize(
    ("text", "line", "key", "says"),
    [
        ("full_frames = 1\n", 1, "full_frames", "true or false"),
        ("refresh_seconds = 0\n", 1, "refresh_seconds", "1 to 3600"),
        ("history_days = -1\n", 1, "history_days", "0 to 3650 days"),
        ("history_megabytes = 0\n", 1, "history_megabytes", "1 to 100000 megabytes"),
        ("refresh_seconds = nan\n", 1, "refresh_seconds", "1 to 3600"),
        ("refresh_seconds = true\n", 1, "refresh_seconds", "a number of seconds, not true or false"),
        ('\nread_only = "yes"\n', 2, "read_only", "without quotes, not text (allowed: true, false)"),
        ('audit = "off"\n', 1, "audit", "(allowed: on, required)"),
        ("refresh = 5\n", 1, "refresh", "did you mean refresh_seconds?"),
        ("profiles = 3\n", 1, "profiles", "must be a table"),
        ("[keys]\nx = 1\n", 2, "keys.x", "must be text"),
    ],
)
def test_general_errors_name_the_key_and_hold_everything_read_only(
    write: Callable[..., Path], text: str, line: int, key: str, says: str
) -> None:
    config = loaded(write(text + "\n[profiles.p]\nprovider = 'cloudy'\n" if "profiles" not in text else text))
    [error] = config.errors
    assert (error.line, error.key) == (line, key)
    assert says in str(error)
    assert config.read_only
    if config.profiles:
        assert config.holds_read_only(config.profiles[0], asked=False)


def test_a_bad_profile_leaves_the_others_alone(write: Callable[..., Path]) -> None:
    config = loaded(
        write(
            "profiles.x = 1\n[profiles.y]\n[profiles.z]\nprovider='cloudy'\nprotected='no'\n"
            + GOOD[GOOD.index("[profiles") :]
        )
    )
    names = {profile.name: profile for profile in config.profiles}
    assert "must be a table" in str(names["x"].errors[0])
    assert "has no provider" in str(names["y"].errors[0])
    assert names["z"].errors[0].line == 5
    assert names["z"].protected, "what guards is on where it cannot be read"
    assert names["alpha"].errors == ()
    assert config.errors == ()


@pytest.mark.parametrize("name", ['"a/b"', '"-x"', '"a b"', '"\\u001b]0;x"', f'"{"n" * 64}"'])
def test_names_that_are_no_names_are_refused(write: Callable[..., Path], name: str) -> None:
    [profile] = loaded(write(f"[profiles.{name}]\nprovider='cloudy'\n")).profiles
    assert "a profile's name takes" in str(profile.errors[0])
    assert "\x1b" not in str(profile.errors[0])


BASE = "[profiles.p]\nprovider = 'cloudy'\nbase_url = 'https://h'\ntoken = 'env:T'\n"


@pytest.mark.parametrize(
    ("extra", "line", "key", "says"),
    [
        ("tokn = 'canary'", 5, "profiles.p.tokn", "did you mean token?"),
        ("sort = 'canary'", 5, "profiles.p.sort", "(allowed: big, small)"),
        ("sort = 3", 5, "profiles.p.sort", "must be text in quotes, not a number"),
        ("names = 'canary'", 5, "profiles.p.names", "must be a list in square brackets, not text"),
        ("names = ['a', 1979-05-27]", 5, "profiles.p.names", "not a date or time"),
        ("ids = [true]", 5, "profiles.p.ids", "whole numbers"),
        ("ids = [1.5]", 5, "profiles.p.ids", "whole numbers"),
        ("ca_file = '/nowhere/canary.pem'", 5, "profiles.p.ca_file", "there is no such file"),
        ("proxy = 'socks5://canary'", 5, "profiles.p.proxy", "must be an address like"),
        ("proxy = 'http://canary-prøxy:1'", 5, "profiles.p.proxy", "must be an address like"),
        ('proxy = "http://canary\\u0085:1"', 5, "profiles.p.proxy", "must be an address like"),
        ('proxy = "http://canary/\\u007f"', 5, "profiles.p.proxy", "must be an address like"),
        ("proxy = 'http://canary/ x'", 5, "profiles.p.proxy", "must be an address like"),
        ("proxy = 'http://canary:0x1'", 5, "profiles.p.proxy", "must be an address like"),
        ("proxy = 'http://'", 5, "profiles.p.proxy", "must be an address like"),
        ("[profiles.p.ssh]\nprot = 22", 6, "profiles.p.ssh.prot", "did you mean port?"),
        ("[profiles.p.ssh]\nport = 70000", 6, "profiles.p.ssh.port", "1 to 65535"),
        ("[profiles.p.ssh]\nport = '22'", 6, "profiles.p.ssh.port", "must be a whole number, not text"),
        ("[profiles.p.ssh]\nhost_keys = 'never'", 6, "profiles.p.ssh.host_keys", "(allowed: ask, strict, accept-new)"),
        ("[profiles.p.ssh]\nconnect_timeout = 0", 6, "profiles.p.ssh.connect_timeout", "must be 1 to 600 seconds"),
        ("[profiles.p.ssh]\nlogin_timeout = '9'", 6, "profiles.p.ssh.login_timeout", "number of seconds, not text"),
        ("[profiles.p.ssh]\nconnect_timeout = 601", 6, "profiles.p.ssh.connect_timeout", "must be 1 to 600 seconds"),
        ("[profiles.p.ssh]\nconnect_timeout = nan", 6, "profiles.p.ssh.connect_timeout", "must be 1 to 600 seconds"),
        ("[profiles.p.ssh]\nport = true", 6, "profiles.p.ssh.port", "must be a whole number, not true or false"),
        ("[profiles.p.ssh]\nuser = 7", 6, "profiles.p.ssh.user", "must be text in quotes"),
        ("[profiles.p.ssh]\ncommand = 'ssh -o \"x'", 6, "profiles.p.ssh.command", "No closing quotation"),
        ("ssh = { allow_local = 1 }", 5, "profiles.p.ssh.allow_local", "must be true or false"),
    ],
)
def test_a_profiles_errors_name_line_and_key_and_no_value(
    write: Callable[..., Path], extra: str, line: int, key: str, says: str
) -> None:
    [error] = errors_of(write(f"{BASE}{extra}\n"))
    assert (error.line, error.key) == (line, key)
    assert says in str(error)
    assert "canary" not in str(error)
    assert "canary" not in str(error.problem)


def test_each_ssh_option_is_a_key_of_the_table() -> None:
    assert [field.name for field in fields(SshOptions)] == list(TAKES)


def test_everything_wrong_is_said_at_once(write: Callable[..., Path]) -> None:
    path = write("[profiles.p]\nprovider = 'cloudy'\nprotected = 1\nsort = 'x'\nextra = 1\n")
    assert {error.key for error in errors_of(path)} == {
        "profiles.p.protected",
        "profiles.p.base_url",
        "profiles.p.token",
        "profiles.p.sort",
        "profiles.p.extra",
    }


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "http://10.0.0.1",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "ftp://h",
        "https://",
        "h.example.com",
        "https://user:canary@h",
        "https://h:99999",
        "https://h:0",
        "https://h/?a=canary",
        "https://h/#x",
        "https://h /x",
        "https://hé",
        "https://[::1",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_are_refused(write: Callable[..., Path], url: str) -> None:
    [error] = errors_of(write(BASE.replace("https://h", url)))
    assert error.key == "profiles.p.base_url"
    assert "canary" not in str(error)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/x", "http://localhost", "http://[::1]:1", "https://h.example/a/"]
)
def test_addresses_that_are_accepted(write: Callable[..., Path], url: str) -> None:
    settings = settings_of(profile_of(write(BASE.replace("https://h", url))), cloudy(), resolve)
    assert isinstance(settings, Settings)
    assert settings.text("base_url") == url


def test_a_plain_secret_needs_a_file_that_nobody_else_reads(write: Callable[..., Path]) -> None:
    plain = BASE.replace("env:T", "canary")
    for mode in (0o644, 0o640, 0o604):
        [error] = errors_of(write(plain, mode))
        assert (error.line, error.key) == (4, "profiles.p.token")
        assert "chmod 600 " in error.message
        assert "canary" not in str(error)
    assert isinstance(settings_of(profile_of(write(plain, 0o600)), cloudy(), resolve), Settings)
    assert isinstance(settings_of(profile_of(write(BASE, 0o644)), cloudy(), resolve), Settings)


def test_the_provider_looks_at_its_settings_together(write: Callable[..., Path]) -> None:
    provider = cloudy(lambda values: ("sort", "goes with another token") if values["sort"] == "small" else None)
    [error] = errors_of(write(BASE + "sort = 'small'\n"), provider)
    assert (error.line, error.key, error.message) == (5, "profiles.p.sort", "goes with another token")


def test_read_only_is_lifted_by_write_but_not_where_one_profile_says_so(write: Callable[..., Path]) -> None:
    config = loaded(write("read_only = true\n[profiles.a]\nprovider='c'\n[profiles.b]\nprovider='c'\nread_only=true\n"))
    a, b = config.profiles
    assert [config.holds_read_only(a, asked) for asked in (None, True, False)] == [True, True, False]
    assert [config.holds_read_only(b, asked) for asked in (None, True, False)] == [True, True, True]


LINES = '''# [profiles.p] in a comment
title = """
[profiles.p]
key = 1
"""
list = [
  "key = 2",
]
[profiles]
"p.q" = { key = 1 }   # line 10
  [ profiles . p ]    # line 11
"odd = key" = 1
plain = 'x = y'
deep.er = 1
[profiles.pp]
key = 3
[profiles.p.ssh]
key = 4
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("title",), 2),
        (("list",), 6),
        (("profiles", "p.q", "key"), 10),
        (("profiles", "p"), 11),
        (("profiles", "p", "absent"), 11),
        (("profiles", "p", "odd = key"), 12),
        (("profiles", "p", "plain"), 13),
        (("profiles", "p", "deep", "er"), 14),
        (("profiles", "pp", "key"), 16),
        (("profiles", "p", "ssh", "key"), 18),
        (("absent",), None),
    ],
)
def test_lines_are_found_by_key(keys: tuple[str, ...], line: int | None) -> None:
    assert Document(Path("x"), text=LINES).error(keys, "m").line == line


def test_places_follow_the_environment_and_make_folders_for_the_user_alone(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "GPUTUI_CONFIG_DIR": str(tmp_path / "c"), "GPUTUI_STATE_DIR": str(tmp_path / "s")}
    places = Places.of(environ)
    assert places.config_file == tmp_path / "c" / "config.toml"
    assert places.audit == tmp_path / "s" / "audit.jsonl"
    assert list(tmp_path.iterdir()) == [], "nothing is made before it is needed"
    before = os.umask(0)
    try:
        assert places.ready(places.dumps) == tmp_path / "s" / "dumps"
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (places.state_dir, places.dumps)] == [0o700, 0o700]
    xdg = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    assert Places.of(xdg).config_dir == tmp_path / "xdg" / "gputui"
    assert Places.of(xdg).state_dir == tmp_path / ".local" / "state" / "gputui"
