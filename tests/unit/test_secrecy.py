"""What is secret by the name beside it is starred, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from gputui.core.provider import Provider
from gputui.core.secret import masked
from gputui.core.text import Json
from gputui.providers.datenfab.views import PROVIDER as DATENFAB
from gputui.providers.hostedai.views import PROVIDER as HOSTEDAI
from gputui.providers.nsml.views import PROVIDER as NSML
from gputui.providers.runai.views import PROVIDER as RUNAI
from gputui.providers.scp.views import PROVIDER as SCP
from gputui.providers.secrecy import FIELDS, redact_secrets, secret_name


@pytest.mark.parametrize(
    "name",
    [
        *("HF_TOKEN", "hf-token", "TOKEN", "OPENAI_API_KEY", "apiKey", "APIKEY", "AWS_SECRET_ACCESS_KEY", "SSH_KEY_2"),
        *("PGPASSWORD", "db.password", "passwd", "GOOGLE_CREDENTIALS", "client_secret", "BASIC_AUTH", "accessToken"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert secret_name(name)


@pytest.mark.parametrize("name", ["HOME", "MAX_TOKENS", "tokenizer", "KEYBOARD", "AUTHOR", "MONKEYS", "", "PATH"])
def test_names_of_nothing_secret(name: str) -> None:
    assert not secret_name(name)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"name": "HF_TOKEN", "value": "x"}, {"name": "HF_TOKEN", "value": "***"}),
        ({"name": "HF_TOKEN", "value": None}, {"name": "HF_TOKEN", "value": None}),
        ({"name": "HOME", "value": "/x"}, {"name": "HOME", "value": "/x"}),
        (
            {"name": "A_KEY", "secret": {"name": "s", "key": "K"}},
            {"name": "A_KEY", "secret": {"name": "s", "key": "K"}},
        ),
        ([{"e": [{"name": "A_KEY", "value": 7}]}], [{"e": [{"name": "A_KEY", "value": "***"}]}]),
        ("--api-key abc --tokenizer t --max-tokens 5", "--api-key *** --tokenizer t --max-tokens 5"),
        ("--api-key=abc -x", "--api-key=*** -x"),
        ("--api-key 'a b' next", "--api-key *** next"),
        ("--token --verbose", "--token --verbose"),
        ("HF_TOKEN=abc HOME=/x python a.py", "HF_TOKEN=*** HOME=/x python a.py"),
        ("http://h/jupyter?token=7d27&x=1", "http://h/jupyter?token=***&x=1"),
        ("postgres://me:pw@db/x", "postgres://***@db/x"),
        ("ssh -p30099 root@host", "ssh -p30099 root@host"),
        ("key value", "key value"),
        (3, 3),
    ],
)
def test_what_is_secret_is_starred(value: Json, shown: Json) -> None:
    assert redact_secrets(value) == shown


@pytest.mark.parametrize("provider", [SCP, NSML, HOSTEDAI, RUNAI, DATENFAB], ids=lambda provider: provider.name)
def test_no_view_shows_what_opens_a_machine(provider: Provider[Any]) -> None:
    """Documented or not: a cloud that gives a password away must not make us show it."""
    entry: Json = {"name": "n", "ssh": [dict.fromkeys(sorted(FIELDS), "hidden-value")]}
    for view in provider.views:
        assert "hidden-value" not in str(masked(entry, view.secrets)), view.name
