"""Every failure names the party that failed and the remedy: the cloud, the proxy, a file, a variable, this machine."""

from __future__ import annotations

import asyncio
import gzip
import os
import ssl
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import httpcore
import httpx
import pytest
import stamina

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.core.request import Request, SendStatus
from gputui.net.api import READ_TRIES, Api
from gputui.net.bodies import Packed, unpacked
from gputui.net.errors import Journey, problem_of_exception
from gputui.net.sockets import SocketStream
from tests.contract.servers import (
    Authority,
    RawServer,
    Script,
    Wire,
    answering,
    refusing_port,
    reply,
    serving,
    tunnelling,
)

STOP = Request("POST", "/v1/nodes/7/stop")
Act = Callable[[Wire], Awaitable[None]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def without_pauses() -> object:
    with stamina.set_testing(True, attempts=READ_TRIES, cap=True):
        yield


async def problem_of(
    base: str,
    environ: Mapping[str, str] = {},
    *,
    deadline: float = 5.0,
    send_status: SendStatus | None = None,
    **profile: str,
) -> Problem:
    """What a read says; a change must say the same, and `send_status` of itself."""
    api = Api(Settings("prod", {}, **profile), {"": base}, deadline=deadline, environ=environ)  # type: ignore[arg-type]
    with pytest.raises(Failed) as failed:
        await api.get("/v1/nodes")
    outcome = await api.change(STOP)
    await api.aclose()
    assert outcome.problem is not None
    assert outcome.problem.cause is failed.value.problem.cause
    if send_status is not None:
        assert outcome.send_status is send_status
    return failed.value.problem


# ---------------------------------------------------------------------------------------------- proxies


@pytest.mark.parametrize("named_by", ["`proxy` of the profile", "HTTPS_PROXY", "ALL_PROXY"])
async def test_a_dead_proxy_is_named_and_where_it_was_set(named_by: str) -> None:
    with refusing_port() as held:
        place = f"127.0.0.1:{held.getsockname()[1]}"
        url = f"http://me:canary-77@{place}"
        if named_by.startswith("`"):
            problem = await problem_of("https://cloud.invalid", proxy=url, send_status=SendStatus.NOT_SENT)
        else:
            problem = await problem_of("https://cloud.invalid", {named_by: url}, send_status=SendStatus.NOT_SENT)
    assert problem.cause is Cause.NETWORK
    assert problem.text == f"cannot connect to the proxy {place}: Connection refused"
    assert named_by in problem.remedy
    assert "canary" not in problem.text + problem.remedy


async def test_a_proxy_without_an_address_is_named() -> None:
    problem = await problem_of(
        "https://cloud.example", {"HTTPS_PROXY": "http://proxy.invalid:3128"}, send_status=SendStatus.NOT_SENT
    )
    assert problem.cause is Cause.DNS
    assert problem.text == "no address for the proxy proxy.invalid:3128"
    assert "HTTPS_PROXY" in problem.remedy


async def test_a_proxy_that_wants_a_login_says_how_to_give_it() -> None:
    async def refuse(wire: Wire) -> None:
        await wire.head()
        await wire.send(reply(407, b"", reason="Proxy Authentication Required"))

    async with RawServer(refuse) as proxy:
        problem = await problem_of(
            "https://cloud.invalid", {"HTTPS_PROXY": proxy.base}, send_status=SendStatus.NOT_SENT
        )
    assert problem.text == f"the proxy 127.0.0.1:{proxy.port} refused: 407 Proxy Authentication Required"
    assert problem.remedy == "give its user and password in HTTPS_PROXY: http://user:password@host:port"


async def test_a_proxy_that_says_nothing_is_named_not_the_cloud() -> None:
    async def silent(wire: Wire) -> None:
        await wire.until_gone()

    async with RawServer(silent) as proxy:
        problem = await problem_of(
            "https://cloud.invalid", {"HTTPS_PROXY": proxy.base}, deadline=0.3, send_status=SendStatus.NOT_SENT
        )
    assert problem.cause is Cause.TIMEOUT
    assert problem.text.startswith(f"the proxy 127.0.0.1:{proxy.port} did not answer in time")
    assert "HTTPS_PROXY" in problem.remedy


async def test_behind_a_good_proxy_the_cloud_is_named(authority: Authority) -> None:
    async def hang(wire: Wire) -> None:
        await wire.request()
        await wire.until_gone()

    async with (
        RawServer(hang, tls=serving(authority.issue("behind"))) as server,
        RawServer(tunnelling(server)) as proxy,
    ):
        problem = await problem_of(
            server.base, proxy=proxy.base, ca_file=str(authority.file), deadline=1.0, send_status=SendStatus.UNKNOWN
        )
    assert problem.text == "127.0.0.1 did not answer in time: it took the request and said nothing"
    assert problem.remedy == ""


async def test_a_handshake_through_a_good_proxy_is_the_clouds() -> None:
    async with RawServer(mute) as server, RawServer(tunnelling(server)) as proxy:
        base = server.base.replace("http:", "https:")
        problem = await problem_of(base, proxy=proxy.base, deadline=1.0, send_status=SendStatus.NOT_SENT)
    assert problem.text == "127.0.0.1 did not answer in time: it did not finish the TLS handshake"


async def test_a_network_in_no_proxy_passes_the_proxy_by() -> None:
    """An IPv6 network failed every profile once."""
    environ = {"HTTP_PROXY": "http://proxy.invalid:1", "NO_PROXY": "fd00::/8,192.0.2.0/24,cloud.invalid"}
    problem = await problem_of("http://cloud.invalid", environ)
    assert problem.text == "no address for cloud.invalid"


@pytest.mark.parametrize("place", ["profile", "https_proxy"])
async def test_a_proxy_that_speaks_no_tls_is_named_and_not_the_cloud(place: str) -> None:
    async def plain(wire: Wire) -> None:
        await wire.reader.read(100)
        await wire.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with RawServer(plain) as proxy:
        port = proxy.base.rpartition(":")[2]
        address = f"https://127.0.0.1:{port}"
        named = {"proxy": address} if place == "profile" else {}
        environ = {} if place == "profile" else {"https_proxy": address}
        problem = await problem_of("https://cloud.invalid", environ, send_status=SendStatus.NOT_SENT, **named)
    assert problem.cause is Cause.TLS
    assert problem.text.startswith(f"the proxy 127.0.0.1:{port}: ")
    assert problem.remedy == f"it does not speak TLS: http:// in {'`proxy` of the profile' * bool(named) or place}"


# ---------------------------------------------------------------------------------------------- files and variables


@pytest.mark.parametrize("setting", ["ca_file", "client_cert"])
@pytest.mark.parametrize("kind", ["missing", "empty", "folder"])
async def test_a_certificate_file_that_cannot_be_used_is_named(setting: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path if kind == "folder" else tmp_path / "cert.pem"
    if kind == "empty":
        file.write_text("")
    problem = await problem_of("https://127.0.0.1:1", send_status=SendStatus.NOT_SENT, **{setting: str(file)})
    assert problem.cause is Cause.CONFIG
    assert f"`{setting}` of the profile cannot be used: {file}" in problem.text
    assert setting in problem.remedy
    assert ("No such file" in problem.text) == (kind == "missing")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_a_variable_that_names_no_certificates_is_named(variable: str, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    problem = await problem_of("https://127.0.0.1:1", {variable: gone}, send_status=SendStatus.NOT_SENT)
    assert problem.cause is Cause.CONFIG
    assert problem.text.startswith(f"{variable} cannot be used: {gone}")


async def test_a_key_log_that_cannot_be_written_costs_nothing(authority: Authority, tmp_path: Path) -> None:
    async with RawServer(answering(reply()), tls=serving(authority.issue("good"))) as server:
        settings = Settings("prod", {}, ca_file=str(authority.file))
        environ = {"SSLKEYLOGFILE": str(tmp_path / "no" / "keys")}
        api = Api(settings, {"": server.base}, environ=environ)
        assert await api.get("/") == {}
        await api.aclose()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSLKEYLOGFILE"])
async def test_a_fifo_in_a_variable_does_not_hang_the_start(
    variable: str, authority: Authority, tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    async with RawServer(answering(reply()), tls=serving(authority.issue("good"))) as server:
        ca_file = str(authority.file) if variable == "SSLKEYLOGFILE" else None
        api = Api(Settings("prod", {}, ca_file=ca_file), {"": server.base}, environ={variable: str(fifo)})
        if variable == "SSLKEYLOGFILE":
            assert await api.get("/") == {}
        else:
            with pytest.raises(Failed, match=f"SSL_CERT_FILE cannot be used: {fifo}: it is not a regular file"):
                await api.get("/")
        await api.aclose()


async def test_who_wants_a_client_certificate_is_named_when_the_first_answer_is_read() -> None:
    """TLS 1.3 says so only after the handshake; httpcore's pool raises what it gets anew, `from None`."""
    for words, told in (("TLSV13_ALERT_CERTIFICATE_REQUIRED", True), ("DECRYPTION_FAILED", False)):
        connection = SocketStream(lambda: None)
        connection.connection_lost(ssl.SSLError(1, words))
        with pytest.raises(httpcore.ReadError) as raised:
            await connection.read(100)
        error = httpx.ReadError(str(raised.value))
        error.__cause__, raised.value.__cause__ = raised.value, None
        problem = problem_of_exception(error, Journey("cloud", begun=True))
        assert (problem.cause is Cause.TLS, "client_cert" in problem.remedy) == (told, told)
        assert words in problem.text


async def test_ssl_cert_file_is_believed(authority: Authority) -> None:
    async with RawServer(answering(reply()), tls=serving(authority.issue("good"))) as server:
        api = Api(Settings("prod", {}), {"": server.base}, environ={"SSL_CERT_FILE": str(authority.file)})
        assert await api.get("/") == {}
        await api.aclose()


# ---------------------------------------------------------------------------------------------- the cloud itself


async def test_a_cloud_that_refuses_connections_is_named() -> None:
    with refusing_port() as held:
        problem = await problem_of(f"http://127.0.0.1:{held.getsockname()[1]}", send_status=SendStatus.NOT_SENT)
    assert problem.text == "cannot connect to 127.0.0.1: Connection refused"
    assert "base_url" in problem.remedy


async def mute(wire: Wire) -> None:
    await wire.until_gone()


async def silent(wire: Wire) -> None:
    await wire.request()
    await wire.until_gone()


async def endless(wire: Wire) -> None:
    await wire.request()
    await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
    while True:
        await wire.send(b" ")
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("scheme", "script", "phase"),
    [
        ("https", mute, "it did not finish the TLS handshake"),
        ("http", silent, "it took the request and said nothing"),
        ("http", endless, "its answer did not end"),
    ],
)
async def test_a_timeout_says_what_was_waited_for(scheme: str, script: Script, phase: str) -> None:
    async with RawServer(script) as server:
        problem = await problem_of(server.base.replace("http:", f"{scheme}:"), deadline=0.4)
    assert (problem.cause, problem.text) == (Cause.TIMEOUT, f"127.0.0.1 did not answer in time: {phase}")


NSML = b"""<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE x [<!ENTITY a "aaaa">]>
<error><errorCode>210</errorCode>
<message>Permission &lt;Denied&gt; &a;</message><details>No subscription</details></error>"""
PORTAL = b"<!DOCTYPE html><html><head><title>\n Sign in to\tHotel Wi-Fi &amp; more</title></head><body/></html>"


@pytest.mark.parametrize(
    ("answer", "text", "remedy"),
    [
        (reply(429, b'{"message": "slow down"}'), "HTTP 429: slow down", "refresh_seconds"),
        (reply(403, b'{"message": "not yours"}'), "HTTP 403: not yours", "keys may not"),
        (reply(404, b'{"message": "no such node"}'), "HTTP 404: no such node", ""),
        (reply(403, NSML), "HTTP 403: 210: Permission <Denied> &a;, No subscription", ""),
        (reply(500, NSML, ("Content-Type: application/xml",)), "HTTP 500: 210: Permission <Denied> &a;", ""),
        (reply(400, PORTAL), "HTTP 400: a web page “Sign in to Hotel Wi-Fi & more”, not the API", "login page"),
        (reply(200, PORTAL), "HTTP 200, but the reply is a web page “Sign in to Hotel Wi-Fi & more”", "login page"),
        (reply(200, b'{"n": ' + b"1" * 5000 + b"}"), "a number has 5000 digits", "base_url"),
        (reply(200, b'{"n": ' + b"1" * 41 + b"}"), "a number has 41 digits", "base_url"),
        (reply(200, b'{"n": "\xff"}'), "it is not UTF-8: byte 7 is 0xff", "base_url"),
        (reply(200, b"x", ("Content-Encoding: br",)), "the reply is packed as br, which was not asked for", "proxy"),
        (reply(200, b"x", ("Content-Encoding: gzip",)), "it is packed as gzip, but it is not", "proxy"),
    ],
)
async def test_an_answer_that_is_none_says_why(answer: bytes, text: str, remedy: str) -> None:
    async with RawServer(answering(answer)) as server:
        api = Api(Settings("prod", {}), {"": server.base})
        with pytest.raises(Failed) as failed:
            await api.get("/")
        await api.aclose()
    assert text in failed.value.problem.text
    assert remedy in failed.value.problem.remedy


@pytest.mark.parametrize("number", [b"1" * 40, b"-" + b"1" * 40])
async def test_a_number_of_forty_digits_is_read(number: bytes) -> None:
    async with RawServer(answering(reply(200, b'{"n": %s, "s": "%s"}' % (number, b"1" * 99)))) as server:
        api = Api(Settings("prod", {}), {"": server.base})
        assert await api.get("/") == {"n": int(number), "s": "1" * 99}
        await api.aclose()


def test_what_is_packed_takes_no_more_memory_than_a_reply_may() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    with pytest.raises(Packed, match="too large: over 1 KiB"):
        unpacked("gzip", bomb, 1024)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert unpacked("gzip", gzip.compress(bytes(1024)), 1024) == bytes(1024)


async def test_a_request_that_was_too_slow_for_a_gateway_is_read_again() -> None:
    async with RawServer(answering(reply(408), reply(200, b'{"n": 1}'))) as server:
        api = Api(Settings("prod", {}), {"": server.base})
        assert await api.get("/") == {"n": 1}
        await api.aclose()


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)],
)
async def test_a_reply_that_was_packed_unasked_is_read(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    said = (f"Content-Encoding: {encoding}",)
    async with RawServer(
        answering(reply(200, pack(b'{"n": 1}'), said), reply(403, pack(b'{"message": "no"}'), said))
    ) as server:
        api = Api(Settings("prod", {}), {"": server.base})
        assert await api.get("/") == {"n": 1}
        outcome = await api.change(STOP)
        await api.aclose()
    assert outcome.problem is not None
    assert (outcome.send_status, outcome.problem.text) == (SendStatus.REFUSED, "HTTP 403: no")
