"""What is usually written wrong in a configuration is recognised, and what is right is said, without the value."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gputui import cli
from gputui.config.document import ConfigError, Document, profile_problem
from gputui.config.keymap import key_errors
from gputui.config.other_names import _OTHERS, other_name
from gputui.config.profiles import PROFILE_KEYS
from gputui.config.references import mistaken_reference
from gputui.config.ssh_table import TAKES
from gputui.config.toml_mistakes import mistake_in
from gputui.core.problem import Cause, Problem
from gputui.ui.shell.keymap import is_key_name

Check = Callable[..., tuple[int, list[str]]]

RUNAI = (
    '[profiles.p]\nprovider = "runai"\nbase_url = "https://a.run.ai"\nclient_id = "c"\nclient_secret = "cmd:echo s"\n'
)


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """What `config check` returns and says of a file, without the path of it."""
    monkeypatch.setenv("GPUTUI_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("GPUTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = tmp_path / "config.toml"

    def checking(text: str, mode: int = 0o600) -> tuple[int, list[str]]:
        path.write_text(text)
        path.chmod(mode)
        code = cli.main(["config", "check"])
        return code, [
            line.removeprefix(f"gputui: {path}").removeprefix(":").strip()
            for line in capsys.readouterr().err.splitlines()
        ]

    return checking


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("$TOKEN", '"env:NAME"'), ("${TOKEN}", '"env:NAME"'), ("%TOKEN%", '"env:NAME"'), ("$env:TOKEN", '"env:NAME"'),
        ("ENV:TOKEN", '"env:NAME"'), ("Env: TOKEN", '"env:NAME"'), ("env.TOKEN", '"env:NAME"'),
        ("env(TOKEN)", '"env:NAME"'), ("environ:TOKEN", '"env:NAME"'), ("env=TOKEN", '"env:NAME"'),
        ("env:$TOKEN", "bare name"), ("env: TOKEN", "bare name"), ("env:${TOKEN}", "bare name"),
        ("env:", "names nothing"),
        ("FILE:~/x", '"file:PATH"'), ("path:~/x", '"file:PATH"'), ("file://~/x", "without a second slash"),
        ("$(pass show x)", '"cmd:PROGRAM WORDS"'), ("`pass show x`", '"cmd:PROGRAM WORDS"'),
        ("command:pass show x", '"cmd:PROGRAM WORDS"'), ("op://vault/item", '"cmd:"'), ("vault:/secret/x", '"cmd:"'),
        ("keychain:a/b", '"keyring:SERVICE/USER"'), ("<your token>", "placeholder"), ("{{ token }}", "placeholder"),
        ("...", "placeholder"),
    ],
)  # fmt: skip
def test_what_was_meant_as_a_reference_and_is_none(value: str, says: str) -> None:
    told = mistaken_reference(value)
    assert says in told
    assert value in ("...", "env:") or value not in told, "it may be the secret itself"


@pytest.mark.parametrize(
    "value",
    [
        "env:TOKEN", "file:~/x", "file:/a/b", "file:///a", "cmd:pass show x", "keyring:a/b", "sk-live-1234", "hf_abc",
        "$2a$10$abcdefgh", "eyJhbGciOi.eyJzdWIi.c2ln", "100%TOKEN", "a$B", "environment", "filer", "pa$$word",
    ],
)  # fmt: skip
def test_references_and_secrets_are_left_alone(value: str) -> None:
    assert mistaken_reference(value) == ""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("provider = scp", "in quotes"), ("base_url = https://a.example.com/api", "in quotes"),
        ("token = env:TOKEN  # mine", "in quotes"), ("identity_file = ~/.ssh/id", "in quotes"),
        ("token =", "has no value"), ("protected = True", "small"), ("read_only = yes", "small"),
        ("provider: scp", "joined by ="), ("token = “abc”", "plain ones"), ('path = "C:\\Users\\x"', "doubled"),
        ("export TOKEN=abc", "for a shell"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_toml_says_what_is_right(check: Check, line: str, says: str) -> None:
    code, (told,) = check(f"[profiles.p]\n{line}\n")
    assert code == 2
    assert told.startswith("2:") and says in told


@pytest.mark.parametrize("line", ["a = 1.2.3", "[profiles.x", "a = [1,,2]", 'a = "x', "a = 2020-99-99"])
def test_other_mistakes_are_told_by_the_parser(line: str) -> None:
    assert mistake_in(line) == ""


@pytest.mark.parametrize(
    ("key", "known", "meant"),
    [
        ("url", ("token", "base_url"), "base_url"), ("baseUrl", ("base_url",), "base_url"),
        ("BASE-URL", ("base_url",), "base_url"), ("endpoint", ("base_url",), "base_url"),
        ("username", ("user", "port"), "user"), ("key_file", ("identity_file",), "identity_file"),
        ("IdentityFile", ("identity_file",), "identity_file"), ("bastion", ("proxy_jump",), "proxy_jump"),
        ("app_secret", ("client_id", "client_secret"), "client_secret"),
        ("refresh", ("refresh_seconds",), "refresh_seconds"), ("url", ("token",), ""), ("nonsense", ("token",), ""),
    ],
)  # fmt: skip
def test_what_other_programs_call_a_key(key: str, known: tuple[str, ...], meant: str) -> None:
    assert other_name(key, known) == meant


def test_the_other_names_are_of_keys_that_there_are() -> None:
    from gputui.config import providers
    from gputui.config.profiles import GENERAL_KEYS
    from gputui.core.provider import Provider

    loaded = [providers.load(name) for name in ("scp", "nsml", "hostedai", "runai", "datenfab")]
    own = {setting.name for one in loaded if isinstance(one, Provider) for setting in one.settings}
    assert set(_OTHERS) <= {*own, *PROFILE_KEYS, *GENERAL_KEYS, *TAKES}


def test_all_wrong_keys_of_all_tables_are_said_at_once(check: Check) -> None:
    code, told = check(
        "colour = 1\n"
        + RUNAI.replace("base_url", "url")
        + "clent_id = 'x'\n[profiles.p.ssh]\nbastion = 'b'\nprot = 2\n"
        "[keys]\nx = 1\ny = 2\n"
    )
    assert code == 2
    assert [line.partition(":")[0] for line in told] == ["1", "2", "4", "7", "9", "10", "12", "13"]
    assert "; did you mean base_url?" in told[2]
    assert "; did you mean proxy_jump?" in told[4] and "; did you mean port?" in told[5]


def test_what_is_meant_is_said_without_all_that_there_is(check: Check) -> None:
    assert check('[profiles.p]\ntype = "scp"\n') == (
        2,
        ["2: profiles.p.type: is not a key of this table; did you mean provider?"],
    )
    code, told = check(RUNAI + "secret = 1\nxyzzy = 2\n[profile.q]\n")
    assert code == 2
    assert told[0] == "6: profiles.p.secret: is not a key of this table; did you mean client_secret?"
    assert told[1].startswith("7: profiles.p.xyzzy: is not a key of this table (allowed: ")
    assert told[2] == "8: profile: is not a key of this table; did you mean profiles?"


def test_a_file_without_profiles_is_told_as_by_get(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("", "# nothing\n", 'theme = "gputui-dark"\n'):
        assert check(text) == (2, ["has no profiles"])
    assert cli.main(["get", "fleet"]) == 2
    assert "config.toml: has no profiles" in capsys.readouterr().err


def test_many_plain_secrets_in_a_file_that_others_can_read_are_one_line(check: Check) -> None:
    two = RUNAI.replace('"cmd:echo s"', '"plain-a"')
    code, told = check(two + two.replace("profiles.p", "profiles.q").replace("plain-a", "plain-b"), 0o644)
    assert code == 2
    (line,) = told
    assert line.startswith("5: profiles.p.client_secret, profiles.q.client_secret: holds a secret in plain text")
    assert line.count("chmod 600") == 1


def test_a_missing_identity_file_is_told_and_keeps_nobody_from_the_cloud(check: Check, tmp_path: Path) -> None:
    code, (told,) = check(RUNAI + '[profiles.p.ssh]\nidentity_file = "~/.ssh/nowhere"\n')
    assert code == 2
    assert told.startswith("7: profiles.p.ssh.identity_file: there is no such file: ")
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    (tmp_path / "home" / ".ssh" / "id").write_text("x")
    for name in ("~/.ssh/id", "id", str(tmp_path / "home/.ssh/id")):
        assert check(RUNAI + f'[profiles.p.ssh]\nidentity_file = "{name}"\n') == (0, [])
    assert "is not a file" in check(RUNAI + '[profiles.p.ssh]\nidentity_file = "~/.ssh"\n')[1][0]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ('"row.shh" = "ctrl+s"', "7: keys.\"row.shh\": there is no binding of that id; did you mean row.ssh?"),
        ('"row.ssh" = "d"', '7: keys."row.ssh": d means both row.details and row.ssh'),
        ('"row.ssh" = "crtl+s"', '7: keys."row.ssh": there is no key called crtl+s'),
        ('"runai.inferences.delete" = "s"', "means both"),
        ('"scp.nodes.stopp" = "ctrl+x"', "did you mean scp.nodes.stop?"),
        ('"command.bundle" = "s"', '7: keys."command.bundle": s means both row.ssh and command.bundle'),
        ('"row.ssh" = "f1,F99x"', "there is no key called F99x"),
    ],
)  # fmt: skip
def test_unknown_ids_unknown_keys_and_clashes_have_their_line(check: Check, keys: str, says: str) -> None:
    code, told = check(f"{RUNAI}[keys]\n{keys}\n")
    assert code == 2
    assert any(says in line for line in told), told
    assert all(line.startswith("7: keys") for line in told)


@pytest.mark.parametrize(
    "keys",
    [
        '"row.ssh" = "ctrl+x"', '"row.ssh" = "f5,ctrl+shift+s"', '"scp.nodes.stop" = "ctrl+x"',
        "look.faults = 'full_stop'",
        '"row.ssh" = "d"\n"row.details" = "s"', '"runai.inferences.metrics" = "ctrl+t"',
        '"row.ssh" = "alt+enter"', '"command.bundle" = "f9"\n"command.audit" = "f8"',
    ],
)  # fmt: skip
def test_good_bindings_are_fine_of_providers_without_a_profile_too(check: Check, keys: str) -> None:
    assert check(f"{RUNAI}[keys]\n{keys}\n") == (0, [])


def test_a_clash_in_one_view_is_told_once() -> None:
    document = Document(Path("c"), {}, "[keys]\na = 'x'\n")
    views = [{"v.one": "x"}, {"v.two": "y"}, {"v.one": "x"}]
    (error,) = key_errors(document, {"a": "x"}, {"a": "s", "b": "t"}, views, is_key_name)
    assert (error.line, error.message) == (2, "x means both a and v.one")


@pytest.mark.parametrize("reference", ["env:ID", "ENV:ID", "File:~/id", "$ID"])
def test_where_references_are_not_read_that_is_said(check: Check, reference: str) -> None:
    code, (told,) = check(RUNAI.replace('client_id = "c"', f'client_id = "{reference}"'))
    assert code == 2
    assert told.startswith("4: profiles.p.client_id: takes the text itself: only secrets can be references")


def test_many_errors_in_one_text_name_the_file_once() -> None:
    first, second = ConfigError("is wrong", "f", 3, key="p.a"), ConfigError("is too", "f", 5, key="p.b", allowed=("x",))
    assert profile_problem([first]) == Problem(Cause.CONFIG, "f:3: a: is wrong")
    all_of_them = Problem(
        Cause.CONFIG, "f:3: a: is wrong · 5: b: is too · g: elsewhere", "gputui config check says all"
    )
    assert profile_problem([first, second, ConfigError("elsewhere", "g")]) == all_of_them
