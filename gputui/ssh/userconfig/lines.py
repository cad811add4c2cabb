"""The lines of an OpenSSH configuration: keyword and arguments, and where each stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gputui.core.problem import Cause, Failed, Problem

CORRECT = "correct that line"
_LINE = re.compile(r"([^\s=]+)\s*=?\s*(.*)")
_BLANK = " \t\r\f\0"
_PIECES = re.compile(
    r"""\\(?P<escaped>[\\"' ])"""
    r"""|"(?P<double>(?:\\[\\"']|[^"\\]|\\(?![\\"']))*)\""""
    r"""|'(?P<single>(?:\\[\\"']|[^'\\]|\\(?![\\"']))*)'"""
    r"""|(?P<space>\s+)|(?P<open>["'])|(?P<plain>.)""",
    re.DOTALL,
)
_ESCAPED = re.compile(r"""\\([\\"'])""")


@dataclass(frozen=True, slots=True)
class ConfigLine:
    """One line: its keyword in lower case, and everything behind it as it is written."""

    path: Path
    number: int
    keyword: str
    rest: str

    @property
    def place(self) -> str:
        """The file and the number of the line."""
        return f"{self.path} line {self.number}"

    def wrong(self, what: str, remedy: str = CORRECT) -> Failed:
        """Return the failure that blames this line."""
        return Failed(Problem(Cause.CONFIG, f"{self.place}: {what}", remedy))

    def words(self) -> list[str]:
        """Split the arguments at white space as OpenSSH does: with quotes, and up to a `#`. Raises Failed."""
        try:
            return split(self.rest)
        except ValueError as error:
            raise self.wrong(str(error)) from None

    def word(self) -> str:
        """The one argument that most keywords take. Raises Failed for none or several."""
        words = self.words()
        if not words or not words[0]:
            raise self.wrong(f"{self.keyword} has no value")
        if len(words) > 1:
            raise self.wrong(f"{self.keyword} takes one value, not {' '.join(words)}")
        return words[0]


def config_lines(path: Path, data: bytes) -> Iterator[ConfigLine]:
    """Yield the lines that hold a keyword. Bytes that are not UTF-8 stay what they are: file names may have them."""
    for number, raw in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        text = raw.strip(_BLANK)
        if not text.startswith("#") and (match := _LINE.fullmatch(text)):
            yield ConfigLine(path, number, match[1].lower(), match[2])


def split(text: str) -> list[str]:
    """Split like OpenSSH: a backslash escapes quotes, itself and, outside of quotes, a space. Raises ValueError."""
    words: list[str] = []
    word: str | None = None
    for piece in _PIECES.finditer(text):
        if piece["space"]:
            words += [word] if word is not None else []
            word = None
        elif piece["open"]:
            raise ValueError(f"a quotation mark {piece['open']} is never closed")
        elif piece[0] == "#" and word is None:
            break
        else:
            quoted = piece["double"] if piece["double"] is not None else piece["single"]
            word = (word or "") + (piece["escaped"] or piece["plain"] or _ESCAPED.sub(r"\1", quoted or ""))
    return [*words, word] if word is not None else words
