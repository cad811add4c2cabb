"""A stranger's provider, one file and one entry point: every command and key works on it, and gputui knows nothing."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gputui
from gputui.core.problem import Cause
from gputui.core.request import Request, SendStatus
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console, Wish, configured
from tests.sixth import sixth_cloud as source
from tests.sixth.server import PASSWORD, TOKEN, SixthCloud, sixth_cloud

MODULE = "sixth_cloud"
FILE = Path(source.__file__)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the import path with the stranger's package as an installer leaves it: the file, and its metadata."""
    site = tmp_path / "site"
    info = site / "sixth_cloud-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sixth-cloud\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[gputui.providers]\nsixth = {MODULE}:PROVIDER\n")
    shutil.copy(FILE, site / f"{MODULE}.py")
    monkeypatch.syspath_prepend(str(site))
    yield site
    sys.modules.pop(MODULE, None)


@pytest.fixture
def cloud() -> Iterator[SixthCloud]:
    with sixth_cloud() as cloud:
        yield cloud


def config(cloud: SixthCloud, token: str = TOKEN) -> str:
    return f'[profiles.mine]\nprovider = "sixth"\nbase_url = "{cloud.url}"\ntoken = "{token}"\n'


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(tmp_path: Path, site: Path, cloud: SixthCloud) -> Command:
    """The program in a process of its own, with the stranger's package installed and a profile of it."""
    folder = tmp_path / "config"
    folder.mkdir()
    path = folder / "config.toml"
    path.touch(mode=0o600)

    def run(*argv: str, text: str = "") -> tuple[int, str, str]:
        path.write_text(text or config(cloud))
        environ = {**os.environ, "PYTHONPATH": str(site), "GPUTUI_CONFIG_DIR": str(folder)}
        environ |= {"GPUTUI_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path)}
        said = subprocess.run(
            [sys.executable, "-m", "gputui.cli", *argv],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert TOKEN not in said.stdout + said.stderr
        assert PASSWORD not in said.stdout + said.stderr
        return said.returncode, said.stdout, said.stderr

    return run


def text_of(reader: Reader) -> str:
    return "\n".join("".join(part for part, _ in line) for line in reader.pages.lines)


async def read(here: Console, key: str) -> str:
    """Open the reader with a key, give its text when it is whole, and leave it."""
    await here.press(key)
    await here.until(lambda: here.shows(Reader))
    reader = here.app.screen
    assert isinstance(reader, Reader)
    if key == "d":
        await here.until(lambda: "serial" in text_of(reader))
    text = text_of(reader)
    await here.press("q")
    await here.until(lambda: not isinstance(here.app.screen, Reader))
    return text


def test_the_stranger_needs_core_and_net_and_gputui_does_not_know_it() -> None:
    seen = {
        node.module for node in ast.walk(ast.parse(FILE.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
    } - {"__future__"}
    ours = {name for name in seen if name is not None and name.startswith("gputui")}
    assert {name.split(".")[1] for name in ours} == {"core", "net"}
    root = Path(gputui.__file__).parent
    assert not [path for path in root.rglob("*.py") if "sixth" in path.read_text("utf-8").lower()]


def test_config_check_knows_its_keys(command: Command, cloud: SixthCloud) -> None:
    code, out, err = command("config", "check")
    assert (code, err) == (0, "")
    assert "1 profiles, nothing wrong" in out
    code, out, err = command("config", "check", text=config(cloud).replace("base_url", "base_uri"))
    assert (code, out) == (2, "")
    assert "profiles.mine.base_uri" in err
    assert "the address of the API" in err


def test_config_show_hides_its_secret_and_not_its_address(command: Command, cloud: SixthCloud) -> None:
    code, out, _ = command("config", "show")
    assert code == 0
    assert cloud.url in out


def test_get_gives_its_columns_as_json(command: Command) -> None:
    code, out, err = command("get", "machines", "-o", "json")
    assert (code, err) == (0, "")
    rows = {row["name"]: row for row in json.loads(out)}
    assert sorted(rows) == [f"vega-{n}" for n in range(1, 6)]
    row = rows["vega-3"]
    known = {"profile": "mine", "provider": "sixth", "view": "machines", "id": "m-3", "state": "BROKEN"}
    assert {key: row[key] for key in known} == known
    assert (row["health"], row["gpu"], row["rack"]) == ("bad", 8, "rack-b")
    assert row["age"].startswith("2026-01-02T03:04:05")


def test_get_fleet_faults_and_raw(command: Command) -> None:
    code, out, _ = command("get", "fleet", "--faults", "-o", "csv")
    (row,) = csv.DictReader(io.StringIO(out))
    assert (code, row["name"], row["health"]) == (1, "vega-3", "bad")
    assert "8×" in command("get", "fleet", "-o", "table")[1]  # its column is called GPUS: the role counts
    code, out, _ = command("get", "machines", "vega-1", "--raw", "-o", "json")
    assert code == 0
    assert json.loads(out)[0]["raw"]["console_password"] == "***"


def test_what_cannot_be_read_is_one_row_and_a_wrong_token_one_profile(command: Command, cloud: SixthCloud) -> None:
    del cloud.machines["m-2"]["gpus"]
    code, out, err = command("get", "machines", "-o", "json")
    assert code == 0
    assert len(json.loads(out)) == 5
    assert "1 entries of machines cannot be read" in err
    code, out, err = command("get", "machines", text=config(cloud, "wrong"))
    assert (code, out) == (2, "")
    assert "mine: credentials refused" in err


@pytest.mark.usefixtures("site")
async def test_it_has_a_tab_views_the_fleet_and_drill_down(tmp_path: Path, cloud: SixthCloud) -> None:
    async with configured(tmp_path, config(cloud), Wish(every=0.2)) as here:
        await here.until(lambda: here.page.total_count == 5)  # the fleet
        assert "1 mine ✖1" in here.bar("tabs")
        first = here.page.rows[here.page.shown_refs[0]]
        assert (first.name, first.health.word) == ("vega-3", "bad")
        await here.go("1")
        assert "Machines 5 · Racks" in here.bar("views")
        await here.go("1", view="racks")
        rack = await here.choose("rack-b")
        await here.press("enter")
        await here.until(lambda: here.app.console_screen.trail.here.parent == rack)
        await here.until(lambda: here.page.total_count == 3)
        assert set(here.rows()) == {"vega-3", "vega-4", "vega-5"}
        assert "Racks › rack-b › Machines" in here.bar("views")
        await here.press("escape")
        await here.until(lambda: here.app.console_screen.trail.here.view == "racks")


@pytest.mark.usefixtures("site")
async def test_help_details_and_json_follow_from_its_declaration(tmp_path: Path, cloud: SixthCloud) -> None:
    async with configured(tmp_path, config(cloud), Wish(every=0.2, size=(100, 40))) as here:
        await here.go("1")
        await here.choose("vega-1")
        for words in ("X Stop", "d Details"):
            assert words in " ".join(here.bar("keys").split())
        assert "S Start" not in here.bar("keys")  # it runs
        text = await read(here, "question_mark")
        assert "verbs of vega-1" in text
        assert "off: state is UP, not DOWN" in text
        assert "the sixth cloud knows start and stop only" in text
        text = await read(here, "d")
        assert "SN-0042" in text  # what only the call for one thing tells
        assert "***" in text
        assert PASSWORD not in text
        text = await read(here, "y")
        assert '"rack": "rack-a"' in text
        assert PASSWORD not in text


@pytest.mark.usefixtures("site")
async def test_its_verbs_are_asked_sent_once_and_followed(tmp_path: Path, cloud: SixthCloud) -> None:
    async with configured(tmp_path, config(cloud), Wish(every=0.2)) as here:
        await here.go("1")
        ref = await here.choose("vega-1")
        await here.press("X")
        dialog = await here.dialog()
        assert dialog.question.title == "Stop vega-1 in mine?"
        assert "Jobs on it get 30 seconds to save." in dialog.question.told
        await here.press("enter")  # on a fresh dialog that is Cancel
        await here.until(lambda: not isinstance(here.app.screen, Dialog))
        assert not cloud.changes
        await here.press("X")
        await here.dialog()
        await here.press("y")
        await here.until(lambda: here.row("mine", "vega-1").state == "STOPPING")
        assert cloud.changes == [("POST", "/v1/machines/m-1/stop", {"grace_seconds": 30})]
        cloud.go_on()
        await here.until(lambda: "vega-1 Stop: confirmed" in here.bar("changes"))
        assert here.page.cursor_ref == ref
        await here.press("ctrl+d")
        dialog = await here.dialog()
        assert dialog.question.type_this == "vega-1"
        await here.press(*"vega-1", "enter")
        await here.until(lambda: here.row("mine", "vega-1").state == "DELETING")
        cloud.go_on()
        await here.until(lambda: here.store.find(ref) is None)
        assert cloud.changes[1:] == [("DELETE", "/v1/machines/m-1", None)]
    lines = [json.loads(line) for line in (tmp_path / "state" / "audit.jsonl").read_text().splitlines()]
    assert [(line["phase"], line["verb"]) for line in lines if line["phase"] != "settled"] == [
        ("intent", "stop"),
        ("outcome", "stop"),
        ("intent", "delete"),
        ("outcome", "delete"),
    ]


@pytest.mark.usefixtures("site")
async def test_read_only_holds_for_it_too(tmp_path: Path, cloud: SixthCloud) -> None:
    async with configured(tmp_path, config(cloud), Wish(every=0.2, read_only=True)) as here:
        await here.go("1")
        await here.choose("vega-1")
        assert "read-only" in here.bar("keys")
        for key in ("X", "S", "ctrl+d"):
            await here.press(key)
            assert not isinstance(here.app.screen, Dialog)
        outcome = await here.store.clouds["mine"].client.change(Request("POST", "/machines/m-1/stop"))
        assert outcome.send_status is SendStatus.NOT_SENT
        assert outcome.problem is not None
        assert outcome.problem.cause is Cause.READ_ONLY
        assert not cloud.changes
