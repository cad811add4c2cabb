"""Addresses from outside: which may be opened or copied, and what of them is shown."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from gputui.core.links import LONGEST_URL, flaw
from gputui.core.secret import STARS
from gputui.providers.nsml.views import NODES
from gputui.providers.nsml.wire import NsmlNode
from gputui.providers.secrecy import link
from gputui.ui.terminal.browser import open_url, opener
from tests.clocks import until


@pytest.mark.parametrize(
    "url",
    [
        "http://8d40c2e6.gw.neolink-ai.com/jupyter?token=7d27&x=1#top",
        "https://demo-runai-team-a.cluster.example.com",
        "HTTPS://[2001:db8::7]:8443/a/(b)/c;v=1,2",
        "http://10.0.0.7:6006/",
    ],
)
def test_what_a_browser_can_be_given(url: str) -> None:
    assert flaw(url) == ""


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "empty"),
        ("javascript:alert(1)", "neither http nor https"),
        ("file:///etc/passwd", "neither http nor https"),
        ("-http://h/", "neither http nor https"),
        ("//h/x", "neither http nor https"),
        (" http://h/", "neither http nor https"),
        ("http://h/\x1b]52;c;eA==\x07", "characters"),
        ("http://h/a\nb", "characters"),
        ("http://h/a b", "characters"),
        ("http://h/`id`", "characters"),
        ("http://h\\@evil/", "characters"),
        ("http://раypal.com/", "characters"),
        ("http://h/‮x", "characters"),
        ("http://user:pass@h/", "login"),
        ("http://good.example@evil.example/", "login"),
        ("http:///path", "host"),
        ("http://[::1/", "read"),
        ("http://h:99999/", "read"),
        ("http://h:x/", "read"),
        ("http://-h/", "host"),
        ("http://a..b/", "host"),
        ("http://[v1.x]/", "host"),
        ("http://[good.example]/", "host"),
        ("http://h/" + "a" * LONGEST_URL, "too long"),
    ],
)
def test_what_it_is_not_given(url: str, reason: str) -> None:
    # Newer Pythons refuse to read what older ones take for a host.
    assert reason in flaw(url) or (reason == "host" and "read" in flaw(url))


@pytest.mark.parametrize(
    ("environ", "platform", "program"),
    [
        ({"DISPLAY": ":0"}, "linux", "/bin/xdg-open"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", "/bin/xdg-open"),
        ({}, "linux", ""),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "1 2 3 4"}, "linux", ""),
        ({}, "darwin", "/bin/open"),
        ({"SSH_TTY": "/dev/pts/1"}, "darwin", ""),
    ],
)
def test_a_browser_is_opened_only_where_somebody_sees_it(environ: dict[str, str], platform: str, program: str) -> None:
    assert opener(environ, platform, lambda name: f"/bin/{name}") == program
    assert opener(environ, platform, lambda _: None) == ""


async def test_a_browser_that_stays_is_not_waited_for(tmp_path: Path) -> None:
    browser, note = tmp_path / "browser", tmp_path / "pid"
    browser.write_text(f"#!/bin/sh\necho $$ > {note}.new; mv {note}.new {note}; exec sleep 1000\n")
    browser.chmod(0o700)
    try:
        assert await asyncio.wait_for(open_url(str(browser), "http://localhost", 0.01), 20)
        await until(note.exists)
    finally:
        os.kill(int(note.read_text()), signal.SIGKILL)
    assert not await open_url("false", "http://localhost")
    assert not await open_url(str(tmp_path / "none"), "http://localhost")


def test_odd_ports_are_no_ports() -> None:
    odd = ["x", "", "0", "-1", "70000", "15002 ", "１５", "1e3", "00022x", "15002"]
    node = NsmlNode.model_validate({"nodeId": "n", "tcpPorts": [*odd, 15003, 0, 65536]})
    assert NODES.ports is not None
    assert [port.number for port in NODES.ports(node)] == [15002, 15003]


def test_a_token_is_neither_shown_nor_in_a_repr() -> None:
    found = link("Jupyter", "http://h/jupyter?token=7d27443c&x=1")
    assert found.shown == f"http://h/jupyter?token={STARS}&x=1"
    assert found.is_secret
    assert "7d27443c" not in repr(found)
    assert not link("TensorBoard", "http://h/monitor").is_secret
