"""Samsung's signature against vectors computed elsewhere, and what is sent with it."""

from __future__ import annotations

import pytest

from gputui.core.provider import Settings
from gputui.core.secret import Secret
from gputui.providers.scp.addresses import VPC, bases, check
from gputui.providers.scp.sign import ScpSigner, signature

ACCESS = Secret("2sd2gg2agbdSD26svcD")
SECRET = Secret("scp-secret-key-for-tests-0001")
TIMESTAMP = "1605290625682"
HOST = "https://multinodegpucluster.kr-west1.e.samsungsdscloud.com"
ACCOUNT = "f5c8e56a4d9b49a8bd89e14758a32d53"
NODE = "20c507a036c447cdb3b19468d8ea62ac"

VECTORS = {
    "S1": ("GET", f"{HOST}/v1/gpu-nodes", "", "AaYLUvQlFlIDC/7jN+iVfsAtt5DIGK475UKg1MU8Kws="),
    "S2": (
        "GET",
        f"{HOST}/v1/gpu-nodes?size=20&page=0&sort=created_at%3Adesc&state=RUNNING",
        "",
        "SxtIIEGTTKCYr+kQehYmwLVgOmuoQTG+BBKAoRIA4s0=",
    ),
    "S3": (
        "GET",
        f"{HOST}/v1/gpu-nodes?size=20&page=0&sort=created_at:desc&state=RUNNING",
        "",
        "pzNyqbfeV8JfjBKh+bdHmvemQ7SX5cWvBKpUwntnALQ=",
    ),
    "S4": ("POST", f"{HOST}/v1/gpu-nodes/start", "", "UYXXD6jZkCd1vdWGzgBPZULnVxkDISu+ljnutJpl1cg="),
    "S5": ("DELETE", f"{HOST}/v1/gpu-nodes", "", "rM7Ka/rYujNbGvzr5zM2Fc+S2WVN2z1ULxB0qxX0J3A="),
    "S6": ("PUT", f"{HOST}/v1/gpu-nodes/{NODE}/lock", "", "04j5+DhwUgTcAsjUxyfNXkrmYPGZvxdA9MTpk05RgJQ="),
    "S7": ("GET", f"{HOST}/v1/gpu-nodes", ACCOUNT, "azmEKuax0AUiWxcV46EVnv56a/mdKtmjsJDZGNlDPT8="),
    "S8": (
        "GET",
        "http://127.0.0.1:8401/v1/gpu-nodes?page=0&size=20",
        "",
        "nDURN2h+sqGv8w/d7uqAYgbLdQNOwJBsWCgpapnI7co=",
    ),
    "S9": (
        "GET",
        "https://vpc.kr-west1.e.samsungsdscloud.com/v1/publicips?state=RESERVED&type=IGW",
        "",
        "Gr7lOGqLMYsgEC1cCjEpHrtdK3HzmR7R14oVImNkjao=",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_signature_is_that_of_the_reference(name: str) -> None:
    method, url, account, expected = VECTORS[name]
    assert signature(method, url, TIMESTAMP, ACCESS, SECRET, account) == expected


async def test_the_headers_carry_the_timestamp_that_was_signed() -> None:
    method, url, _, expected = VECTORS["S2"]
    headers = await ScpSigner(ACCESS, SECRET).headers(method, url, int(TIMESTAMP) / 1000)
    assert headers == {
        "Scp-Accesskey": ACCESS.reveal(),
        "Scp-Signature": expected,
        "Scp-Timestamp": TIMESTAMP,
        "Scp-ClientType": "Openapi",
        "Accept-Language": "en-US",
    }


async def test_a_refused_pair_of_keys_is_not_tried_again() -> None:
    assert await ScpSigner(ACCESS, SECRET).refused() is False


def test_hosts_follow_from_environment_and_region() -> None:
    found = bases(Settings("p", {"environment": "g", "region": "kr-south2"}))
    assert found == {
        "": "https://multinodegpucluster.kr-south2.g.samsungsdscloud.com",
        VPC: "https://vpc.kr-south2.g.samsungsdscloud.com",
    }


def test_a_profile_may_override_each_host() -> None:
    values = {"environment": "e", "region": "kr-west1", "base_url": "http://127.0.0.1:1"}
    assert bases(Settings("p", values)) == {
        "": "http://127.0.0.1:1",
        VPC: "https://vpc.kr-west1.e.samsungsdscloud.com",
    }
    assert bases(Settings("p", {"base_url": "http://127.0.0.1:1", "vpc_url": "http://127.0.0.1:2"})) == {
        "": "http://127.0.0.1:1",
        VPC: "http://127.0.0.1:2",
    }


def test_without_any_address_for_it_the_vpc_service_is_unknown() -> None:
    assert bases(Settings("p", {"base_url": "http://127.0.0.1:1"})) == {"": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ("s", "kr-west1"),
        ("s", "kr-east1"),
        ("g", "kr-south1"),
        ("g", "kr-south2"),
        ("g", "kr-south3"),
        ("e", "kr-west1"),
        ("e", "kr-east1"),
    ],
)
def test_the_pairs_of_the_document_are_accepted(environment: str, region: str) -> None:
    assert check({"environment": environment, "region": region}) is None


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"environment": "g", "region": "kr-west1"}, "region"),
        ({"environment": "e", "region": "kr-south1"}, "region"),
        ({"environment": "x", "region": "kr-west1"}, "environment"),
        ({"environment": "e"}, "region"),
        ({"region": "kr-west1"}, "environment"),
        ({"environment": "g", "region": "kr-west1", "base_url": "http://127.0.0.1:1"}, "region"),
    ],
)
def test_other_pairs_are_refused_with_the_key_to_change(values: dict[str, str], key: str) -> None:
    found = check(values)
    assert found is not None
    assert found[0] == key


def test_with_a_base_url_environment_and_region_may_be_left_out() -> None:
    assert check({"base_url": "http://127.0.0.1:1"}) is None
