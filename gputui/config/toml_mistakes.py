"""Says in words what is wrong with a line that is not TOML, for the mistakes that are usual."""

from __future__ import annotations

import re

_KEY = r"""\s*(?:[A-Za-z0-9_.-]+|"[^"]*"|'[^']*')\s*"""
_BARE = re.compile(rf"{_KEY}=\s*(?P<value>[^\s\"'\[{{#=][^#]*?)\s*(?:#.*)?")
_MISTAKES = (
    (re.compile(rf"{_KEY}=\s*(?:#.*)?"), 'has no value: text is written in quotes, as in key = "text"'),
    (re.compile(rf"{_KEY}=\s*(?:True|False|yes|no|on|off|YES|NO)\s*(?:#.*)?"), "true and false are written so: small"),
    (re.compile(r"[^#]*[“”„‘’«»].*"), "the quotes must be plain ones, \" or '"),
    (re.compile(rf"{_KEY}:\s.*"), 'a key and its value are joined by =, as in key = "text"'),
    (
        re.compile(rf"{_KEY}=\s*\"[^\"]*\\.*"),
        "a backslash in double quotes must be doubled, or the text put in single quotes",
    ),
    (re.compile(r"\s*export\s+.*"), 'this is a line for a shell: a key is written as key = "text"'),
)
_NUMBER = re.compile(r"[+-]?[0-9][0-9_.:TZ+-]*")


def mistake_in(line: str) -> str:
    """What is wrong with a line; empty if that is not known. It repeats nothing of the line, which may be a secret."""
    for pattern, words in _MISTAKES:
        if pattern.fullmatch(line):
            return words
    bare = _BARE.fullmatch(line)
    if bare and not _NUMBER.fullmatch(bare["value"]):
        return 'text is written in quotes, as in key = "text"'
    return ""
