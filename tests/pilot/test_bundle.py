"""`:bundle`: a private folder to hand over, with what is known and without secrets."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from gputui.core.gpu_findings import GpuFinding, Verdict
from gputui.core.health import Health
from gputui.engine.taken_verdicts import TakenVerdict
from tests.pilot.consoles import Wish, console
from tests.pilot.test_timeline import fallen

WISH = Wish(only=("scp",), size=(100, 24), general={"history_days": 30})


async def test_a_folder_with_the_fleet_what_changed_what_was_done_and_no_secret(tmp_path: Path) -> None:
    async with console(tmp_path, WISH) as here:
        nodes = await fallen(here, 3)
        stopped = next(row for row in here.rows().values() if row.state == "STOPPED")
        await here.choose(stopped.name)
        await here.press("S")
        await here.dialog()
        await here.press("y")
        await here.until(lambda: here.store.operations.of(stopped.ref))
        await here.until(lambda: not here.page.asking)
        await here.press("colon", *"bundle")
        await here.pilot.pause()
        await here.press("enter")
        await here.until(lambda: list((tmp_path / "state" / "dumps").glob("bundle-*/fleet.csv")))
        [folder] = (tmp_path / "state" / "dumps").glob("bundle-*")
        total = here.page.total_count
        assert here.clouds is not None
        secret = str(here.clouds.config()["profiles"]["samsung"]["secret_key"])  # type: ignore[index]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    texts = {path.name: path.read_text() for path in folder.iterdir()}
    assert not any(secret in text for text in texts.values())
    rows = list(csv.DictReader(texts["fleet.csv"].splitlines()))
    assert len(rows) == total
    assert {row["state"] for row in rows if row["name"] in {node.name for node in nodes}} == {"ERROR"}
    assert "samsung: RUNNING → ERROR (bad): " in texts["timeline.md"]
    assert "all profiles: not watched" in texts["timeline.md"]  # before this console
    assert f"samsung {stopped.name}" in texts["operations.txt"]
    assert [json.loads(line)["verb"] for line in texts["audit.jsonl"].splitlines()] == ["start"]
    assert "samsung (scp): " in texts["README.md"]
    assert "none was taken" in texts["gpus.md"]


async def test_no_secret_that_a_name_a_verdict_or_a_change_contains_is_in_it(tmp_path: Path) -> None:
    async with console(tmp_path, WISH) as here:
        assert here.clouds is not None
        own = str(here.clouds.config()["profiles"]["samsung"]["secret_key"])  # type: ignore[index]
        hostile = (own, "password=hunter2hunter2", "Bearer abcdef1234567890", "https://me:geheim99@host/x")
        hidden = (own, "hunter2hunter2", "abcdef1234567890", "geheim99")
        world = list(here.clouds.world["scp"].nodes.values())  # type: ignore[attr-defined]
        for node, words in zip(world, hostile, strict=False):
            node.name = f"node {words}"
        await fallen(here, 6)
        await here.until(lambda: any(words in name for name in here.rows() for words in hostile))
        row = next(iter(here.rows().values()))
        findings = tuple(GpuFinding(Health.BAD, words) for words in hostile)
        at = here.store.clock.now()
        here.store.gpu_verdicts.note(TakenVerdict(row.ref, f"node {own}", Verdict(Health.BAD, findings), at))
        await here.press("colon", *"bundle")
        await here.pilot.pause()
        await here.press("enter")
        await here.until(lambda: list((tmp_path / "state" / "dumps").glob("bundle-*/fleet.csv")))
        [folder] = (tmp_path / "state" / "dumps").glob("bundle-*")
    texts = {path.name: path.read_text() for path in folder.iterdir()}
    assert "bad: " in texts["gpus.md"]
    assert {(name, one) for name, text in texts.items() for one in hidden if one in text} == set()
    assert "***" in texts["fleet.csv"]
    assert "***" in texts["gpus.md"]
