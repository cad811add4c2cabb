"""What a log line may not hold is taken out of it, however it is spelled and however the line was cut."""

from __future__ import annotations

import base64
import gc
import html
import json
import logging
import time
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.known_secrets import KnownSecrets
from gputui.core.problem import Cause, Problem
from gputui.core.redaction import redacted
from gputui.core.secret import Secret

AWKWARD = "canary-5up3r/s3cr3t+0123'456\"789\\&<>=~~~~???>>>>???~~~"
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)


def spelled(value: str) -> dict[str, str]:
    return {
        "plain": value,
        "json": json.dumps({"k": value}),
        "repr": repr(value),
        "bytes": repr(value.encode()),
        "url": quote(value, safe=""),
        "path": quote(value),
        "query": urlencode({"k": value}),
        "plus": quote_plus(value),
        "html": html.escape(value),
        "basic": base64.b64encode(f"me:{value}".encode()).decode(),
        "basic of two": base64.b64encode(f"x:{value}".encode()).decode(),
        "basic of one": base64.urlsafe_b64encode(f"abc:{value}".encode()).decode(),
        "basic of three": base64.urlsafe_b64encode(f"name:{value}".encode()).decode(),
    }


@pytest.mark.parametrize("way", spelled(""))
def test_a_known_secret_is_taken_out_in_every_spelling(way: str) -> None:
    held = Secret(AWKWARD)
    line = redacted(f"before {spelled(held.reveal())[way]} after")
    assert line.startswith("before ") and line.endswith(" after") and "***" in line
    assert not any(AWKWARD[at : at + 9] in line for at in range(len(AWKWARD) - 8))
    if way.startswith("basic"):
        assert len(line) < len("before ***after") + 12


@given(WORDS, st.text(max_size=30), st.text(max_size=30), st.sampled_from(list(spelled(""))))
def test_no_secret_survives_in_any_text(value: str, before: str, after: str, way: str) -> None:
    known = KnownSecrets()
    held = Secret(value)
    known.add(held)
    spelling = spelled(value)[way]
    line = known.redact(before + spelling + after)
    if not way.startswith("basic"):
        assert value not in line.replace("***", "")
    assert len(line) < len(before + spelling + after) or "***" in line


@pytest.mark.parametrize("cut", range(10, len(AWKWARD)))
def test_the_beginning_of_a_secret_is_taken_out_where_a_text_was_cut(cut: int) -> None:
    held = Secret(AWKWARD)
    assert redacted(f"said {held.reveal()[:cut]}…") == "said ***…"


def test_what_shares_less_than_ten_letters_with_a_secret_stays() -> None:
    known, held = KnownSecrets(), Secret(AWKWARD)  # its own: other tests' secrets may begin alike
    known.add(held)
    assert known.redact(AWKWARD[:9]) == AWKWARD[:9]
    assert known.redact(AWKWARD[:10]) == "***"


def test_a_token_stays_known_after_its_renewal() -> None:
    known = KnownSecrets()
    known.add(Secret("token-of-the-last-hour"))
    gc.collect()
    assert known.redact("token-of-the-last-hour") == "***"


def test_a_secret_in_use_stays_known_whatever_came_after_it() -> None:
    known = KnownSecrets()
    held = Secret("the-key-of-the-profile")
    known.add(held)
    for number in range(5000):
        known.add(Secret(f"one-time-password-{number:06}"))
    assert known.redact("the-key-of-the-profile one-time-password-004999") == "*** ***"


def test_what_is_remembered_is_bounded() -> None:
    known = KnownSecrets()
    for number in range(30_000):
        known.add(Secret(f"{number:06}-one-time-password"))
        if number % 1000 == 0:
            known.redact("")
    assert known.redact("000001-one-time-password") == "000001-one-time-password"


def test_a_secret_of_four_letters_is_taken_out_and_one_of_six_out_of_base64_too() -> None:
    known = KnownSecrets()
    for value in ("wxyz", "short", "longer"):
        known.add(Secret(value))
    assert known.redact("wxyz") == "***"
    five, six = (base64.b64encode(f"abc{value}".encode()).decode() for value in ("short", "longer"))
    assert known.redact(five) == five
    assert "***" in known.redact(six)


@pytest.mark.parametrize("spelling", ["pass+word%2Fabc%26d", "pass%20word%2fabc%26d", "pass+word%2fabc%26d"])
def test_escapes_may_be_small_letters_and_a_space_a_plus(spelling: str) -> None:
    known = KnownSecrets()
    known.add(Secret("pass word/abc&d"))
    assert known.redact(f"?k={spelling}&l=1") == "?k=***&l=1"


def test_a_token_that_comes_again_is_among_the_newest() -> None:
    known = KnownSecrets()
    for number in (0, *range(1, 2048), 0, 2048):
        known.add(Secret(f"{number:06}-one-time-password"))
    gc.collect()
    assert known.redact("000000-one-time-password 000001-one-time-password") == "*** 000001-one-time-password"


def test_a_secret_of_three_letters_would_star_half_a_log() -> None:
    held = Secret("abc")
    assert redacted("abc abcd") == "abc abcd"
    assert held


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("Authorization: Bearer unknown-1", "Authorization: ***"),
        ("authorization=Basic dW5rbm93bi0x", "authorization=***"),
        ("[(b'X-Api-Key', b'unknown-1'), (b'Date', b'now')]", "[(b'X-Api-Key', ***), (b'Date', b'now')]"),
        ('{"sshPassword": "unknown 1", "port": 22}', '{"sshPassword": ***, "port": 22}'),
        ("{'client_secret': 'unknown-1', 'a': 1}", "{'client_secret': ***, 'a': 1}"),
        ("password=unknown-1&user=me", "password=***&user=me"),
        ("Cookie: a=unknown-1; b=unknown-2", "Cookie: ***"),
        ("Set-Cookie: token=unknown-1; Path=/", "Set-Cookie: ***"),
        ("Scp-Signature: unknown-1=", "Scp-Signature: ***"),
        ("x-ncp-iam-access-key: unknown-1", "x-ncp-iam-access-key: ***"),
        ("via http://me:unknown-1@proxy:3128/", "via http://***@proxy:3128/"),
        ("GET https://h/x?access_token=unknown-1&page=2", "GET https://h/x?access_token=***&page=2"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.unknown-1!", "got ***!"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nunknown-1\n-----END OPENSSH PRIVATE KEY-----\nx", "***\nx"),
        ('HTTP Request: GET https://h/ "HTTP/1.1 200 unknown-1"', 'HTTP Request: GET https://h/ "HTTP/1.1 200"'),
        (
            "receive_response_headers.complete return_value=(b'HTTP/1.1', 200, b'unknown-1', [(b'X', b'unknown-2')])",
            "receive_response_headers.complete return_value=HTTP 200",
        ),
        ("the token call failed: HTTP 500", "the token call failed: HTTP 500"),
        ("bearer of bad news; basic words", "bearer of bad news; basic words"),
    ],
)
def test_what_says_of_itself_that_it_is_secret_is_taken_out(line: str, left: str) -> None:
    assert redacted(line) == left


@pytest.mark.parametrize(
    "text", ["://", "-----BEGIN PRIVATE KEY-----", 'token:"\\', "cookie: ", "eyJ", "bearer ", "token", "HTTP/1.1 200 "]
)
def test_no_text_takes_long(text: str) -> None:
    """Time of this thread, for a text of 200 kB: what is quadratic takes minutes."""
    started = time.thread_time()
    redacted(text * (200_000 // len(text)))
    assert time.thread_time() - started < 5


def test_a_problem_never_shows_a_known_secret() -> None:
    held = Secret(AWKWARD)
    for text in (AWKWARD, "x" * 390 + AWKWARD, "x" * 395 + AWKWARD):
        problem = Problem(Cause.SERVER, text, AWKWARD)
        assert AWKWARD[:9] not in problem.text
        assert problem.remedy == "***"
    assert held


def test_a_problem_keeps_words_that_happen_to_be_a_short_secret() -> None:
    held = Secret("refused")
    assert Problem(Cause.SERVER, "connection refused").text == "connection refused"
    assert Problem(Cause.SERVER, "eightlet").text == "eightlet"
    eight = Secret("eightlet")
    assert Problem(Cause.SERVER, "eightlet").text == "***"
    assert held and eight


def test_a_log_line_hides_what_its_logger_put_anywhere() -> None:
    from gputui.commands.log import Redacting

    held = Secret(AWKWARD)
    formatter = Redacting("%(levelname)s %(name)s: %(message)s %(extra)s")
    try:
        raise ValueError(AWKWARD)
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
        record = logging.LogRecord("httpx", logging.DEBUG, "x", 1, "%s", (AWKWARD,), info, sinfo=f"stack {AWKWARD}")
    record.extra = AWKWARD
    line = formatter.format(record)
    assert AWKWARD[:10] not in line
    assert line.count("***") >= 4
    assert held
