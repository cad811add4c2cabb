"""The command line: what it loads, where options may stand, its exit codes; over a stranger's provider."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gputui import __version__, cli
from gputui.commands.formats import width
from gputui.commands.options import ConsoleOptions, WorldOptions
from gputui.core.yaml_text import write_yaml, yaml_lines
from gputui.engine.history.database import opened_to_write
from gputui.engine.history.records import Facts, ListReading
from gputui.engine.history.writing import Writing

HEAVY = ("textual", "httpx", "pydantic", "asyncssh", "platformdirs", "importlib.metadata", "uvicorn", "tomllib")
CANARY = "canary-77aa"

STRANGER = """
from datetime import datetime, UTC
from gputui.core.cells import Column, gpus, moment, words
from gputui.core.gaps import Gap
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Provider, Setting, SshTarget, View
from gputui.core.rows import Item, Listing, Unreadable

SECRET = {"password": "CANARY"}
BORN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Client:
    def __init__(self, settings):
        self.mood = settings.text("mood")

    async def aclose(self):
        pass

    async def machines(self):
        if self.mood == "down":
            raise Failed(Problem(Cause.NETWORK, "cannot connect to cloudy \\x1b[2J", "ask the weather"))
        if self.mood == "bug":
            raise RuntimeError("CANARY")
        raw = [
            {"id": "1", "name": "alpha", "state": "RUNNING", "gpus": 8, "password": "CANARY", "in": SECRET},
            {"id": "2", "name": "beta \\u202e\\U0001f600", "state": "ERROR", "gpus": 16, "password": "CANARY"},
            {"id": "3", "name": "가나", "state": "no", "gpus": None, "password": "CANARY"},
        ]
        items = tuple(Item(one, one) for one in raw)
        return Listing(items, (Unreadable("4", "name: missing", {"id": 4}),), self.missing())

    def missing(self):
        return (Gap(listed=4, total=9),) if self.mood == "cut" else ()

    async def prices(self):
        return Listing((Item({"id": "p", "name": "H100"}, {}),))


HEALTHS = {"RUNNING": Health.OK, "ERROR": Health.BAD}
MACHINES = View(
    "machines",
    "Machines",
    Client.machines,
    lambda one: one["id"],
    lambda one: one["name"],
    (
        Column("GPU", lambda one: gpus(one["gpus"], "H100" if one["gpus"] else None), right=True),
        Column("AGE", lambda one: moment(BORN)),
        Column("POD IP", lambda one: words("10.0.0.1"), wide=True),
    ),
    state=lambda one: one["state"],
    health=lambda one: HEALTHS.get(one["state"], Health.UNKNOWN),
    machine=True,
    secrets=frozenset({"password"}),
)
PRICES = View("prices", "Prices", Client.prices, lambda one: one["id"], lambda one: one["name"], ())
PROVIDER = Provider(
    "cloudy",
    "Cloudy",
    (Setting("mood"), Setting("token", "secret")),
    Client,
    (MACHINES, PRICES),
)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with an installed stranger's package and empty folders of our own, and the environment that says so."""
    package = tmp_path / "site"
    info = package / "cloudy-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cloudy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[gputui.providers]\ncloudy = cloudy_provider:PROVIDER\nbroken = cloudy_absent:X\nodd = cloudy_provider:BORN\n"
    )
    (package / "cloudy_provider.py").write_text(STRANGER.replace("CANARY", CANARY))
    monkeypatch.syspath_prepend(str(package))
    for name, value in (("GPUTUI_CONFIG_DIR", "config"), ("GPUTUI_STATE_DIR", "state"), ("HOME", "")):
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setenv("PYTHONPATH", str(package))
    (tmp_path / "config").mkdir()
    yield tmp_path
    sys.modules.pop("cloudy_provider", None)


ONE = f'[profiles.one]\nprovider = "cloudy"\ntoken = "{CANARY}"\n'
DOWN = '[profiles.down]\nprovider = "cloudy"\nmood = "down"\n'
BUG = '[profiles.bug]\nprovider = "cloudy"\nmood = "bug"\n'


@pytest.fixture
def configure(here: Path) -> Callable[[str], Path]:
    def writing(text: str) -> Path:
        path = here / "config" / "config.toml"
        path.write_text(text)
        path.chmod(0o600)
        return path

    return writing


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def running(*argv: str) -> tuple[int, str, str]:
        code = cli.main(argv)
        out, err = capsys.readouterr()
        assert CANARY not in out + err
        assert "\x1b" not in out + err
        return code, out, err

    return running


def process(*argv: str, code: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code] if code else [sys.executable, "-m", "gputui.cli", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("argv", [["version"], ["--version"], ["--help"], ["get", "--help"]])
def test_what_needs_nothing_loads_nothing(here: Path, argv: list[str]) -> None:
    code = f"""
import sys
from gputui import cli
code = cli.main({argv!r})
loaded = [name for name in {HEAVY!r} if name in sys.modules]
print("loaded", loaded, code)
"""
    assert process(code=code).stdout.splitlines()[-1] == "loaded [] 0"


@pytest.mark.parametrize(
    ("argv", "slow"),
    [
        (["version"], ("argparse", "re", "typing")),
        (["--version"], ("argparse", "re", "typing")),
        (["--help"], ("asyncio", "dataclasses", "inspect", "logging", "pathlib", "shutil", "typing")),
    ],
)
def test_an_answer_known_beforehand_costs_little_more_than_python(
    here: Path, argv: list[str], slow: tuple[str, ...]
) -> None:
    code = f"""
import sys
before = set(sys.modules)
from gputui import cli
code = cli.main({argv!r})
print("loaded", sorted((set(sys.modules) - before) & set({slow!r})), code)
"""
    assert process(code=code).stdout.splitlines()[-1] == "loaded [] 0"


def test_get_loads_neither_screen_nor_ssh(configure: Callable[[str], Path]) -> None:
    configure(ONE)
    code = """
import sys
from gputui import cli
code = cli.main(["get", "fleet", "-o", "csv"])
print("loaded", [name for name in ("textual", "asyncssh", "rich", "uvicorn") if name in sys.modules], code)
"""
    assert process(code=code).stdout.splitlines()[-1] == "loaded [] 0"


def test_watching_loads_nothing_of_the_screen_nor_of_ssh() -> None:
    code = """
import sys
import gputui.commands.watch
print([name for name in ("textual", "asyncssh", "rich", "gputui.ui") if name in sys.modules])
"""
    assert process(code=code).stdout.splitlines()[-1] == "[]"


def test_a_connection_loads_no_command_line_of_others() -> None:
    code = """
import sys
import gputui.providers.scp.views
print([name for name in ("httpx", "click", "rich", "pygments", "httpx._main") if name in sys.modules])
"""
    assert process(code=code).stdout.splitlines()[-1] == "['httpx']"


def test_version_and_help_as_a_program(here: Path) -> None:
    said = process("version")
    assert (said.returncode, said.stdout, said.stderr) == (0, f"gputui {__version__}\n", "")
    said = process("--help")
    assert said.returncode == 0
    for command in ("demo", "get", "watch", "ssh", "run", "config", "sim", "audit", "version"):
        assert f"    {command} " in said.stdout
    for later in ("doctor", "init"):
        assert f"    {later} " not in said.stdout


@pytest.mark.parametrize(
    "argv",
    [
        ["frobnicate"],
        ["get", "x", "-o", "xml"],
        ["--read-only", "--write"],
        ["config", "lose"],
        ["-r", "0"],
        ["-r", "x"],
        ["get", "nodes", "--", "ls"],
        ["get", "nodes", "a", "b"],
        ["get", "nodes", "--bogus"],
        ["version", "now"],
        ["--confi", "x", "version"],
    ],
)
def test_a_wrong_command_line_is_2_on_stderr(run: Run, argv: list[str]) -> None:
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert "usage: gputui" in err


def test_the_version_is_an_option_too(run: Run) -> None:
    for argv in (["--version"], ["version"], ["get", "--version"]):
        assert run(*argv) == (0, f"gputui {__version__}\n", "")


@pytest.mark.parametrize(
    ("argv", "meant"),
    [
        (["versoin"], "version"),
        (["conf", "check"], "config"),
        (["config", "chek"], "check"),
        (["get", "machine"], "machines"),
        (["get", "FLEETS"], "fleet"),
        (["get", "machines", "alfa"], "alpha"),
        (["get", "machines", "-o", "jsno"], "json"),
        (["get", "machines", "--fault"], "--faults"),
        (["get", "machines", "--filtr=alpha"], "--filter"),
        (["run", "alpha", "--concurency", "2", "--", "ls"], "--concurrency"),
        (["--log-level", "warn"], "warning"),
        (["get", "machines", "-p", "onne"], "one"),
        (["ssh", "alpha", "-p", "On"], "one"),
        (["run", "", "-p", "onne", "--", "ls"], "one"),
        (["audit", "-p", "onne"], "one"),
        (["sim", "--only", "hosted"], "hostedai"),
    ],
)
def test_a_mistyped_word_is_answered_with_the_one_that_was_meant(
    run: Run, configure: Callable[[str], Path], argv: list[str], meant: str
) -> None:
    configure(ONE)
    code, _, err = run(*argv)
    assert code == 2
    assert f"; did you mean {meant}?" in err, err


def test_a_word_that_resembles_none_suggests_none(run: Run, configure: Callable[[str], Path]) -> None:
    configure(ONE)
    assert "did you mean" not in run("get", "zzz")[2] + run("frobnicate")[2] + run("get", "machines", "--zzz")[2]


def test_options_stand_before_or_after_the_command(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gputui.commands.start

    seen: list[ConsoleOptions] = []

    def run_start(options: ConsoleOptions, here: object, *, demo: WorldOptions | None) -> int:
        assert demo == WorldOptions()
        seen.append(options)
        return 0

    monkeypatch.setattr(gputui.commands.start, "run_start", run_start)
    monkeypatch.delenv("NO_COLOR", raising=False)
    words = ["--config", "c", "-p", "a", "-p", "b", "--write", "--log-file", "l", "--log-level", "debug"]
    words += ["-c", "nodes", "-r", "7", "--theme", "t", "--ascii", "--no-color", "--mouse", "--full-frames"]
    assert cli.main([*words, "demo"]) == cli.main(["demo", *words]) == cli.main([*words[:4], "demo", *words[4:]]) == 0
    assert seen[0] == seen[1] == seen[2]
    assert seen[0] == ConsoleOptions(Path("c"), ("a", "b"), False, Path("l"), "debug", "nodes", 7.0, "t", *[True] * 4)
    assert cli.main(["--read-only", "demo", "--write"]) == 0
    assert seen[3] == ConsoleOptions(read_only=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert cli.main(["demo"]) == 0
    assert seen[4] == ConsoleOptions(no_color=True)


def test_get_json_has_the_eight_keys_then_the_columns(run: Run, configure: Callable[[str], Path]) -> None:
    configure(ONE)
    code, out, err = run("get", "machines", "-o", "json")
    assert code == 0
    assert out.isascii()
    rows = json.loads(out)
    seen = datetime.fromisoformat(rows[0].pop("observed_at"))
    assert abs((datetime.now(UTC) - seen).total_seconds()) < 60
    assert rows[0] == {
        "profile": "one",
        "provider": "cloudy",
        "view": "machines",
        "id": "1",
        "name": "alpha",
        "state": "RUNNING",
        "health": "ok",
        "gpu": 8,
        "age": "2026-01-02T03:04:05Z",
        "pod_ip": "10.0.0.1",
    }
    assert list(rows[1])[:8] == ["profile", "provider", "view", "id", "name", "state", "health", "observed_at"]
    assert rows[1]["name"] == "beta \ufffd\U0001f600", "what a script gets is what the screen shows"
    assert rows[2]["gpu"] is None
    assert (rows[3]["health"], rows[3]["gpu"], rows[3]["unreadable"]) == ("unknown", None, "name: missing")
    assert "1 entries of machines cannot be read" in err


def test_get_raw_masks_secret_keys_at_any_depth(run: Run, configure: Callable[[str], Path]) -> None:
    configure(ONE)
    for output in ("json", "jsonl", "csv", "yaml"):
        code, out, _ = run("get", "machines", "alpha", "--raw", "-o", output)
        assert code == 0
        assert out.count("***") == 2
    row = json.loads(run("get", "machines", "alpha", "--raw", "-o", "jsonl")[1])
    assert row["raw"]["in"] == {"password": "***"}


def test_get_of_a_view_without_states_knows_neither_state_nor_health(
    run: Run, configure: Callable[[str], Path]
) -> None:
    configure(ONE)
    [row] = json.loads(run("get", "prices", "-o", "json")[1])
    assert (row["state"], row["health"], row["name"]) == (None, None, "H100")


def test_get_csv_and_table(run: Run, configure: Callable[[str], Path]) -> None:
    configure(ONE)
    _, out, _ = run("get", "machines", "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0])[7:] == ["observed_at", "gpu", "age", "pod_ip"]
    assert [row["gpu"] for row in rows] == ["8", "16", "", ""]
    _, out, _ = run("get", "machines")
    lines = out.splitlines()
    assert lines[0].split() == ["PROFILE", "NAME", "HEALTH", "STATE", "GPU", "AGE"]
    assert "8×H100" in lines[1]
    starts = {
        width(line[: line.index(word)]) for line, word in zip(lines[1:4], ("● ok", "✖ bad", "? unk"), strict=True)
    }
    assert starts == {lines[0].index("HEALTH")}, "wide letters do not shift what follows them"
    assert len(run("get", "machines", "--no-headers")[1].splitlines()) == 4
    assert len(run("get", "machines", "--no-headers", "-o", "csv")[1].splitlines()) == 4


def test_get_fleet_is_worst_first_over_all_profiles(run: Run, configure: Callable[[str], Path]) -> None:
    configure(ONE + ONE.replace("one", "two"))
    _, out, _ = run("get", "fleet", "-o", "json")
    rows = json.loads(out)
    assert [(row["health"], row["profile"]) for row in rows][:4] == [
        ("bad", "one"),
        ("bad", "two"),
        ("unknown", "one"),
        ("unknown", "one"),
    ]
    assert [rows[0][name] for name in ("kind", "reason_list", "since")] == ["machine", [], None]
    header = run("get", "fleet", "-o", "csv")[1].splitlines()[0]
    assert header.endswith("kind,where,reason_list,since,changed,operation")
    lines = run("get", "fleet")[1].splitlines()
    assert lines[0].split() == ["NAME", "HEALTH", "STATE", "SINCE", "PROFILE", "GPU", "ADDRESS", "AGE"]
    assert len(lines) == 9


def test_get_fleet_knows_from_history_since_when(run: Run, configure: Callable[[str], Path], here: Path) -> None:
    configure(ONE + ONE.replace("one", "two"))
    bad = [row for row in json.loads(run("get", "fleet", "-o", "json")[1]) if row["health"] == "bad"]
    later = next(row for row in bad if row["profile"] == "two")
    database, _ = opened_to_write(here / "state" / "history.db")
    with closing(database):
        writing = Writing(database)
        for at, health in ((1_000.0, "ok"), (1_005.0, "bad")):
            facts = Facts(later["id"], later["name"], later["state"], health)
            writing.note(ListReading("two", later["view"], at, 5.0, (facts,)))
    rows = json.loads(run("get", "fleet", "-o", "json")[1])
    assert (rows[0]["profile"], rows[0]["id"]) == ("two", later["id"]), "what is known to have fallen comes first"
    assert rows[0]["since"] == rows[0]["changed"] == "1970-01-01T00:16:45Z"
    assert rows[1]["since"] is None


def test_get_fleet_knows_from_the_journal_what_is_being_done(
    run: Run, configure: Callable[[str], Path], here: Path
) -> None:
    configure(ONE)
    rows = json.loads(run("get", "fleet", "-o", "json")[1])
    assert {row["operation"] for row in rows} == {None}
    target = {"id": rows[-1]["id"], "name": rows[-1]["name"], "state": rows[-1]["state"]}
    about = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "id": "1", "profile": "one", "verb": "stop"}
    records = [
        {**about, "phase": "intent", "who": "me", "host": "h", "view": rows[-1]["view"], "targets": [target]},
        {**about, "phase": "outcome", "outcome": "accepted"},
    ]
    journal = here / "state" / "audit.jsonl"
    journal.parent.mkdir(mode=0o700, exist_ok=True)
    journal.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    journal.chmod(0o600)
    for kind in ("fleet", "machines"):
        [row] = json.loads(run("get", kind, "--filter", "operation:stop", "-o", "json")[1])
        assert row["id"] == target["id"]
    [row] = json.loads(run("get", "fleet", "--filter", "operation~stop", "-o", "json")[1])
    assert row["operation"] == "stop"
    ended = {**about, "phase": "settled", "target": {"id": target["id"], "name": target["name"]}, "end": "confirmed"}
    with journal.open("a") as file:
        file.write(f"{json.dumps(ended)}\n")
    assert json.loads(run("get", "fleet", "--filter", "operation:stop", "-o", "json")[1]) == []


def test_get_selects_by_profile_name_id_and_filter(run: Run, configure: Callable[[str], Path]) -> None:
    configure(ONE + ONE.replace("one", "two"))

    def ids(*argv: str) -> list[str]:
        return [f"{row['profile']}/{row['id']}" for row in json.loads(run("get", "machines", *argv, "-o", "json")[1])]

    assert ids("alpha") == ["one/1", "two/1"]
    assert ids("two/alpha") == ids("two/1") == ["two/1"]
    assert ids("1", "-p", "two") == ["two/1"]
    assert ids("-p", "two", "-p", "one", "alpha") == ["one/1", "two/1"], "in the order of the file"
    assert [row["id"] for row in json.loads(run("get", "-o", "json", "-p", "one", "machines", "alpha")[1])] == ["1"]
    assert ids("--filter", "error !two") == ["one/2"]
    code, out, err = run("get", "machines", "gamma", "-o", "json")
    assert (code, json.loads(out)) == (2, [])
    assert "nothing called gamma" in err
    code, _, err = run("get", "machines", "-p", "three")
    assert code == 2
    assert "there is no profile three (allowed: one, two)" in err


def test_get_faults_exits_1_where_there_are_any(run: Run, configure: Callable[[str], Path]) -> None:
    configure(ONE)
    code, out, _ = run("get", "machines", "--faults", "-o", "jsonl")
    assert (code, [json.loads(line)["id"] for line in out.splitlines()]) == (1, ["2"])
    assert run("get", "machines", "alpha", "--faults", "-o", "json")[:2] == (0, "[]\n")
    assert run("get", "machines", "-o", "json")[0] == 0


@pytest.mark.parametrize(
    "wanted", ["/al(pha/", "health:fine", "!health:fine", "gpu>=many", "name~(", "helth:bad", "colour>2", "state:"]
)
def test_a_filter_that_cannot_be_read_is_an_error_and_no_list(
    run: Run, configure: Callable[[str], Path], wanted: str
) -> None:
    configure(ONE)
    code, out, err = run("get", "machines", "--filter", wanted, "-o", "json")
    assert (code, out) == (2, "")
    assert f"this expression cannot be read: {wanted.split()[0]}: " in err


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("health:bad", ["2"]),
        ("!health:bad", ["1"]),
        ("health:bad | alpha", ["1", "2"]),
        ("name=alpha", ["1"]),
        ("provider:cloudy profile:one", ["1", "2"]),
        ("profile:two", []),
    ],
)
def test_typed_terms_over_a_list(run: Run, configure: Callable[[str], Path], wanted: str, ids: list[str]) -> None:
    configure(ONE)
    code, out, _ = run("get", "machines", "--filter", wanted, "-o", "json")
    assert code == 0
    assert sorted(row["id"] for row in json.loads(out) if row["id"] in "12") == ids


def test_one_failing_profile_costs_itself_only(run: Run, configure: Callable[[str], Path]) -> None:
    configure(DOWN + BUG + ONE + '[profiles.broken]\nprovider = "broken"\n[profiles.typo]\nprovider = "cludy"\n')
    code, out, err = run("get", "machines", "-o", "json")
    assert code == 2
    assert {row["profile"] for row in json.loads(out)} == {"one"}
    assert "down: unreachable: cannot connect to cloudy ␛[2J (ask the weather)" in err
    assert "bug: provider bug: RuntimeError in machines.fetch (see the log)" in err
    assert "the provider broken cannot be loaded: ModuleNotFoundError" in err
    assert "no installed provider is called cludy; did you mean cloudy?" in err
    assert "config.toml:13: profiles.typo.provider" in err


def test_when_all_fail_nothing_is_printed_as_if_it_were_nothing(run: Run, configure: Callable[[str], Path]) -> None:
    configure(DOWN)
    for output in ("json", "table", "csv"):
        assert run("get", "machines", "-o", output)[:2] == (2, "")


def test_get_of_no_kind_names_the_kinds(run: Run, configure: Callable[[str], Path]) -> None:
    configure(ONE)
    for argv in (["get"], ["get", "machine"]):
        code, out, err = run(*argv)
        assert (code, out) == (2, "")
        assert "kinds: fleet, machines, prices, changes" in err


def test_of_what_nobody_watched_no_change_can_be_known(run: Run, configure: Callable[[str], Path]) -> None:
    configure(ONE)
    code, out, err = run("get", "changes", "-o", "json")
    assert (code, out) == (2, "[]\n")
    assert "nothing was watched in that time" in err
    assert run("get", "changes", "-o", "json", "--partial")[:2] == (0, "[]\n")
    assert run("get", "changes", "-o", "csv", "--partial")[1].startswith("at,not_before,profile,")
    assert run("get", "changes", "--raw", "--partial")[:2] == (2, "")
    configure('colour = "blue"\n' + ONE)
    assert run("get", "changes", "--partial")[0] == 2


def test_without_a_configuration_it_says_where_it_looked(run: Run, here: Path) -> None:
    for argv in (["get", "fleet"], ["config", "check"], ["config", "show"]):
        code, out, err = run(*argv)
        assert (code, out) == (2, "")
        assert f"{here / 'config' / 'config.toml'}: there is no such file" in err
    assert run("config", "path") == (0, f"{here / 'config' / 'config.toml'}\n", "")
    assert run("config", "path", "--config", str(here / "other"))[1] == f"{here / 'other'}\n"


def test_config_show_masks_secrets(run: Run, configure: Callable[[str], Path]) -> None:
    configure(ONE + f'mood = "fine"\nunknown = "{CANARY}"\n')
    code, out, _ = run("config", "show")
    assert code == 0
    assert 'token = "***"' in out
    assert 'unknown = "***"' in out
    assert 'mood = "fine"' in out


def test_config_check_says_everything_in_the_order_of_the_file(run: Run, configure: Callable[[str], Path]) -> None:
    path = configure(
        'theme = "gputui-drak"\n'
        + ONE
        + 'mod = "x"\n[profiles.two]\nprovider = "odd"\n[profiles.three]\nprotected = 1\n'
    )
    code, out, err = run("config", "check")
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert [line.removeprefix(f"gputui: {path}:").split(":")[0] for line in lines] == ["1", "5", "7", "8", "9"]
    assert "there is no theme of that name" in lines[0]
    assert "did you mean mood?" in lines[1]
    assert "is no Provider" in lines[2]
    configure(ONE)
    assert run("config", "check")[:2] == (0, f"{path}: 1 profiles, nothing wrong\n")


def test_config_check_fetches_secrets(run: Run, configure: Callable[[str], Path]) -> None:
    configure(ONE.replace(CANARY, "env:GPUTUI_TEST_ABSENT"))
    code, _, err = run("config", "check")
    assert code == 2
    assert "profiles.one.token: the environment variable GPUTUI_TEST_ABSENT is not set" in err


def test_a_log_file_is_for_its_owner_only(run: Run, here: Path, configure: Callable[[str], Path]) -> None:
    configure(ONE)
    log = here / "log"
    before = list(logging.getLogger().handlers)
    try:
        assert run("get", "fleet", "--log-file", str(log))[0] == 0
        assert log.stat().st_mode & 0o777 == 0o600
    finally:
        logging.getLogger().handlers[:] = before
    assert run("get", "fleet", "--log-file", str(here / "no" / "log"))[0] == 2


CHATTY = """
import logging, sys
from gputui import cli
code = cli.main(sys.argv[1:])
for name in ("asyncio", "asyncssh", "httpcore.connection", "httpx", "stamina", "somebody.new"):
    logging.getLogger(name).debug("DEBUG of %s \x1b[2J", name)
    logging.getLogger(name).warning("WARNING of %s \x1b[2J", name)
sys.exit(code)
"""


@pytest.mark.parametrize("command", [["get", "fleet"], ["config", "check"], ["ssh", "nobody", "--", "true"]])
def test_other_packages_log_to_the_file_or_nowhere(
    here: Path, configure: Callable[[str], Path], command: list[str]
) -> None:
    configure(ONE)
    log = here / "log"
    logged = ["--log-file", str(log), "--log-level"]
    for more in ([], [*logged, "info"], [*logged, "debug"]):
        said = subprocess.run(
            [sys.executable, "-c", CHATTY, *more, *command], capture_output=True, text=True, timeout=60, check=False
        )
        assert "WARNING" not in said.stderr + said.stdout
        written = log.read_text() if more else ""
        assert written.count("DEBUG of") == (6 if "debug" in more else 0)
    assert written.count("WARNING of") == 2 * 6
    assert "WARNING of somebody.new ␛[2J\n" in written


def test_output_that_cannot_be_written_is_said(configure: Callable[[str], Path]) -> None:
    configure(ONE)
    command = f"'{sys.executable}' -m gputui.cli get fleet"
    full = subprocess.run(f"{command} > /dev/full", shell=True, capture_output=True, text=True, timeout=60)
    assert full.returncode == 2
    assert full.stderr.splitlines()[-1] == "gputui: the output cannot be written: No space left on device"
    assert "Traceback" not in full.stderr and "Exception ignored" not in full.stderr
    closed = subprocess.run(f"{command} >&- 2>&- <&-", shell=True, capture_output=True, text=True, timeout=60)
    assert closed.returncode == 0


def test_a_reader_that_leaves_early_gets_no_traceback(configure: Callable[[str], Path]) -> None:
    configure(ONE)
    command = f"'{sys.executable}' -m gputui.cli get fleet -o json | true; exit ${{PIPESTATUS[0]}}"
    said = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in said.stderr
    assert "Exception ignored" not in said.stderr
    assert said.returncode in (0, 141)


def test_sim_serves_until_it_is_told_to_end_and_writes_a_configuration(here: Path) -> None:
    path = here / "sim" / "config.toml"
    serving = subprocess.Popen(
        [sys.executable, "-m", "gputui.cli", "sim", "--write-config", str(path), "--seed", "3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(here)},
    )
    try:
        assert serving.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("config"):
            line = serving.stdout.readline()
            assert line, "it ended before it said where its configuration is"
            lines.append(line)
        assert path.stat().st_mode & 0o777 == 0o600
        checked = process("config", "check", "--config", str(path))
        assert (checked.returncode, checked.stderr) == (0, "")
        serving.send_signal(signal.SIGTERM)
        _, said = serving.communicate(timeout=20)
    finally:
        if serving.poll() is None:
            serving.kill()
            serving.wait()
    assert (serving.returncode, said) == (0, "")
    assert not list(here.glob("gputui-sim-*")), "its own files are gone"


YAML: list[Any] = [
    {"a": "no", "b": None, "c": True, "d": 1.5, "e": 'q"\\\n\u001b', "f": "\U0001f600é", "on": [], "g": {}},
    {"raw": {"list": [1, {"x": "y", "z": [[2], "w"]}], "odd key": "v"}},
]


def test_yaml_is_what_a_parser_of_yaml_reads(tmp_path: Path) -> None:
    out = io.StringIO()
    write_yaml(YAML, out)
    assert out.getvalue() == (
        '- a: "no"\n  b: null\n  c: true\n  d: 1.5\n  e: "q\\"\\\\\\u000a\\u001b"\n  f: "\\U0001f600\\u00e9"\n'
        '  "on": []\n  g: {}\n'
        '- raw:\n    list:\n      - 1\n      - x: "y"\n        z:\n          - - 2\n          - "w"\n'
        '    "odd key": "v"\n'
    )
    empty = io.StringIO()
    write_yaml([], empty)
    assert empty.getvalue() == "[]\n"


def test_yaml_for_a_screen_keeps_every_script_and_escapes_only_what_is_unseen() -> None:
    lines = yaml_lines({"imageName": "우분투", "No": "a\n\u202e"})
    assert lines == ['imageName: "우분투"', '"No": "a\\u000a\u202e"']
    assert yaml_lines({"n": "우"}, ascii_only=True) == ['"n": "\\uc6b0"']
