"""Recognises what was meant as a reference to a secret and is none, such as `$TOKEN`."""

from __future__ import annotations

import re

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_VARIABLE = re.compile(rf"\$(?:env:)?{_NAME}|\$\{{{_NAME}\}}|%{_NAME}%", re.IGNORECASE)
_COMMAND = re.compile(r"\$\(.+\)|`.+`", re.DOTALL)
_TEMPLATE = re.compile(r"\{\{.*\}\}|<[^<>]+>|\.\.\.|…")
_SCHEME = re.compile(
    r"(?P<word>env(?:iron(?:ment)?)?|file|path|cmd|command|exec|shell|keyring|keychain)\s*(?P<mark>:|=|\.|\()",
    re.IGNORECASE,
)
_MEANT = {
    "file": "file:PATH",
    "path": "file:PATH",
    "keyring": "keyring:SERVICE/USER",
    "keychain": "keyring:SERVICE/USER",
}
_OTHER_VAULTS = re.compile(r"(?:op|vault|pass|aws|gcp|sops|bw)://?\S*", re.IGNORECASE)
ELSE = 'if it is the secret itself, keep it in a file of its own: "file:PATH"'


def mistaken_reference(value: str) -> str:
    """What should be written in place of `value`; empty if it is a reference, or may be a secret itself.

    The message repeats nothing of the value.
    """
    if is_variable(value):
        return f'looks like a variable of a shell, which is not replaced here: write "env:NAME"; {ELSE}'
    if _COMMAND.fullmatch(value):
        return f'looks like a command of a shell, which is not run here: write "cmd:PROGRAM WORDS"; {ELSE}'
    if _TEMPLATE.fullmatch(value):
        return "looks like a placeholder: the secret itself, or a reference to it, belongs here"
    if _OTHER_VAULTS.fullmatch(value):
        return f'looks like an address in a vault: write "cmd:" and the command that prints it; {ELSE}'
    return _scheme_mistake(value)


def is_variable(value: str) -> bool:
    """Whether it is a shell's variable and nothing else."""
    return _VARIABLE.fullmatch(value) is not None


def _scheme_mistake(value: str) -> str:
    found = _SCHEME.match(value)
    if found is None:
        return ""
    word, rest = found["word"], value[found.end() :]
    if found[0] in ("env:", "file:", "cmd:", "keyring:"):
        return _rest_mistake(word, rest)
    folded = word.lower()
    meant = _MEANT.get(folded, "env:NAME" if folded.startswith("env") else "cmd:PROGRAM WORDS")
    return f'looks like a reference and is none: write "{meant}"; {ELSE}'


def _rest_mistake(scheme: str, rest: str) -> str:
    if not rest.strip():
        return f"names nothing after {scheme}:"
    if scheme == "env" and (rest != rest.strip() or not re.fullmatch(_NAME, rest)):
        return 'takes the bare name of a variable: "env:NAME", without $, braces or spaces'
    if scheme == "file" and rest.startswith("//") and not rest.startswith("///"):
        return 'takes a path: "file:/PATH" or "file:~/PATH", without a second slash'
    return ""
