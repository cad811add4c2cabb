"""Text made fit for a log: without the secrets we know, and without what looks like one that we do not."""

from __future__ import annotations

import re
from functools import cache

from gputui.core.known_secrets import KNOWN, STARS

_NAMES = (
    r"authorization|cookie|api[_-]?key|access[_-]?key|secret|signature|token|credential|pass(?:word|wd|phrase)|"
    r"app[_-]?id"
)
_BETWEEN = r"""(?:\\?['"]\s*,\s*|\\?['"]?\s*[:=]\s*)"""
_QUOTED = r"""b?(?:\\?"(?:[^"\\]|\\[^"])*\\?"|\\?'(?:[^'\\]|\\[^'])*\\?')"""
_BARE = r"""(?:b(?=['"]))?\\?['"]?(?:(?:bearer|basic|digest|negotiate|token)\s+)?[^\s'",;&)}\]\\]+"""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Compiled when first needed: the start has no time for it. None of them looks back over long runs of text."""
    return (
        # A server's words beside the status and its headers, as httpx and httpcore tell them: anything may be there.
        (re.compile(r"(HTTP/1\.[01] \d{3}) [^\"\r\n]*"), r"\g<1>"),
        (re.compile(r"return_value=\(b'HTTP/1\.[01]', (\d+), .*"), r"return_value=HTTP \g<1>"),
        (re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}-----|\Z)", re.DOTALL), STARS),
        (re.compile(r"://[^\s/@'\"]{1,500}@"), f"://{STARS}@"),
        (re.compile(r"(?i)(cookie:\s*)[^\r\n'\"]+"), rf"\g<1>{STARS}"),
        (re.compile(rf"(?i)((?:{_NAMES})[\w-]{{0,40}}{_BETWEEN})(?:{_QUOTED}|{_BARE})"), rf"\g<1>{STARS}"),
        (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\g<1> {STARS}"),
        (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"), STARS),
    )


def redacted(text: str) -> str:
    """`text` with stars for known secrets in any spelling, and for what headers, addresses and names say is one."""
    text = KNOWN.redact(text)
    for pattern, instead in _patterns():
        text = pattern.sub(instead, text)
    return text
