"""Naver's signature against vectors computed elsewhere, what is sent with it, and the pace."""

from __future__ import annotations

import pytest

from gputui.core.secret import Secret
from gputui.providers.nsml.address import PUBLIC, base_of
from gputui.providers.nsml.pace import Pace
from gputui.providers.nsml.sign import Signer, signature

ACCESS = Secret("ncp_iam_TESTACCESSKEY0001")
SECRET = Secret("ncp_iam_TESTSECRETKEY00000000000000001")
API_KEY = Secret("nsml-api-key")
TIMESTAMP = "1725327591000"
PROJECT = "/nsml/v1/projects/1nns2cygz0iujnywciu0"

VECTORS = {
    "N1": ("GET", f"{PROJECT}/runs/2/nodes", "X7dOjZAi9h3TJhs39aAcQ8XLoFoxgFENLpgugSv03Ns="),
    "N2": ("GET", f"{PROJECT}/runs/2/nodes?page=1&pageSize=10", "OP/7w69kqPIKtba6orJlX4b6490p8TczbdqSJZ3Ndyk="),
    "N3": ("GET", "/nsml/v1/projects/runs?page=1&pageSize=10", "fnqLh0QWGVPsrmN3Xya8+ao3HNZGDcLSD+5PHR/N8a8="),
    "N4": ("POST", f"{PROJECT}/runs", "GlE72bhCHqXzP8tl3Wlz+w08nsI8riz9+ZTIh/9QeqU="),
    "N5": (
        "DELETE",
        "/nsml/v1/images/secret?privateEp=abc.kr.private-ncr.ntruss.com",
        "s9exw32zDZG0hmjeowiO7fY2IE4CAvSXlkg2/bhRbEA=",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_signature_is_that_of_the_reference(name: str) -> None:
    method, path, expected = VECTORS[name]
    assert signature(method, path, TIMESTAMP, ACCESS, SECRET) == expected


@pytest.mark.parametrize("origin", ["https://nsml.apigw.ntruss.com", "http://127.0.0.1:8402", "http://[::1]:8402"])
@pytest.mark.parametrize("name", VECTORS)
async def test_the_headers_prove_the_path_whatever_the_host(origin: str, name: str) -> None:
    method, path, expected = VECTORS[name]
    headers = await Signer(ACCESS, SECRET, API_KEY).headers(method, origin + path, int(TIMESTAMP) / 1000)
    assert headers == {
        "x-ncp-apigw-timestamp": TIMESTAMP,
        "x-ncp-iam-access-key": ACCESS.reveal(),
        "x-ncp-apigw-signature-v2": expected,
        "x-ncp-apigw-api-key": "nsml-api-key",
    }


async def test_refused_keys_are_not_tried_again() -> None:
    assert await Signer(ACCESS, SECRET, API_KEY).refused() is False


def test_an_override_without_a_path_gets_the_documented_one() -> None:
    assert base_of("") == PUBLIC
    assert base_of("http://127.0.0.1:8402/") == "http://127.0.0.1:8402/nsml/v1"
    assert base_of("https://proxy.example.com/naver/nsml/v1") == "https://proxy.example.com/naver/nsml/v1"


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_callers_pass_one_an_interval_in_their_order() -> None:
    time = Time()
    pace = Pace(1.0, now=lambda: time.now, sleep=time.sleep)
    for _ in range(3):
        await pace()
    assert time.slept == [1.0, 2.0]


async def test_who_comes_late_need_not_wait() -> None:
    time = Time()
    pace = Pace(1.0, now=lambda: time.now, sleep=time.sleep)
    await pace()
    time.now += 0.75
    await pace()
    time.now += 60.0
    await pace()
    assert time.slept == [0.25]


async def test_no_interval_is_no_wait() -> None:
    time = Time()
    pace = Pace(0.0, now=lambda: time.now, sleep=time.sleep)
    for _ in range(5):
        await pace()
    assert time.slept == []
