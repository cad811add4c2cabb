"""Makes text fit for a log: without known secrets, and without what looks like an unknown one."""

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
    """Compiled on first use: startup has no time for it. No pattern backtracks over long runs of text."""
    return (
        # A server's reason phrase beside status and headers, as httpx and httpcore log them: it may contain anything.
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
    """`text` with stars for known secrets in any spelling, and for what headers, URLs and names mark as secret."""
    text = KNOWN.redact(text)
    for pattern, instead in _patterns():
        text = pattern.sub(instead, text)
    return text
