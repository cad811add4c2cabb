"""Which proxy leads where: one table, as curl and Go understand the variables."""

from __future__ import annotations

import pytest

from gputui.core.problem import Cause, Failed
from gputui.net.proxies import Proxy, passes_by, proxy_for

CANARY = "canary-0f3c"


@pytest.mark.parametrize(
    ("excepted", "host", "port", "direct"),
    [
        ("", "cloud.example", 443, False),
        ("*", "cloud.example", 443, True),
        ("cloud.example", "cloud.example", 443, True),
        ("CLOUD.example", "cloud.EXAMPLE", 443, True),
        ("cloud.example", "api.cloud.example", 443, True),
        ("cloud.example", "mycloud.example", 443, False),
        (".cloud.example", "api.cloud.example", 443, True),
        (".cloud.example", "cloud.example", 443, True),
        ("*.cloud.example", "api.cloud.example", 443, True),
        ("cloud.example.", "cloud.example", 443, True),
        ("a.example, cloud.example", "cloud.example", 443, True),
        ("a.example cloud.example", "cloud.example", 443, True),
        (",, ,", "cloud.example", 443, False),
        ("cloud.example:443", "cloud.example", 443, True),
        ("cloud.example:8443", "cloud.example", 443, False),
        ("10.0.0.1", "10.0.0.1", 443, True),
        ("10.0.0.1", "10.0.0.11", 443, False),
        ("10.0.0.1:443", "10.0.0.1", 443, True),
        ("10.0.0.1:80", "10.0.0.1", 443, False),
        ("10.0.0.2:443", "10.0.0.1", 443, False),
        ("10.0.0.1:443", "ten.example", 443, False),
        ("10.0.0.0/8:443", "10.1.1.1", 443, True),
        ("10.0.0.0/8", "10.255.0.1", 443, True),
        ("10.0.0.0/8", "11.0.0.1", 443, False),
        ("10.0.0.5/8", "10.1.1.1", 443, True),
        ("10.0.0.0/8", "ten.example", 443, False),
        ("10.0.0.0/99", "10.0.0.1", 443, False),
        ("fd00::/8", "fd12:3456::1", 443, True),
        ("fd00::/8", "fe80::1", 443, False),
        ("[fd00::]/8", "fd12:3456::1", 443, True),
        ("fd00::/8", "10.0.0.1", 443, False),
        ("0.0.0.0/0", "fd00::1", 443, False),
        ("::1", "::1", 443, True),
        ("[fd00::1]", "fd00::1", 443, True),
        ("[fd00::1]:443", "fd00::1", 443, True),
        ("[fd00::1]:80", "fd00::1", 443, False),
        ("fd00:0:0::1", "fd00::1", 443, True),
        ("10.0.0.0/8", "::ffff:10.1.2.3", 443, True),
        ("[", "cloud.example", 443, False),
        ("a:b:c", "cloud.example", 443, False),
        ("cloud.example:99999999", "cloud.example", 443, False),
        ("fd00::/8,cloud.example", "cloud.example", 443, True),
        (".", "cloud.example", 443, False),
    ],
)
def test_whom_no_proxy_names(excepted: str, host: str, port: int, direct: bool) -> None:
    assert passes_by(host, port, excepted) is direct


ENVIRONMENT = {"HTTPS_PROXY": "http://secure:1", "HTTP_PROXY": "http://plain:2", "ALL_PROXY": "http://all:3"}


@pytest.mark.parametrize(
    ("url", "environ", "found"),
    [
        ("https://c/x", {}, None),
        ("https://c/x", ENVIRONMENT, ("http://secure:1", "HTTPS_PROXY")),
        ("http://c/x", ENVIRONMENT, ("http://plain:2", "HTTP_PROXY")),
        ("https://c/x", {"ALL_PROXY": "http://all:3"}, ("http://all:3", "ALL_PROXY")),
        ("https://c/x", {"HTTPS_PROXY": "", "ALL_PROXY": "http://all:3"}, ("http://all:3", "ALL_PROXY")),
        ("https://c/x", {**ENVIRONMENT, "https_proxy": "http://lower:4"}, ("http://lower:4", "https_proxy")),
        ("https://c/x", {"HTTPS_PROXY": "bare:3128"}, ("http://bare:3128", "HTTPS_PROXY")),
        ("https://c/x", {**ENVIRONMENT, "NO_PROXY": "c"}, None),
        ("https://c/x", {**ENVIRONMENT, "no_proxy": "c"}, None),
        ("https://c/x", {**ENVIRONMENT, "no_proxy": "d", "NO_PROXY": "c"}, ("http://secure:1", "HTTPS_PROXY")),
        ("https://c:8443/x", {**ENVIRONMENT, "NO_PROXY": "c:8443"}, None),
        ("https://c/x", {**ENVIRONMENT, "NO_PROXY": "c:443"}, None),
        ("http://c/x", {**ENVIRONMENT, "NO_PROXY": "c:443"}, ("http://plain:2", "HTTP_PROXY")),
        ("https://[fd00::1]/x", {**ENVIRONMENT, "NO_PROXY": "fd00::/8"}, None),
        ("https://10.0.0.1/x", ENVIRONMENT, ("http://secure:1", "HTTPS_PROXY")),
        ("https://[fd00::1]/x", ENVIRONMENT, ("http://secure:1", "HTTPS_PROXY")),
        ("https://c./x", {**ENVIRONMENT, "NO_PROXY": "c"}, None),
        ("https://localhost/x", ENVIRONMENT, None),
        ("https://127.9.9.9/x", ENVIRONMENT, None),
        ("https://[::1]/x", ENVIRONMENT, None),
    ],
)
def test_which_variable_decides(url: str, environ: dict[str, str], found: tuple[str, str] | None) -> None:
    assert proxy_for(url, None, environ) == (Proxy(*found) if found else None)


@pytest.mark.parametrize("url", ["https://c/x", "https://127.0.0.1/x"])
def test_the_profiles_own_proxy_wins_over_every_variable(url: str) -> None:
    found = proxy_for(url, "http://mine:8080", {**ENVIRONMENT, "NO_PROXY": "*"})
    assert found == Proxy("http://mine:8080", "`proxy` of the profile")
    assert found.place == "mine:8080"


@pytest.mark.parametrize(
    "text",
    [
        f"socks5://me:{CANARY}@h:1",
        f"ftp://me:{CANARY}@h",
        f"http://me:{CANARY}@",
        f"http://me:{CANARY}@h:99999",
        f"http://me:{CANARY}@h:0",
        "http://[",
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_and_not_shown(text: str) -> None:
    for configured, environ, named in ((text, {}, "`proxy`"), (None, {"HTTPS_PROXY": text}, "HTTPS_PROXY")):
        with pytest.raises(Failed) as failed:
            proxy_for("https://c/x", configured, environ)
        problem = failed.value.problem
        assert problem.cause is Cause.CONFIG
        assert named in problem.text + problem.remedy
        assert CANARY not in str(problem) + problem.remedy


def test_a_proxy_does_not_show_its_password() -> None:
    found = proxy_for("https://c/x", f"http://me:{CANARY}@proxy:3128", {})
    assert found is not None
    assert CANARY not in repr(found) + found.place
    assert found.place == "proxy:3128"


@pytest.mark.parametrize(
    ("url", "place", "host"),
    [
        ("http://proxy", "proxy:80", "proxy"),
        ("https://proxy", "proxy:443", "proxy"),
        ("http://[fd00::1]:3128", "[fd00::1]:3128", "fd00::1"),
        ("http://proxy:1", "proxy:1", "proxy"),
        ("http://proxy:65535", "proxy:65535", "proxy"),
    ],
)
def test_a_proxys_place_is_host_and_port(url: str, place: str, host: str) -> None:
    found = proxy_for("https://c/x", url, {})
    assert found is not None
    assert (found.place, found.host) == (place, host)
