"""The embedded CLOVA NSML, over real sockets and with a signer of this file's own."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from typing import Any

import asyncssh
import httpx
import pytest

from gputui.sim.clock import ManualClock
from gputui.sim.nsml.auth import Keys, refusal
from gputui.sim.serve import Simulator
from tests.contract.shapes import differences

START = 1_800_000_000.0
ACCESS, SECRET = "ncp_iam_TESTACCESSKEY0001", "ncp_iam_TESTSECRETKEY00000000000000001"
API_KEY = "nsml-api-key-for-tests-0001"
RUN_NODES = "/nsml/v1/projects/1nns2cygz0iujnywciu0/runs/2/nodes"
VECTORS = {
    "N1": ("GET", RUN_NODES, "X7dOjZAi9h3TJhs39aAcQ8XLoFoxgFENLpgugSv03Ns="),
    "N2": ("GET", f"{RUN_NODES}?page=1&pageSize=10", "OP/7w69kqPIKtba6orJlX4b6490p8TczbdqSJZ3Ndyk="),
    "N3": ("GET", "/nsml/v1/projects/runs?page=1&pageSize=10", "fnqLh0QWGVPsrmN3Xya8+ao3HNZGDcLSD+5PHR/N8a8="),
    "N4": ("POST", "/nsml/v1/projects/1nns2cygz0iujnywciu0/runs", "GlE72bhCHqXzP8tl3Wlz+w08nsI8riz9+ZTIh/9QeqU="),
    "N5": (
        "DELETE",
        "/nsml/v1/images/secret?privateEp=abc.kr.private-ncr.ntruss.com",
        "s9exw32zDZG0hmjeowiO7fY2IE4CAvSXlkg2/bhRbEA=",
    ),
}


class Signed(httpx.Auth):
    """Signs as the reference says; every part can be made wrong, and a header left out."""

    def __init__(self, now: Callable[[], float], *, without: str = "", **wrong: str) -> None:
        self.now = now
        self.without = without
        self.wrong = wrong

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        timestamp = self.wrong.get("timestamp", str(int(self.now() * 1000)))
        access = self.wrong.get("access", ACCESS)
        target = self.wrong.get("target", request.url.raw_path.decode())
        message = f"{request.method} {target}\n{timestamp}\n{access}"
        digest = hmac.new(self.wrong.get("secret", SECRET).encode(), message.encode(), hashlib.sha256).digest()
        headers = {
            "x-ncp-apigw-timestamp": timestamp,
            "x-ncp-iam-access-key": access,
            "x-ncp-apigw-signature-v2": base64.b64encode(digest).decode(),
            "x-ncp-apigw-api-key": self.wrong.get("api_key", API_KEY),
            "Content-Type": "application/json",
        }
        request.headers.update({name: value for name, value in headers.items() if name != self.without})
        yield request


class Account:
    """A signed-in client of a simulated account whose clock the test moves."""

    def __init__(self, simulator: Simulator, clock: ManualClock) -> None:
        self.simulator = simulator
        self.clock = clock
        # verify=False: reading the trusted certificates takes longer than all requests of a test, and all is on http.
        base = simulator.urls["nsml"] + "/nsml/v1"
        self.http = httpx.Client(base_url=base, auth=Signed(clock.now), verify=False)

    def get(self, path: str, **query: object) -> Any:
        answer = self.http.get(path, params=query)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        return answer.json()

    def runs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/projects/runs", pageSize=1000)["runList"]
        return found

    def nodes(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        path = f"/projects/{run['projectId']}/runs/{run['runName']}/nodes"
        found: list[dict[str, Any]] = self.get(path, pageSize=1000)["nodes"]
        return found

    def at_work(self) -> list[dict[str, Any]]:
        return [node for run in self.runs() if run["status"] == "RUN_STATE_IN_PROGRESS" for node in self.nodes(run)]


@pytest.fixture
def account() -> Iterator[Account]:
    clock = ManualClock(START)
    with Simulator(clock=clock, calm=True, only=["nsml"]) as simulator:
        yield Account(simulator, clock)


# -- the gateway ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors_of_the_reference_pass_and_a_byte_less_does_not(name: str) -> None:
    method, target, signature = VECTORS[name]
    keys, now = Keys(ACCESS, SECRET, API_KEY), 1725327591.0
    headers = {
        "x-ncp-apigw-timestamp": "1725327591000",
        "x-ncp-iam-access-key": ACCESS,
        "x-ncp-apigw-signature-v2": signature,
        "x-ncp-apigw-api-key": API_KEY,
    }
    assert refusal(keys, method, target, headers, now) is None
    assert refusal(keys, method, target[:-1], headers, now)
    assert refusal(keys, "PATCH", target, headers, now)
    assert refusal(keys, method, target, {**headers, "x-ncp-apigw-signature-v2": signature[1:]}, now)
    assert refusal(Keys(ACCESS, "other", API_KEY), method, target, headers, now)


@pytest.mark.parametrize(
    "signer",
    [
        {"secret": "other"},
        {"access": "other"},
        {"target": "/projects"},
        {"target": "/nsml/v1/projects"},
        {"timestamp": "now"},
        {"without": "x-ncp-apigw-timestamp"},
        {"without": "x-ncp-iam-access-key"},
        {"without": "x-ncp-apigw-signature-v2"},
    ],
)
def test_a_wrong_signature_is_an_authentication_that_failed(account: Account, signer: dict[str, str]) -> None:
    answer = account.http.get("/projects?page=1", auth=Signed(account.clock.now, **signer))
    assert answer.status_code == 401
    assert answer.json()["error"]["errorCode"] == "200"
    assert answer.json()["error"]["message"] == "Authentication Failed"


@pytest.mark.parametrize("signer", [{"api_key": "other"}, {"without": "x-ncp-apigw-api-key"}])
def test_a_wrong_api_key_is_a_missing_subscription(account: Account, signer: dict[str, str]) -> None:
    answer = account.http.get("/projects", auth=Signed(account.clock.now, **signer))
    assert (answer.status_code, answer.json()) == (
        401,
        {
            "error": {
                "errorCode": "210",
                "message": "Permission Denied",
                "details": "A subscription to the API is required.",
            }
        },
    )


@pytest.mark.parametrize(("off", "status"), [(299, 200), (-299, 200), (300, 401), (-300, 401)])
def test_clocks_may_differ_by_less_than_five_minutes(account: Account, off: int, status: int) -> None:
    assert account.http.get("/projects", auth=Signed(lambda: START + off)).status_code == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("GET", "/projects/none"),
        ("GET", "/projects/none/nas"),
        ("GET", "/projects/none/runs/1/nodes"),
        ("DELETE", "/projects"),
        ("POST", "/projects/none/runs/1/stop"),
    ],
)
def test_what_is_not_there_is_not_found(account: Account, method: str, path: str) -> None:
    answer = account.http.request(method, path)
    assert answer.status_code == 404
    assert answer.json() == {"error": {"errorCode": "300", "message": "Not Found Exception"}}


# -- reading --------------------------------------------------------------------------------------------------------

NODES = {
    "nodes": [
        {
            "nodeId": "******0lonwq7k******",
            "projectId": "******ygz0iujn******",
            "projectName": "project",
            "runName": "2",
            "state": "NODE_STATE_RUNNING",
            "resourceType": "[Notebook] 4vCPU, 16GB Mem",
            "containerImage": "nvcr.io/nvidia/tensorflow:21.02-tf1-py3",
            "rank": 0,
            "exitCode": -1,
            "host": "223.130.154.166",
            "sshPort": 15001,
            "tcpPorts": [15002, 15003],
            "command": "",
            "createTime": "2024-09-03T01:38:26",
            "updateTime": "2024-09-03T01:39:51",
        }
    ],
    "totalCount": 1,
}
PROJECT = {
    "projectId": "",
    "vpcNo": 1,
    "projectName": "",
    "status": "",
    "userNo": 1,
    "runCount": 1,
    "nodeCount": 1,
    "createdDate": "",
    "updatedDate": "",
}
DETAIL = {
    "runName": "2",
    "projectId": "",
    "projectName": "",
    "status": "",
    "creator": "",
    "engFullName": "",
    "gpuSvrCode": 1,
    "imageType": "",
    "imagePath": "",
    "command": "",
    "envs": {},
    "note": "",
}
RUN = dict.fromkeys(("runName", "runType", "projectId", "projectName", "status", "creator", "createTime"), "")


def test_replies_have_the_shape_of_the_documents(account: Account) -> None:
    run = account.runs()[0]
    path = f"/projects/{run['projectId']}"
    for reply, example in (
        (account.get(f"{path}/runs/{run['runName']}/nodes"), NODES),
        (account.get(f"{path}/runs/{run['runName']}"), DETAIL),
        (account.get("/projects/runs"), {"runList": [RUN]}),
        (account.get("/projects"), {"projects": [PROJECT], "totalCount": 1}),
        (account.get(path), {"projectId": "", "note": "", "nasVolumeSize": 1, "runCount": 1, "createdDate": ""}),
        (account.get(f"{path}/nas"), {"projectId": "", "nasIp": "", "nasPath": "", "nasVolumeSize": 1}),
        (account.get("/server-products"), {"serverProductList": [{"gpuSvrCode": 1, "nodeCounts": [1], "useType": ""}]}),
        (account.get("/images/base"), {"imageList": [{"name": "", "path": ""}], "totalCount": 1}),
        (account.get("/auth-keys"), {"keyList": [{"name": "", "title": "", "fingerprint": "", "createTime": ""}]}),
        (account.get("/blk-storages"), {"page": 1, "pageSize": 10, "totalCount": 1, "blockStorageMgmtList": [{}]}),
        (account.get("/images/secret"), {"dockerCredentials": [{"privateEp": "", "secretKey": ""}], "totalSize": 1}),
    ):
        assert differences(reply, example) == []


def test_the_account_is_a_busy_one(account: Account) -> None:
    runs, nodes = account.runs(), account.at_work()
    assert len(account.get("/projects")["projects"]) == 6
    assert len(runs) == 16
    assert {run["status"] for run in runs} == {
        "RUN_STATE_IN_PROGRESS",
        "RUN_STATE_COMPLETED",
        "RUN_STATE_FAILED",
        "RUN_STATE_HIBERNATING",
    }
    assert len(nodes) == len({node["nodeId"] for node in nodes}) == 44
    assert {node["state"] for node in nodes} == {
        "NODE_STATE_RUNNING",
        "NODE_STATE_PENDING",
        "NODE_STATE_FAILED",
        "NODE_STATE_DRAINING",
    }
    assert {node["state"] for run in runs for node in account.nodes(run)} >= {"NODE_STATE_COMPLETED"}
    assert all("[" in node["resourceType"] for node in nodes)
    assert all(len(node["nodeId"]) == 20 for node in nodes)


def test_counts_of_projects_are_those_of_their_runs(account: Account) -> None:
    for project in account.get("/projects")["projects"]:
        runs = [run for run in account.runs() if run["projectId"] == project["projectId"]]
        going = [run for run in runs if run["status"] == "RUN_STATE_IN_PROGRESS"]
        assert project["runCount"] == len(runs) == account.get(f"/projects/{project['projectId']}")["runCount"]
        assert project["nodeCount"] == sum(len(account.nodes(run)) for run in going)


def test_a_run_and_its_nodes_are_different_calls(account: Account) -> None:
    run = account.runs()[0]
    path = f"/projects/{run['projectId']}/runs/{run['runName']}"
    assert "nodes" not in account.get(path)
    assert account.get(path)["status"] == run["status"]
    assert account.get(f"{path}/nodes")["totalCount"] == len(account.nodes(run))


def test_runs_are_named_by_number_within_their_project(account: Account) -> None:
    first = [run for run in account.runs() if run["projectName"] == "llm-pretrain"]
    assert sorted(run["runName"] for run in first) == ["1", "2", "3"]


def test_nodes_tell_utc_and_runs_tell_korean_time(account: Account) -> None:
    run = account.runs()[0]
    node = account.nodes(run)[0]
    korean = datetime.strptime(run["createTime"], "%Y-%m-%d %H:%M:%S")
    universal = datetime.strptime(node["createTime"], "%Y-%m-%dT%H:%M:%S")
    assert (korean - universal).total_seconds() == 9 * 3600


def test_pages_count_from_one(account: Account) -> None:
    pages = [account.get("/projects/runs", page=page) for page in (1, 2, 3)]
    assert [len(page["runList"]) for page in pages] == [10, 6, 0]
    assert all(page.keys() == {"runList"} for page in pages)  # this list keeps its total to itself
    assert pages[0]["runList"] + pages[1]["runList"] == account.runs()
    big = max(account.runs(), key=lambda run: len(account.nodes(run)))
    path = f"/projects/{big['projectId']}/runs/{big['runName']}/nodes"
    listed = [account.get(path, page=page, pageSize=7) for page in (1, 2, 3)]
    assert [len(page["nodes"]) for page in listed] == [7, 7, 2]
    assert {page["totalCount"] for page in listed} == {16}
    assert [node["rank"] for page in listed for node in page["nodes"]] == list(range(16))


@pytest.mark.parametrize("query", ["page=0", "pageSize=0", "page=-1", "page=x"])
def test_bad_paging_is_a_bad_request(account: Account, query: str) -> None:
    for path in ("/projects", "/projects/runs", "/blk-storages"):
        answer = account.http.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["error"]["errorCode"]) == (400, "100")


# -- logging in -----------------------------------------------------------------------------------------------------


async def _gpus(account: Account, node: dict[str, Any]) -> tuple[str, int]:
    config = account.simulator.config()
    ssh = config["profiles"]["nsml"]["ssh"]  # type: ignore[index]
    async with asyncssh.connect(
        node["host"],
        node["sshPort"],
        username=ssh["user"],
        client_keys=[ssh["identity_file"]],
        agent_path=None,
        known_hosts=None,
        config=None,
    ) as connection:
        done = await connection.run("hostname; nvidia-smi -L | wc -l", check=True)
    name, count = str(done.stdout).split()
    return name, int(count)


async def test_host_and_port_lead_to_the_node(account: Account) -> None:
    training = next(node for node in account.at_work() if "H100 8EA" in node["resourceType"] and node["rank"] == 3)
    assert await _gpus(account, training) == (f"{training['projectName']}-{training['runName']}-3", 8)


def test_a_node_has_no_address_before_it_runs(account: Account) -> None:
    pending = [node for node in account.at_work() if node["state"] == "NODE_STATE_PENDING"]
    assert {(node["host"], node["sshPort"], node["exitCode"]) for node in pending} == {("", 0, -1)}
    failed = [node for node in account.at_work() if node["state"] == "NODE_STATE_FAILED"]
    assert {node["exitCode"] for node in failed} == {137}


# -- by itself ------------------------------------------------------------------------------------------------------


def test_in_a_calm_world_nothing_happens_by_itself(account: Account) -> None:
    before = (account.runs(), account.at_work())
    account.clock.advance(3600)
    assert (account.runs(), account.at_work()) == before


async def test_otherwise_runs_come_and_end_and_nodes_fail_and_return() -> None:
    clock = ManualClock(START)
    with Simulator(clock=clock, only=["nsml"]) as simulator:
        account = Account(simulator, clock)
        known = {(run["projectId"], run["runName"]) for run in account.runs()}
        started, ended, failed, came_back = set[object](), set[object](), set[str](), set[str]()
        for _ in range(60):
            clock.advance(10)
            for run in account.runs():
                name = (run["projectId"], run["runName"])
                started |= {name} - known
                ended |= {name} if name in started and run["status"] != "RUN_STATE_IN_PROGRESS" else set()
            for node in account.at_work():
                if node["state"] == "NODE_STATE_FAILED":
                    failed.add(node["nodeId"])
                elif node["state"] == "NODE_STATE_RUNNING" and node["nodeId"] in failed:
                    came_back.add(node["nodeId"])
                    name_and_gpus = await _gpus(account, node)
                    assert name_and_gpus[0].endswith(f"-{node['rank']}")
        assert len(started) >= 5
        assert ended
        assert came_back
        assert 20 <= len(account.at_work()) <= 60
