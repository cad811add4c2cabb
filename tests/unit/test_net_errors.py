"""What a failed call means: the words of the five APIs, times to wait, JSON that is none, and nothing that raises."""

from __future__ import annotations

import email.utils
import errno
import json
import socket
import ssl

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gputui.core.problem import LONGEST_RETRY_AFTER, Cause
from gputui.core.text import Json
from gputui.net.bodies import DEEPEST, message, parse, parse_quietly
from gputui.net.errors import Closed, DeadlinePassed, Journey, TooLarge, problem_of_exception
from gputui.net.redact import Redaction
from gputui.net.statuses import problem_of_status, retry_after

NOW = 1_800_000_000.0
KEYS = st.sampled_from(["message", "errors", "error", "detail", "details", "title", "name", "msg", "reason", "x"])
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)

# ---------------------------------------------------------------------------------------------- words

SCP_ENVELOPE = """{"errors":[{"code":"ValidationError","detail":["Field required"],"global_request_id":"req-0877df14",
"links":[],"related_resources":[],"request_id":"req-958ef7a9","response":null,"status":400,
"title":"ValidationError"}]}"""
SCP_FORBIDDEN = """{"errors":[{"code":"Forbidden","detail":"You do not have permission to Update. Please contact the
administrator.","status":403,"title":"Forbidden","response":{"access_level":"Update"}}]}"""
SCP_GATEWAY = """{"status":"UNAUTHORIZED","name":"Request was rejected by gateway",
"message":"Service Account catalog has not target's endpoint."}"""
SCP_HIDDEN = """{"timestamp":"2026-06-05T04:43:52.502+00:00","path":"/v1/cluster-fabrics/node-pools","status":404,
"error":"Not Found","requestId":"fa411af7"}"""
NSML_GATEWAY = """{"error":{"errorCode":"210","message":"Permission Denied",
"details":"A subscription to the API is required."}}"""
HOSTED = """{"code":12370004,"message":"pool is busy","errors":[{"field":"pool_name","message":"already taken"}]}"""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (SCP_ENVELOPE, "Field required"),
        (SCP_FORBIDDEN, "You do not have permission to Update. Please contact the administrator."),
        (SCP_GATEWAY, "Service Account catalog has not target's endpoint., Request was rejected by gateway"),
        (SCP_HIDDEN, "Not Found"),
        ('{"errors":[{"title":"ContactAdminForAssistance","detail":null}]}', "ContactAdminForAssistance"),
        (NSML_GATEWAY, "Permission Denied, A subscription to the API is required."),
        ('{"error":{"errorCode":300,"message":"Not Found Exception"}}', "Not Found Exception"),
        (HOSTED, "pool is busy, already taken"),
        ('{"error":"no such pool"}', "no such pool"),
        ("pool is gone", "pool is gone"),
        ('{"code":404,"message":"Resource id not found."}', "Resource id not found."),
        ('{"code":400,"message":"Bad request","details":"name is taken"}', "Bad request, name is taken"),
        ('{"error":"invalid_client","error_description":"Unknown client"}', "invalid_client, Unknown client"),
        ('{"code":401,"msg":"token expired"}', "token expired"),
        ('{"reason":"namespace unknown"}', "namespace unknown"),
        ('{"detail":"no such pool"}', "no such pool"),
        ('{"message":"same","error":{"message":"same"}}', "same"),
        ("<html><body>Samsung Cloud Platform</body></html>", "a web page, not the API (48 bytes)"),
    ],
)
def test_every_api_is_quoted_in_its_own_words(body: str, words: str) -> None:
    body = body.replace("\n", " ")
    assert problem_of_status(400, {}, body.encode(), NOW).text == f"HTTP 400: {words}"


def test_words_are_cleaned_and_bounded() -> None:
    problem = problem_of_status(500, {}, b'{"message": "\\u001b]52;c;eA==\\u0007' + b"x" * 9000 + b'"}', NOW)
    assert "\x1b" not in problem.text
    assert "\x07" not in problem.text
    assert len(problem.text) <= 400


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (101, Cause.REFUSED),
        (300, Cause.REPLY),
        (302, Cause.REPLY),
        (399, Cause.REPLY),
        (400, Cause.REFUSED),
        (401, Cause.CREDENTIALS),
        (403, Cause.FORBIDDEN),
        (404, Cause.REPLY),
        (407, Cause.NETWORK),
        (409, Cause.REFUSED),
        (423, Cause.REFUSED),
        (429, Cause.THROTTLED),
        (499, Cause.REFUSED),
        (500, Cause.SERVER),
        (503, Cause.SERVER),
        (999, Cause.SERVER),
    ],
)
def test_a_status_has_a_cause(status: int, cause: Cause) -> None:
    problem = problem_of_status(status, {}, b"", NOW)
    assert (problem.cause, problem.status, problem.text) == (cause, status, problem.text)
    assert problem.text.startswith(f"HTTP {status}")


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b'{"code": 404, "message": "Resource id not found."}', Cause.MISSING),
        (b'{"errors": [{"code": "NotFound", "detail": "The requested resource could not be found."}]}', Cause.MISSING),
        (b"<html><h1>404 Not Found</h1><hr>nginx</html>", Cause.REPLY),
        (b"404 page not found", Cause.REPLY),
        (b"Not Found", Cause.REPLY),
        (b'{"took": 3}', Cause.REPLY),
    ],
)
def test_only_the_api_itself_can_say_that_a_thing_is_gone(body: bytes, cause: Cause) -> None:
    problem = problem_of_status(404, {}, body, NOW)
    assert problem.cause is cause
    assert ("base_url" in problem.remedy) == (cause is Cause.REPLY)


@given(JSONS)
def test_no_error_body_is_too_odd(body: Json) -> None:
    assert isinstance(message(body), str)


@given(st.integers(100, 999), st.binary(max_size=60), st.text(max_size=40), st.text(max_size=40))
@example(401, b"", "", "Wed, 01 Jan 2025 00:00:00 +99999999999999999999")
@example(503, b"", "Wed, 01 Jan 2025 00:00:00 +99999999999999999999", "")
@example(503, b"", "Mon, 01 Jan 0001 00:00:00 -0000", "Mon, 01 Jan 0001 00:00:00 +1400")
def test_no_refusal_is_too_odd(status: int, body: bytes, after: str, date: str) -> None:
    problem = problem_of_status(status, {"retry-after": after, "date": date}, body, NOW)
    assert problem.text.isprintable()
    assert problem.retry_after is None or 0 <= problem.retry_after <= LONGEST_RETRY_AFTER


# ---------------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17.0),
        ("0", 0.0),
        (" 5 ", 5.0),
        ("1.5", 1.5),
        ("1e9", LONGEST_RETRY_AFTER),
        ("-5", None),
        ("NaN", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("Wed, 99 Foo", None),
        (email.utils.formatdate(NOW + 90, usegmt=True), 90.0),
        (email.utils.formatdate(NOW - 90, usegmt=True), None),
        (email.utils.formatdate(NOW + 1e6, usegmt=True), LONGEST_RETRY_AFTER),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(value: str, seconds: float | None) -> None:
    assert problem_of_status(429, {"retry-after": value}, b"", NOW).retry_after == seconds
    assert problem_of_status(503, {"retry-after": value}, b"", NOW).retry_after == seconds
    assert (retry_after({"retry-after": value}, NOW) is None) is (seconds is None)


@pytest.mark.parametrize(("status", "waits"), [(400, False), (403, False), (408, False), (429, True), (500, True)])
def test_only_what_is_overloaded_or_broken_says_when_to_come_again(status: int, waits: bool) -> None:
    assert (problem_of_status(status, {"retry-after": "7"}, b"", NOW).retry_after == 7.0) is waits


def test_a_zone_that_a_date_names_counts() -> None:
    value = email.utils.formatdate(NOW + 90 + 3600).replace("-0000", "+0100")
    assert retry_after({"retry-after": value}, NOW) == 90.0


@pytest.mark.parametrize(
    ("status", "body", "asks"),
    [
        (400, b"<html>", True),
        (499, b"<html>", True),
        (500, b"<html>", False),
        (400, b"{}", False),
        (403, b"<html>", False),
    ],
)
def test_a_page_for_people_makes_one_ask_whether_this_is_the_api(status: int, body: bytes, asks: bool) -> None:
    assert ("check `base_url`" in problem_of_status(status, {}, body, NOW).remedy) is asks


def test_a_date_without_zone_is_gmt_wherever_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    try:
        value = email.utils.formatdate(NOW + 90).replace("-0000", "").strip()
        assert retry_after({"retry-after": value}, NOW) == 90.0
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("skew", "words"), [(312, "312 s ahead"), (-312, "312 s behind"), (60, "check the keys"), (61, "61 s ahead")]
)
def test_a_401_by_a_wrong_clock_says_so(skew: int, words: str) -> None:
    headers = {"date": email.utils.formatdate(NOW, usegmt=True)}
    assert words in problem_of_status(401, headers, b"", NOW + skew).remedy


# ---------------------------------------------------------------------------------------------- JSON


@pytest.mark.parametrize(
    "body", [b"", b"{", b"NaN", b"[1e999]", b"-Infinity", b"9" * 5000, b"[" * 99_999, b'"\xff"', b"{}{}"]
)
def test_what_is_no_json_is_a_value_error_and_nothing_else(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(body)
    assert parse_quietly(body) is None


@given(JSONS)
def test_what_is_json_is_read_as_python_reads_it(value: Json) -> None:
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_the_depth_is_bounded(opening: str, closing: str) -> None:
    inner = '""' if opening.endswith(":") else ""
    levels = DEEPEST // (2 if opening.startswith("[{") else 1)
    parse((opening * levels + inner + closing * levels).encode())
    with pytest.raises(ValueError, match="deep"):
        parse((opening * (levels + 1) + inner + closing * (levels + 1)).encode())


# ---------------------------------------------------------------------------------------------- exceptions


def led_to(error: BaseException, reason: BaseException) -> BaseException:
    """`error` as httpx leaves it: the reason only in the context, with one exception between."""
    between = RuntimeError("httpcore")
    between.__context__ = reason
    error.__context__ = between
    error.__suppress_context__ = True
    return error


UNKNOWN_AUTHORITY = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")
EXCEPTIONS = [
    (TooLarge("over 8192 KiB"), Cause.REPLY, "over 8192 KiB"),
    (DeadlinePassed(), Cause.TIMEOUT, "deadline passed"),
    (Closed(), Cause.NETWORK, "closed here"),
    (httpx.ReadTimeout(""), Cause.TIMEOUT, "read timeout"),
    (httpx.ConnectTimeout(""), Cause.TIMEOUT, "connect timeout"),
    (httpx.PoolTimeout(""), Cause.TIMEOUT, "pool timeout"),
    (httpx.ReadError(""), Cause.NETWORK, "read error"),
    (httpx.RemoteProtocolError("Server disconnected"), Cause.NETWORK, "Server disconnected"),
    (httpx.ProxyError("407 Who Are You"), Cause.NETWORK, "407 Who Are You"),
    (httpx.LocalProtocolError("Illegal header value b'Bearer secret'"), Cause.CONFIG, "a header"),
    (httpx.ConnectError("All connection attempts failed"), Cause.NETWORK, "All connection attempts failed"),
    (led_to(httpx.ConnectError("x"), OSError(errno.ECONNREFUSED, "Connect call failed")), Cause.NETWORK, "refused"),
    (led_to(httpx.ConnectError("x"), OSError(errno.EHOSTUNREACH, "")), Cause.NETWORK, "No route to host"),
    (led_to(httpx.ConnectError("x"), socket.gaierror(-2, "Name or service not known")), Cause.DNS, "no address for h"),
    (led_to(httpx.ConnectError("x"), socket.gaierror(-5, "No address associated")), Cause.DNS, "no address for h"),
    (led_to(httpx.ConnectError("x"), UNKNOWN_AUTHORITY), Cause.TLS, "self-signed"),
    (ssl.SSLError(1, "TLSV13_ALERT_CERTIFICATE_REQUIRED"), Cause.TLS, "CERTIFICATE_REQUIRED"),
    (ExceptionGroup("g", [OverflowError("port must be 0-65535")]), Cause.NETWORK, "port must be 0-65535"),
    (OSError(errno.EMFILE, "Too many open files"), Cause.NETWORK, "Too many open files"),
    (RuntimeError("surprise"), Cause.NETWORK, "surprise"),
]


@pytest.mark.parametrize(("error", "cause", "words"), EXCEPTIONS, ids=lambda value: repr(value)[:40])
def test_an_exception_has_a_cause_and_words(error: BaseException, cause: Cause, words: str) -> None:
    problem = problem_of_exception(error, Journey("h"))
    assert problem.cause is cause
    assert words in problem.text
    assert "secret" not in problem.text


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("certificate verify failed: certificate is not yet valid", "clock"),
        ("certificate verify failed: certificate has expired", "renew"),
        ("certificate verify failed: IP address mismatch, certificate is not valid for 'h'", "base_url"),
        ("certificate verify failed: self-signed certificate in certificate chain", "ca_file"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "base_url"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "client_cert"),
        ("EOF occurred in violation of protocol", "client_cert"),
    ],
)
def test_tls_comes_with_a_remedy(words: str, remedy: str) -> None:
    assert remedy in problem_of_exception(ssl.SSLError(1, words), Journey("h")).remedy


@pytest.mark.parametrize(("words", "status"), [("407 Who", 407), ("502 Bad", 502), ("no status", None), ("4071", None)])
def test_a_proxys_status_is_kept(words: str, status: int | None) -> None:
    assert problem_of_exception(httpx.ProxyError(words), Journey("h")).status == status


# ---------------------------------------------------------------------------------------------- redaction


def test_every_spelling_of_a_secret_becomes_stars() -> None:
    redaction = Redaction(
        {
            "Authorization": "Bearer abc/def+ghi",
            "Cookie": "token=0123456789",
            "X-Sig": "sig sig==",
            "Scp-Timestamp": "1" * 13,
        },
        {"nodes": [{"os_user_password": 'pa"ss', "name": "gpu"}], "kind": "os_user_password"},
        {"client_secret": "hush hush", "client_id": "known-client"},
        frozenset({"os_user_password"}),
    )
    sent = 'abc/def+ghi abc%2Fdef%2Bghi token=0123456789 0123456789 sig sig== pa"ss pa\\"ss hush hush hush%20hush'
    kept = "gpu kind os_user_password known-client Bearer " + "1" * 13
    assert redaction.text(sent).replace("***", "").split() == ["token="] * ("token=" in redaction.text(sent))
    assert redaction.text(kept) == kept
    assert redaction.bytes(sent.encode()) == redaction.text(sent).encode()


@given(st.text("abc", min_size=8, max_size=20), st.text("xyz ", max_size=30), st.integers(4, 20))
def test_a_secret_that_was_cut_becomes_stars(secret: str, before: str, length: int) -> None:
    cut = secret[:length]
    redacted = Redaction({"Authorization": f"Bearer {secret}"}, None, None, frozenset()).text(f"{before}{cut}…")
    assert redacted == f"{before}***…"


def test_short_values_are_left_because_stars_in_every_word_say_nothing() -> None:
    redaction = Redaction(
        {"Accept-Language": "en-US-long", "Scp-ClientType": "Openapi-long", "X": "short"}, None, None, frozenset()
    )
    assert redaction.text("Openapi-long en-US-long short") == "Openapi-long en-US-long short"


@pytest.mark.parametrize(
    ("number", "remedy"), [(socket.EAI_AGAIN, "the resolver does not answer"), (socket.EAI_NONAME, "check `base_url`")]
)
def test_a_resolver_that_is_silent_is_told_from_a_name_that_is_unknown(number: int, remedy: str) -> None:
    error = httpx.ConnectError("no")
    error.__cause__ = socket.gaierror(number, "said")
    problem = problem_of_exception(error, Journey("h"))
    assert problem.cause is Cause.DNS
    assert problem.remedy.startswith(remedy)
