"""The gate of a host key, guard by guard: when it comes again for the plain key, and when it is closed for good."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gputui.core.ssh_options import HostKeys
from gputui.ssh.negotiation import Mismatch
from gputui.ssh.trust.accepted import Accepted
from gputui.ssh.trust.hosts import HostKey, owned
from gputui.ssh.trust.known import KnownHosts
from gputui.ssh.trust.verifier import HostKeyVerifier
from tests.ssh.test_host_keys import KEY, OTHER, RSA

REFUSED = "Host CA key is not trusted for host gpu"
Make = Callable[..., HostKeyVerifier]


@pytest.fixture
def gate(tmp_path: Path) -> Make:
    """A gate before `gpu`, over a known_hosts with that text."""

    def made(text: str = "", policy: HostKeys = "ask", *, jump: bool = False) -> HostKeyVerifier:
        path = tmp_path / "known_hosts"
        path.write_text(text)
        return HostKeyVerifier(KnownHosts.read([path]), "gpu", 22, policy, jump=jump)

    return made


@pytest.fixture
def with_authority(gate: Make) -> Make:
    """The same, where an authority is known."""
    return lambda policy="ask": gate(f"@cert-authority * {OTHER}", policy)


def test_a_certificate_that_does_not_count_leads_to_the_plain_key_once(with_authority: Make) -> None:
    one = with_authority()
    assert one.asks_for_the_key(REFUSED)
    assert one.authorities == []
    assert not one.asks_for_the_key(REFUSED)


def test_without_an_authority_there_is_nothing_to_come_again_for(gate: Make) -> None:
    assert not gate().asks_for_the_key(REFUSED)


def test_a_key_that_was_shown_already_is_not_asked_for_again(with_authority: Make) -> None:
    one = with_authority()
    one.admits(KEY.blob)
    assert not one.asks_for_the_key(REFUSED)


def test_what_is_revoked_stays_out(with_authority: Make) -> None:
    assert not with_authority().asks_for_the_key("Host CA key is revoked for host gpu")


@pytest.mark.parametrize("policy", ["accept-new", "ask", "strict"])
def test_behind_a_certificate_that_does_not_count_no_key_is_accepted_unseen(with_authority: Make, policy: str) -> None:
    one = with_authority(policy)
    assert one.asks_for_the_key(REFUSED)
    assert not one.admits(KEY.blob)
    assert one.asks


def test_before_a_key_is_shown_the_gate_neither_asks_nor_is_closed(gate: Make) -> None:
    assert (gate().asks, gate().closed) == (False, False)


@pytest.mark.parametrize(
    ("text", "asks", "closed"),
    [
        ("", True, True),
        (f"gpu {KEY}", False, False),
        (f"gpu {OTHER}", False, True),
        (f"gpu {KEY}\n@revoked * {KEY}", False, True),
    ],
    ids=["unknown", "trusted", "changed", "revoked"],
)
def test_which_verdicts_close_it_and_which_are_asked_about(gate: Make, text: str, asks: bool, closed: bool) -> None:
    one = gate(text)
    assert one.admits(KEY.blob) is not closed
    assert (one.asks, one.closed) == (asks, closed)


async def test_nobody_can_decide_on_a_key_that_was_not_shown(gate: Make) -> None:
    with pytest.raises(ValueError, match="no key was shown"):
        await gate().decide(None)  # type: ignore[arg-type]


def test_it_offers_certificates_only_where_an_authority_is_known(gate: Make, with_authority: Make) -> None:
    assert not any("cert" in name for name in gate().algorithms())
    assert any("cert" in name for name in with_authority().algorithms())


def test_the_kind_that_is_known_is_asked_for_first(gate: Make) -> None:
    assert gate().algorithms()[0] == "ssh-ed25519"
    assert gate(f"gpu {RSA}").algorithms()[0].startswith("rsa-")


def _no_host_key(*offered: str) -> list[Mismatch]:
    return [Mismatch("host key", "HostKeyAlgorithms", offered, ("ssh-ed25519",))]


def test_a_host_that_offers_no_key_of_the_known_type_has_changed(gate: Make) -> None:
    refused = gate(f"gpu {KEY}").other_kind(_no_host_key("ssh-dss"))
    assert refused is not None
    assert f"it offers only ssh-dss, known is {KEY.words}" in str(refused) and "has CHANGED" in str(refused)


@pytest.mark.parametrize("offered", ["ssh-rsa", "ssh-rsa-cert-v01@openssh.com"])
def test_a_known_type_that_is_only_signed_in_another_way_is_no_change(gate: Make, offered: str) -> None:
    assert gate(f"gpu {RSA}").other_kind(_no_host_key(offered)) is None


def test_no_common_algorithm_of_another_sort_is_no_change(gate: Make) -> None:
    old = Mismatch("key exchange", "KexAlgorithms", ("diffie-hellman-group1-sha1",), ("curve25519-sha256",))
    assert gate(f"gpu {KEY}").other_kind([old]) is None


def test_without_a_known_key_that_is_no_change(gate: Make) -> None:
    assert gate().other_kind(_no_host_key("ssh-dss")) is None


def test_nor_is_it_where_only_another_instances_key_or_a_revoked_one_is_known(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(f"gpu {KEY} {owned('p/nodes/2')}\n@revoked gpu {OTHER}\n")
    known = KnownHosts.read([path])
    assert HostKeyVerifier(known, "gpu", 22, "ask", owner="p/nodes/1").other_kind(_no_host_key("ssh-dss")) is None
    assert HostKeyVerifier(known, "gpu", 22, "ask", owner="p/nodes/2").other_kind(_no_host_key("ssh-dss")) is not None


def test_where_a_key_was_shown_it_was_not_for_its_kind(gate: Make) -> None:
    one = gate(f"gpu {KEY}")
    one.admits(KEY.blob)
    assert one.other_kind(_no_host_key("ssh-dss")) is None


@pytest.mark.parametrize("text", ["gpu {known}", "gpu {known}\n@revoked * {shown}"], ids=["changed", "revoked"])
def test_a_refusal_has_both_keys_and_only_a_changed_one_can_be_forgotten(gate: Make, text: str) -> None:
    one = gate(text.format(known=OTHER, shown=KEY))
    one.admits(KEY.blob)
    refused = one.refusal()
    assert KEY.words in str(refused)
    assert (refused.change is not None) is ("revoked" not in text)
    assert "REVOKED" in str(refused) or OTHER.words in str(refused)


async def test_only_a_key_that_passed_as_new_is_remembered(gate: Make, tmp_path: Path) -> None:
    pins = tmp_path / "pins"
    for text, policy, remembered in ((f"gpu {KEY}", "ask", False), ("", "accept-new", True)):
        one = gate(text, policy)
        one.proven = True
        await one.remember(pins)  # before any key was shown there is none
        assert not pins.exists()
        assert one.admits(KEY.blob)
        await one.remember(pins)
        assert pins.exists() is remembered


def test_gates_that_share_what_was_accepted_let_one_key_of_a_host_pass_unseen(tmp_path: Path) -> None:
    """Not twice the first contact: another instance there, a moment later, with another key, is refused."""
    accepted, known = Accepted(), KnownHosts.read([tmp_path / "missing"])

    def gate(owner: str, accepted: Accepted) -> HostKeyVerifier:
        return HostKeyVerifier(known, "gpu", 22, "accept-new", owner=owner, accepted=accepted)

    assert gate("p/nodes/1", accepted).admits(KEY.blob)
    assert not gate("p/nodes/2", accepted).admits(OTHER.blob)
    assert gate("p/nodes/2", accepted).admits(KEY.blob)
    assert gate("p/nodes/2", Accepted()).admits(OTHER.blob)


@pytest.mark.parametrize(
    ("owner", "key", "after", "passes"),
    [
        ("p/nodes/2", OTHER, 599.0, KEY),
        ("p/nodes/2", OTHER, 601.0, OTHER),
        ("p/nodes/1", OTHER, 1.0, OTHER),
        ("p/nodes/2", KEY, 1.0, KEY),
    ],
    ids=["another instance's", "ten minutes later", "the same instance's", "the same key"],
)
def test_what_was_accepted_at_an_address_stands_against_another_for_ten_minutes(
    owner: str, key: HostKey, after: float, passes: HostKey
) -> None:
    now = [100.0]
    accepted = Accepted(lambda: now[0])
    assert accepted.first("gpu", 22, KEY, "p/nodes/1") == KEY
    now[0] += after
    assert accepted.first("gpu", 22, key, owner) == passes
    assert accepted.first("gpu", 2222, OTHER, "p/nodes/3") == OTHER
    assert accepted.first("cpu", 22, OTHER, "p/nodes/3") == OTHER


def test_only_lines_that_may_be_removed_are_told_to_be_removed(gate: Make, tmp_path: Path) -> None:
    one = gate(f"gpu {OTHER}\ng* {OTHER}\n")
    assert not one.admits(KEY.blob)
    path = tmp_path / "known_hosts"
    remedy = one.refusal().problem.remedy
    assert f"remove {path}:1: ssh-keygen" in remedy
    assert f"edit {path}:2 (a pattern" in remedy


@pytest.mark.parametrize(
    ("error", "words"), [(OSError(28, "No space left on device"), "No space left on device"), (OSError("odd"), "odd")]
)
async def test_a_key_that_cannot_be_remembered_is_no_reason_to_refuse_and_is_said(
    gate: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr("gputui.ssh.trust.verifier.pin", full)
    one = gate(policy="accept-new")
    assert one.admits(KEY.blob)
    assert await one.remember(tmp_path / "pins") == "", "it has not proved yet that it holds the key"
    one.proven = True
    assert await one.remember(tmp_path / "pins") == f"the host key of gpu could not be remembered: {words}"
