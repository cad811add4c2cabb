"""What is obeyed was written by the user or by root: a configuration that others can write is refused, always."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gputui import cli
from gputui.config.document import ConfigError
from gputui.config.profiles import load
from gputui.config.secrets import Secrets
from gputui.config.themes import read_theme, shipped
from gputui.core.problem import Failed
from gputui.core.secret import Secret
from gputui.core.trusted_files import NotTrusted, _judge_file, _judge_owner, check_trusted
from gputui.ssh.trust.known import KnownHosts
from gputui.ssh.userconfig.host_config import read_config

SOMEBODY = 12345
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
CONFIG = "[profiles.p]\nprovider = 'datenfab'\nnamespace = 'n'\ntoken = 'cmd:/bin/false'\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir(mode=0o700)
    path = folder / "config.toml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    return path


def complaint(path: Path) -> str:
    config = load(path, home=path.parent)
    assert config.profiles == (), "nothing of it is obeyed"
    assert config.read_only
    [error] = config.errors
    return str(error)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o644, 0o755])
def test_a_file_that_nobody_else_can_write_is_obeyed(config: Path, mode: int) -> None:
    config.chmod(mode)
    assert load(config, home=config.parent).errors == ()


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o664, 0o666])
def test_a_file_that_others_can_write_is_refused_with_the_command(config: Path, mode: int) -> None:
    config.chmod(mode)
    assert f"others may write {config} (mode {mode:04o}): chmod 600 {config}" in complaint(config)


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_can_write_is_refused_with_the_command(config: Path, mode: int) -> None:
    config.parent.chmod(mode)
    assert f"{config.parent} (mode {mode:04o}): chmod go-w {config.parent}" in complaint(config)


def test_in_a_sticky_folder_nobody_can_replace_what_is_ours(config: Path) -> None:
    config.parent.chmod(0o1777)
    assert load(config, home=config.parent).errors == ()


@as_root
def test_a_strangers_file_is_refused_with_the_command(config: Path) -> None:
    os.chown(config, SOMEBODY, 0)
    assert f"belongs to another user ({SOMEBODY}): chown -h root {config}" in complaint(config)


def test_of_roots_own_file_only_what_others_may_do_is_taken_away(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: config.stat().st_uid + 1)
    config.chmod(0o4666)
    with pytest.raises(NotTrusted, match=r"\(mode 4666\): chmod go-w "):
        _judge_file(config, os.stat_result((0o104666, 0, 0, 0, 0, 0, 0, 0, 0, 0)))


@as_root
def test_a_strangers_folder_is_refused_though_the_file_is_ours(config: Path) -> None:
    os.chown(config.parent, SOMEBODY, 0)
    assert f"{config.parent} belongs to another user ({SOMEBODY})" in complaint(config)


@as_root
def test_a_strangers_file_in_a_sticky_folder_is_refused(config: Path) -> None:
    config.parent.chmod(0o1777)
    os.chown(config, SOMEBODY, 0)
    assert "belongs to another user" in complaint(config)


def test_a_link_is_followed_and_both_ends_are_judged(config: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "dotfiles"
    elsewhere.mkdir(mode=0o755)
    link = elsewhere / "linked.toml"
    link.symlink_to("../config/config.toml")
    assert load(link, home=tmp_path).errors == ()
    elsewhere.chmod(0o777)
    assert f"chmod go-w {elsewhere}" in complaint(link)
    elsewhere.chmod(0o755)
    config.parent.chmod(0o777)
    assert f"chmod go-w {elsewhere}/../config" in complaint(link)
    config.parent.chmod(0o700)
    config.chmod(0o666)
    assert "others may write" in complaint(link)


@as_root
def test_a_strangers_link_is_refused_though_all_else_is_ours(config: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(config)
    os.chown(link, SOMEBODY, 0, follow_symlinks=False)
    assert f"chown -h root {link}" in complaint(link)


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        check_trusted(tmp_path / "a")


def test_config_check_and_show_and_get_say_the_same(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    config.chmod(0o666)
    for words in (("config", "check"), ("config", "show"), ("get", "fleet"), ("get", "fleet", "--read-only")):
        assert cli.main([*words, "--config", str(config)]) == 2
        told = capsys.readouterr()
        assert f"chmod 600 {config}" in told.err
        assert not told.out


def test_whatever_else_is_obeyed_is_judged_alike(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    path.chmod(0o602)
    secret = Secrets({}, tmp_path, tmp_path).resolve(f"file:{path}")
    assert isinstance(secret, ConfigError)
    assert "chmod 600" in str(secret)
    assert "chmod 600" in str(read_theme(path))
    with pytest.raises(Failed, match="chmod 600"):
        KnownHosts.read([path])
    with pytest.raises(Failed, match="chmod 600"):
        read_config(path, "host", home=tmp_path)


@pytest.mark.parametrize("key", ["ca_file", "client_cert"])
def test_certificates_that_others_can_write_are_refused(config: Path, key: str) -> None:
    authority = config.parent / "ca.pem"
    authority.write_text("x")
    config.write_text(f"{CONFIG}{key} = '{authority}'\n")
    assert load(config, home=config.parent).profiles[0].errors == ()
    authority.chmod(0o666)
    [error] = load(config, home=config.parent).profiles[0].errors
    assert "chmod 600" in str(error)


@pytest.mark.parametrize("key", ["ca_file", "client_cert"])
def test_a_certificate_that_is_no_file_is_not_called_missing(config: Path, key: str) -> None:
    fifo = config.parent / "fifo"
    os.mkfifo(fifo)
    config.write_text(f"{CONFIG}{key} = '{fifo}'\n")
    [error] = load(config, home=config.parent).profiles[0].errors
    assert str(error).endswith(f"is not used: {fifo}: is not a regular file")


def test_a_secret_beside_a_folder_of_everybody_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("hidden")
    path.chmod(0o600)
    secrets = Secrets({}, tmp_path, tmp_path)
    assert secrets.resolve(f"file:{path}") == Secret("hidden")
    tmp_path.chmod(0o777)
    assert "chmod go-w" in str(secrets.resolve(f"file:{path}"))


def test_what_came_with_the_package_is_as_trusted_as_the_package() -> None:
    assert not isinstance(read_theme(shipped() / "gputui-dark.toml"), ConfigError)


@pytest.mark.parametrize("owner", [1, 2, 65534, 1 << 31])
def test_nobody_but_root_and_the_user_is_trusted(owner: int) -> None:
    def status(uid: int) -> os.stat_result:
        return os.stat_result((0o100600, 1, 1, 1, uid, 0, 0, 0, 0, 0))

    for trusted in (0, os.geteuid()):
        _judge_owner(Path("x"), status(trusted))
    if owner != os.geteuid():
        with pytest.raises(NotTrusted, match="belongs to another user"):
            _judge_owner(Path("x"), status(owner))
