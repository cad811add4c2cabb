"""The frame of the embedded clouds: time, agenda, log, faults, ports and the thread that serves them."""

from __future__ import annotations

import json
import socket
import stat
import threading
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import pytest

from gputui.sim.clock import ManualClock, SystemClock
from gputui.sim.faults import Fault
from gputui.sim.log import RequestLog, Seen
from gputui.sim.run import serve_forever, write_private
from gputui.sim.scheduler import Scheduler
from gputui.sim.serve import Simulator
from gputui.sim.ssh_listeners import SshListeners
from gputui.sim.world import World

START = 1_800_000_000.0


def _life() -> tuple[ManualClock, Scheduler]:
    clock = ManualClock(START)
    return clock, Scheduler(clock, Random(1))


def test_nothing_happens_between_two_ticks() -> None:
    clock, life = _life()
    done: list[str] = []
    life.after(5, lambda: done.append("late"))
    life.after(2, lambda: done.append("early"))
    clock.advance(10)
    assert done == []
    life.tick()
    assert done == ["early", "late"]
    life.tick()
    assert done == ["early", "late"]


def test_what_is_not_due_waits() -> None:
    clock, life = _life()
    done: list[str] = []
    life.after(5, lambda: done.append("five"))
    clock.advance(4.999)
    life.tick()
    assert done == []
    clock.advance(0.001)
    life.tick()
    assert done == ["five"]


def test_an_act_plans_from_the_moment_it_was_due_not_from_when_somebody_looked() -> None:
    clock, life = _life()
    moments: list[float] = []

    def first() -> None:
        moments.append(life.now - START)
        life.after(3, lambda: moments.append(life.now - START))

    life.after(2, first)
    clock.advance(100)
    life.tick()
    assert moments == [2, 5]
    assert life.now == START + 100


def test_a_tick_within_an_act_does_not_begin_the_next_act() -> None:
    clock, life = _life()
    done: list[str] = []

    def first() -> None:
        life.tick()
        done.append("first")

    life.after(1, first)
    life.after(1, lambda: done.append("second"))
    clock.advance(1)
    life.tick()
    assert done == ["first", "second"]


def test_repeat_goes_on_within_its_bounds() -> None:
    clock, life = _life()
    moments: list[float] = []
    life.repeat(2, 3, lambda: moments.append(life.now))
    clock.advance(60)
    life.tick()
    pauses = [later - earlier for earlier, later in zip([START, *moments], moments, strict=False)]
    assert 20 <= len(moments) <= 30
    assert all(2 <= pause <= 3 for pause in pauses)


def test_a_manual_clock_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="less than nothing"):
        ManualClock(START).advance(-1)
    assert abs(SystemClock().now() - time.time()) < 5


@pytest.mark.parametrize(
    ("method", "target", "changes"),
    [
        ("GET", "/v1/gpu-nodes", False),
        ("HEAD", "/v1/gpu-nodes", False),
        ("POST", "/v1/gpu-nodes/start", True),
        ("PUT", "/v1/gpu-nodes/x/lock", True),
        ("DELETE", "/v1/gpu-nodes", True),
        ("GET", "/api/gpuaas/node/init?gpuaas_node_id=1", True),
        ("GET", "/api/gpuaas/node/test_conn?gpuaas_node_id=1", True),
        ("GET", "/api/gpuaas/node/scan_gpus?gpuaas_node_id=1", True),
        ("GET", "/api/gpuaas/node/scan_gpus/status?scan_id=1", False),
        ("GET", "/api/gpuaas/node/list?region_id=1", False),
        ("POST", "/api/v1/token", False),
        ("POST", "/api/login", False),
    ],
)
def test_the_log_knows_what_means_to_change_something(method: str, target: str, changes: bool) -> None:
    log = RequestLog()
    log.arrived(Seen(method, target, {}, b"", 0, START))
    assert (len(log.changes()) == 1) is changes


def test_answers_find_their_request_even_after_the_log_was_cleared() -> None:
    log = RequestLog()
    old = log.arrived(Seen("GET", "/old", {}, b"", 0, START))
    log.clear()
    new = log.arrived(Seen("GET", "/new", {}, b"", 0, START))
    log.answered(old, 500)
    log.answered(new, 204)
    assert [(seen.target, seen.status) for seen in log.seen] == [("/new", 204)]


# -- the servers ----------------------------------------------------------------------------------------------------


@pytest.fixture
def simulator(caplog: pytest.LogCaptureFixture) -> Iterator[Simulator]:
    with Simulator(clock=ManualClock(START), calm=True, only=["scp"]) as running:
        yield running
    # Without a handler such lines go to stderr, which is the console's screen.
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_a_stop_leaves_nothing() -> None:
    simulator = Simulator(calm=True, only=["scp", "nsml"])
    simulator.start()
    assert httpx.get(simulator.urls["scp"] + "/").status_code == 200
    key = simulator.door.client_key_path
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    simulator.stop()
    assert not key.parent.exists()
    assert not [thread for thread in threading.enumerate() if thread.name == "gputui-sim"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(simulator.urls["scp"] + "/")
    simulator.stop()


def test_one_that_never_started_can_be_stopped() -> None:
    simulator = Simulator(calm=True, only=["nsml"])
    simulator.stop()


def test_stop_does_not_wait_for_a_request_that_hangs() -> None:
    simulator = Simulator(calm=True, only=["nsml"])
    simulator.start()
    simulator.faults["nsml"].always(Fault("hang"))
    with socket.create_connection(("127.0.0.1", int(simulator.urls["nsml"].rsplit(":", 1)[1]))) as caller:
        caller.sendall(b"GET /nsml/v1/projects HTTP/1.1\r\nHost: x\r\n\r\n")
        _until(lambda: simulator.logs["nsml"].seen)
        begun = time.monotonic()
        simulator.stop()
        assert time.monotonic() - begun < 1
        assert _rest(caller) == b""


def test_a_cloud_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="no such cloud: aws"):
        Simulator(only=["aws"])


def test_the_log_holds_raw_target_headers_body_and_status(simulator: Simulator) -> None:
    url = simulator.urls["scp"] + "/v1/gpu-nodes?sort=created_at%3Adesc&x=%41"
    httpx.post(url, content=b"abc", headers={"X-Mark": "Yes"})
    (seen,) = simulator.logs["scp"].seen
    assert (seen.method, seen.target) == ("POST", "/v1/gpu-nodes?sort=created_at%3Adesc&x=%41")
    assert (seen.headers["x-mark"], seen.body, seen.status, seen.at) == ("Yes", b"abc", 404, START)


def test_answers_are_dated_by_the_clock_of_the_world(simulator: Simulator) -> None:
    assert httpx.get(simulator.urls["scp"] + "/").headers["date"] == "Fri, 15 Jan 2027 08:00:00 GMT"


def test_answers_do_not_wait_for_the_system_to_gather_them(simulator: Simulator) -> None:
    # Without TCP_NODELAY the second of two packets waits 40 ms for the first one's receipt, on every request.
    with httpx.Client(base_url=simulator.urls["scp"], verify=False) as client:
        client.get("/")
        assert min(client.get("/").elapsed.total_seconds() for _ in range(20)) < 0.02


def test_a_status_with_headers_and_body_is_met_once(simulator: Simulator) -> None:
    fault = Fault("status", 429, headers=(("Retry-After", "7"),), body=b'{"slow": "down"}')
    simulator.faults["scp"].next(fault)
    first, second = (httpx.get(simulator.urls["scp"] + "/") for _ in range(2))
    assert (first.status_code, first.headers["retry-after"], first.json()) == (429, "7", {"slow": "down"})
    assert second.status_code == 200
    assert [seen.status for seen in simulator.logs["scp"].seen] == [429, 200]


def test_faults_meet_only_what_they_match_and_as_often_as_told(simulator: Simulator) -> None:
    faults = simulator.faults["scp"]
    faults.next(Fault("status", 503), times=2, match="GET /?page")
    url = simulator.urls["scp"]
    assert [httpx.get(url + target).status_code for target in ("/", "/?page=1", "/", "/?page=2", "/?page=3")] == [
        200,
        503,
        200,
        503,
        200,
    ]
    faults.always(Fault("status", 500))
    assert [httpx.get(url).status_code for _ in range(3)] == [500, 500, 500]
    faults.always(None)
    assert httpx.get(url).status_code == 200


def test_garbage_is_a_200_that_is_no_json(simulator: Simulator) -> None:
    simulator.faults["scp"].next(Fault("garbage"))
    answer = httpx.get(simulator.urls["scp"])
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting"):
        answer.json()


def test_slow_is_the_true_answer_later(simulator: Simulator) -> None:
    simulator.faults["scp"].next(Fault("slow", delay=0.3))
    begun = time.monotonic()
    answer = httpx.get(simulator.urls["scp"])
    assert time.monotonic() - begun >= 0.29
    assert answer.json()["versions"][0]["id"] == "v1.2"


def test_drip_is_the_true_answer_in_single_bytes(simulator: Simulator) -> None:
    simulator.faults["scp"].next(Fault("drip", delay=0.001))
    with httpx.stream("GET", simulator.urls["scp"]) as answer:
        pieces = list(answer.iter_raw())
    assert json.loads(b"".join(pieces))["versions"][0]["id"] == "v1.2"
    assert len(pieces) > 10


def test_cut_is_half_an_answer(simulator: Simulator) -> None:
    simulator.faults["scp"].next(Fault("cut"))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        httpx.get(simulator.urls["scp"])
    assert simulator.logs["scp"].seen[0].status == 200
    assert httpx.get(simulator.urls["scp"]).status_code == 200


def test_cut_before_lets_the_cloud_act_and_sends_not_a_byte(simulator: Simulator) -> None:
    simulator.faults["scp"].next(Fault("cut_before"))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        httpx.get(simulator.urls["scp"])
    assert simulator.logs["scp"].seen[0].status == 0
    assert httpx.get(simulator.urls["scp"]).status_code == 200


def test_hang_never_answers(simulator: Simulator) -> None:
    simulator.faults["scp"].next(Fault("hang"))
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(simulator.urls["scp"], timeout=0.3)
    assert simulator.logs["scp"].seen[0].status == 0


# -- world, door, config --------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_account_and_one_cloud_does_not_change_another(tmp_path: Path) -> None:
    def names(seed: int, only: list[str]) -> list[str]:
        door = SshListeners(tmp_path)
        try:
            cloud = World(seed, ManualClock(START), door, calm=True, only=only)["nsml"]
            return [project.id for project in cloud.projects]  # type: ignore[attr-defined]
        finally:
            door.detach()

    assert names(7, ["nsml"]) == names(7, ["scp", "nsml"]) != names(8, ["nsml"])


def test_a_door_gives_real_free_ports_before_anything_runs(tmp_path: Path) -> None:
    door = SshListeners(tmp_path)
    first = door.open("a", user="root", password=None, gpus=1, gpu_model="H100")
    second = door.open("b", user="root", password=None, gpus=1, gpu_model="H100")
    assert first[0] == second[0] == "127.0.0.1"
    assert first[1] != second[1]
    with socket.create_connection(first):
        pass
    door.close(first[1])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(first)
    again = door.open("a", user="root", password=None, gpus=1, gpu_model="H100", port=first[1])
    assert again == first
    door.detach()


def test_the_config_is_whole_and_goes_through_toml_to_its_owner_only(simulator: Simulator, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.toml"
    write_private(path, simulator.config())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = tomllib.loads(path.read_text())
    assert config == simulator.config()
    assert config["refresh_seconds"] == 2
    samsung = config["profiles"]["samsung"]
    assert samsung["base_url"] == simulator.urls["scp"]
    assert samsung["vpc_url"] == simulator.urls["vpc"]
    assert samsung["ssh"]["allow_local"] is True
    assert samsung["ssh"]["host_keys"] == "accept-new"
    assert [file.name for file in path.parent.iterdir()] == ["config.toml"]


def test_all_five_profiles_stand_in_the_order_of_the_tabs() -> None:
    simulator = Simulator(calm=True)
    try:
        config = simulator.config()
    finally:
        simulator.stop()
    profiles = config["profiles"]
    assert isinstance(profiles, dict)
    assert list(profiles) == ["samsung", "nsml", "hosted", "runai", "datenfab"]
    assert [profile["provider"] for profile in profiles.values()] == ["scp", "nsml", "hostedai", "runai", "datenfab"]


def test_serving_in_the_foreground_tells_where_and_ends_when_told(tmp_path: Path) -> None:
    stop, told = threading.Event(), list[str]()
    path = tmp_path / "config.toml"
    thread = threading.Thread(target=serve_forever, args=(path, told.append), kwargs={"seed": 7, "stop": stop})
    thread.start()
    try:
        _until(lambda: any("config" in line for line in told))
        url = tomllib.loads(path.read_text())["profiles"]["samsung"]["base_url"]
        assert any(url in line for line in told)
        assert httpx.get(url).status_code == 200
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()


def _until(condition: object) -> None:
    assert callable(condition)
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "waited ten seconds in vain"
        time.sleep(0.005)


def _rest(caller: socket.socket) -> bytes:
    caller.settimeout(5)
    try:
        return caller.recv(100)
    except ConnectionResetError:
        return b""
