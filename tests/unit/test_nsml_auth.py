"""Naver's signature against vectors computed elsewhere, what is sent with it, and the pace."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from gputui.core.secret import Secret
from gputui.providers.nsml.address import PUBLIC, base_of
from gputui.providers.nsml.pace import Pace
from gputui.providers.nsml.sign import NsmlSigner, signature

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
    headers = await NsmlSigner(ACCESS, SECRET, API_KEY).headers(method, origin + path, int(TIMESTAMP) / 1000)
    assert headers == {
        "x-ncp-apigw-timestamp": TIMESTAMP,
        "x-ncp-iam-access-key": ACCESS.reveal(),
        "x-ncp-apigw-signature-v2": expected,
        "x-ncp-apigw-api-key": "nsml-api-key",
    }


async def test_refused_keys_are_not_tried_again() -> None:
    assert await NsmlSigner(ACCESS, SECRET, API_KEY).refused() is False


def test_an_override_without_a_path_gets_the_documented_one() -> None:
    assert base_of("") == PUBLIC
    assert base_of("http://127.0.0.1:8402/") == "http://127.0.0.1:8402/nsml/v1"
    assert base_of("https://proxy.example.com/naver/nsml/v1") == "https://proxy.example.com/naver/nsml/v1"


class Time:
    """A clock that sleeping moves; `stalls` are seconds that pass besides, whenever somebody sleeps."""

    def __init__(self, stalls: float = 0.0) -> None:
        self.now = 100.0
        self.stalls = stalls
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds + self.stalls
        await asyncio.sleep(0)

    def pace(self, interval: float = 1.0) -> Pace:
        return Pace(interval, now=lambda: self.now, sleep=self.sleep)


async def test_requests_leave_one_an_interval_in_their_order() -> None:
    time, left = Time(), []
    pace = time.pace()

    async def request(name: str) -> None:
        leaving = await pace()
        left.append((name, time.now))
        leaving()

    await asyncio.gather(*map(request, "abc"))
    assert left == [("a", 100.0), ("b", 101.0), ("c", 102.0)]


async def test_after_a_stall_of_the_loop_they_still_leave_an_interval_apart() -> None:
    time, left = Time(stalls=30.0), []
    pace = time.pace()

    async def request() -> None:
        leaving = await pace()
        left.append(time.now)
        leaving()

    await asyncio.gather(*(request() for _ in range(5)))
    assert all(after - before >= 1.0 for before, after in pairwise(left))


async def test_the_next_one_waits_until_the_one_before_has_really_left() -> None:
    """It may have to connect first, which takes longer than an interval."""
    time = Time()
    pace = time.pace()
    leaving = await pace()
    following = asyncio.create_task(pace())
    time.now += 10.0
    await asyncio.sleep(0)
    assert not following.done()
    leaving()
    await following
    assert (time.slept, time.now) == ([1.0], 111.0)
    leaving()  # once more, when it has ended
    third = asyncio.create_task(pace())
    await asyncio.sleep(0)
    assert not third.done()
    third.cancel()


async def test_who_stops_waiting_leaves_the_turn_to_the_others() -> None:
    time = Time()
    pace = time.pace()
    leaving = await pace()
    gone, following = asyncio.create_task(pace()), asyncio.create_task(pace())
    await asyncio.sleep(0)
    gone.cancel()
    leaving()
    await asyncio.wait_for(following, 5)


async def test_one_that_is_cancelled_in_its_sleep_keeps_nobody_waiting() -> None:
    time = Time()
    pace = Pace(1.0, now=lambda: time.now, sleep=asyncio.sleep)
    (await pace())()
    asleep = asyncio.create_task(pace())
    await asyncio.sleep(0)
    asleep.cancel()
    time.now += 1.0
    await asyncio.wait_for(pace(), 5)


async def test_who_comes_late_need_not_wait() -> None:
    time = Time()
    pace = time.pace()
    for pause in (0.75, 60.0, 0.0):
        (await pace())()
        time.now += pause
    assert time.slept == [0.25]


async def test_no_interval_is_no_wait() -> None:
    time = Time()
    pace = time.pace(0.0)
    for _ in range(5):
        await pace()
    assert time.slept == []
