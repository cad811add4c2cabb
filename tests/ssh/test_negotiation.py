"""Two proposals side by side: what they have not in common, said in whole sentences."""

from __future__ import annotations

from asyncssh.packet import Byte, NameList, String

from gputui.ssh.negotiation import mismatches, no_common

MODERN = [["curve25519-sha256", "ext-info-c"], ["ssh-ed25519"], *[["aes128-ctr"]] * 2, *[["hmac-sha2-256"]] * 2]
NONE = [["none"]] * 2


def _proposal(lists: list[list[str]]) -> bytes:
    return Byte(20) + bytes(16) + b"".join(NameList([name.encode() for name in names]) for names in lists)


def _prefix(theirs: list[list[str]] | None, ours: list[list[str]] = MODERN) -> bytes:
    there = _proposal([*theirs, *NONE]) if theirs is not None else b""
    return String("SSH-2.0-a") + String("SSH-2.0-b") + String(_proposal([*ours, *NONE])) + String(there)


def _kinds(theirs: list[list[str]], ours: list[list[str]] = MODERN) -> list[str]:
    return [each.kind for each in mismatches(_prefix(theirs, ours))]


def test_before_the_proposal_has_come_nothing_is_known() -> None:
    assert mismatches(_prefix(None)) == mismatches(b"") == mismatches(b"\0\0") == ()


def test_equal_proposals_have_everything_in_common() -> None:
    assert _kinds(MODERN) == []


def test_each_kind_is_named_once_and_what_is_no_algorithm_does_not_count() -> None:
    old = [["ext-info-c", "dh1"], ["ssh-dss"], *[["des"]] * 2, *[["md5"]] * 2]
    assert _kinds(old) == ["key exchange", "host key", "cipher"]
    assert _kinds([*MODERN[:4], *[["md5"]] * 2]) == ["MAC"]
    assert _kinds([*MODERN[:3], ["des"], *MODERN[4:]]) == ["cipher"], "in one direction only"


def test_a_cipher_that_authenticates_needs_no_mac() -> None:
    ours = [*MODERN[:2], *[["aes128-gcm@openssh.com"]] * 2, *MODERN[4:]]
    assert _kinds([*ours[:4], *[["md5"]] * 2], ours) == []


def test_the_text_is_whole_sentences_however_long_the_lists_are() -> None:
    long = [[f"algorithm-{kind}-{number}@example.com" for number in range(60)] for kind in range(6)]
    ours = [[f"ours-{kind}-{number}" for number in range(60)] for kind in range(6)]
    problem = no_common("root@203.0.113.7:50022", mismatches(_prefix(long, ours)))
    assert problem.text.startswith(
        "root@203.0.113.7:50022 and gputui have no key exchange and no host key and no cipher"
    )
    assert problem.text.endswith(" more") and "… " not in problem.text
    assert "KexAlgorithms +algorithm-0-0@example.com" in problem.remedy


def test_control_characters_of_a_server_are_shown_as_such() -> None:
    problem = no_common("gpu", mismatches(_prefix([["\x1b[2J"], *MODERN[1:]])))
    assert "it offers ␛[2J; gputui takes curve25519-sha256" in problem.text


def test_a_server_that_offers_nothing_is_said_to() -> None:
    assert "it offers none" in no_common("gpu", mismatches(_prefix([[], *MODERN[1:]]))).text
