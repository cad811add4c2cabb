"""`gputui gpus` against the embedded clouds: whose GPUs it reads, what it writes, and what it ends with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from gputui import cli
from gputui.sim.run import write_private
from gputui.sim.serve import Simulator
from tests.e2e.conftest import environ as environ

Gpus = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(calm=True) as served:
        yield served


@pytest.fixture
def gpus(
    simulator: Simulator,
    environ: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Gpus:
    write_private(Path(environ["GPUTUI_CONFIG_DIR"]) / "config.toml", simulator.config())
    for name in ("GPUTUI_CONFIG_DIR", "GPUTUI_STATE_DIR", "HOME"):
        monkeypatch.setenv(name, environ[name])
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)

    def running(*words: str) -> tuple[int, str, str]:
        code = cli.main(["gpus", "-p", "samsung", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return running


def test_a_table_the_worst_first(gpus: Gpus) -> None:
    code, out, err = gpus("/node-0(07|14|38)/")
    lines = [line.split() for line in out.splitlines()]
    assert (code, err) == (1, "")
    assert lines[0] == ["NAME", "PROFILE", "HEALTH", "DO", "GPUS", "UTIL", "TEMP", "DRIVER", "WHY"]
    assert [(line[0], line[2], line[3]) for line in lines[1:]] == [
        ("gpu-node-007", "bad", "reboot"),
        ("gpu-node-038", "degraded", "reset"),
        ("gpu-node-014", "ok", "-"),
    ]
    assert not gpus("gpu-node-014", "--no-headers")[1].startswith("NAME")


@pytest.mark.parametrize(("name", "code"), [("gpu-node-014", 0), ("gpu-node-038", 1), ("gpu-node-007", 1)])
def test_what_it_ends_with(gpus: Gpus, name: str, code: int) -> None:
    assert gpus(name)[0] == code


def test_a_machine_that_the_cloud_calls_off_is_no_fault_but_nobody_to_read_is(gpus: Gpus) -> None:
    code, out, err = gpus("/node-01[24]/")
    assert (code, len(out.splitlines())) == (0, 2)
    assert err == "gputui: samsung/gpu-node-012: it is STOPPED\n"
    code, out, err = gpus("gpu-node-012")
    assert (code, out) == (2, "") and "no machine to read" in err
    assert gpus("state:")[0] == 2


def test_who_does_not_answer_in_time_is_unknown(gpus: Gpus) -> None:
    code, out, _ = gpus("gpu-node-014", "--timeout", "0.0001")
    assert code == 2 and "changing" in out


def test_records_have_all_that_was_read(gpus: Gpus) -> None:
    code, out, _ = gpus("gpu-node-038", "-o", "json")
    (record,) = json.loads(out)
    assert code == 1
    assert list(record) == list(json.loads(gpus("gpu-node-014", "-o", "jsonl")[1]))
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert " ".join(f"`{name}`" for name in record) in " ".join(readme.split())
    assert (record["health"], record["repair"], record["driver"]) == ("degraded", "reset", "570.86.15")
    assert (record["kernel_log"], record["gpu_count"], record["gpu_promised"]) == ("read", 8, 8)
    ill = [gpu for gpu in record["gpu_list"] if gpu["health"] != "ok"]
    assert [gpu["ecc_uncorrected"] for gpu in ill] == [3] and ill[0]["serial"]
    logged = [reason for reason in record["reason_list"] if reason["source"] == "kernel log"]
    assert logged[0]["words"].endswith("one job is hit in python3 (14222), 2 more follow it") and logged[0]["since"]


def test_evidence_is_text_for_a_ticket(gpus: Gpus) -> None:
    code, out, _ = gpus("gpu-node-007", "--evidence")
    lines = out.splitlines()
    assert code == 1
    assert lines[0].startswith("machine: gpu-node-007 (profile samsung, id ")
    assert "cloud says: ERROR, 8 GPUs" in lines
    assert any(line.startswith("- bad: GPU 3 fell off the bus (nvidia-smi) → reboot") for line in lines)
    assert any(line.startswith("GPU 0: NVIDIA H100") and "serial" in line and "vbios" in line for line in lines)
    logged = [line for line in lines if line.startswith("kernel log: ")]
    assert ["Xid 79" in logged[0], "Xid 154" in logged[1], "Xid 45" in logged[2]] == [True] * 3
