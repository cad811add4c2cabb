"""Reply bodies: strict JSON, decompression, and the message in an error body of any kind."""

from __future__ import annotations

import html
import json
import math
import re
import zlib
from collections.abc import Mapping
from typing import Any

from gputui.core.text import Json, as_object, shorten

DEEPEST = 64
"""Levels of nesting allowed in a reply. The five APIs need 8; later walks of the tree must not exhaust the stack."""
_NESTING = frozenset((dict, list))
_MOST_DIGITS = 40
_LONG_NUMBER = re.compile(rf"[0-9]{{{_MOST_DIGITS + 1}}}")
_EVERY = 10
_TRACE = re.compile(rf"[0-9]{{{_MOST_DIGITS // _EVERY}}}")
"""What a long number leaves when every tenth character is taken."""
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 47}
"""zlib's window setting for each encoding; 47 accepts both formats that are called deflate."""
_LOOKED_AT = 8192
_XML_CODE = ("errorcode", "returncode", "code")
_XML_WORDS = ("message", "returnmessage", "errormessage", "details", "detail", "description")


class Packed(Exception):
    """A reply with a content encoding nobody asked for that cannot be decoded; the text says why."""


def unpacked(encoding: str, body: bytes, largest: int) -> bytes:
    """`body` without its content encoding, which nobody asked for. Raises Packed, also if it grows too large."""
    window = _WINDOWS.get(encoding.strip().lower())
    if window is None:
        raise Packed(f"the reply is packed as {encoding}, which was not asked for and is not read here")
    try:
        found = _inflated(window, body, largest)
    except zlib.error:
        try:
            found = _inflated(-15, body, largest)  # raw deflate, as some servers send it
        except zlib.error as error:
            raise Packed(f"the reply says that it is packed as {encoding}, but it is not") from error
    if len(found) > largest:
        raise Packed(f"the reply, packed as {encoding}, is too large: over {largest // 1024} KiB")
    return found


def _inflated(window: int, body: bytes, largest: int) -> bytes:
    packer = zlib.decompressobj(window)
    found = packer.decompress(body, largest + 1)
    if not packer.eof and len(found) <= largest:
        raise zlib.error("it is cut")
    return found


def message(body: Json) -> str:
    """The message in an error body of any of the five APIs, joined; empty if there is none."""
    found = as_object(body)
    errors = found.get("errors")
    parts: list[str] = []
    if isinstance(found.get("message"), str):
        parts.append(str(found["message"]))
    for entry in errors if isinstance(errors, list) else []:
        error = as_object(entry)
        detail = error.get("detail") or error.get("message") or error.get("title")
        parts.extend(str(line) for line in (detail if isinstance(detail, list) else [detail]) if line)
    nested = found.get("error")
    if isinstance(nested, dict):
        parts.extend(str(nested[key]) for key in ("message", "details") if nested.get(key))
    for key in ("error", "error_description", "msg", "detail", "reason", "name", "details"):
        if isinstance(found.get(key), str) and (not parts or key in ("name", "error_description", "details")):
            parts.append(str(found[key]))
    return ", ".join(dict.fromkeys(parts))


def words(headers: Mapping[str, str], body: bytes) -> str:
    """The message of an error body that is not JSON: a page's title, the code and text of XML, or its beginning."""
    start = body[:_LOOKED_AT].decode("utf-8", "replace")
    kind = headers.get("content-type", "").split(";")[0]
    if "html" in kind or re.match(r"\s*<(?:!doctype html|html|head|body)\b", start, re.IGNORECASE):
        return _page(start, len(body))
    if "xml" in kind or start.lstrip().startswith("<"):
        return _xml(start) or _page(start, len(body))
    return shorten(start[:800], 200)


def is_page(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the body is a page for people, such as HTML."""
    return "html" in headers.get("content-type", "") or body.lstrip()[:1] == b"<"


def _page(start: str, length: int) -> str:
    title = re.search(r"<title[^>]{0,100}>([^<]{1,200})", start, re.IGNORECASE)
    named = f" “{shorten(html.unescape(' '.join(title[1].split())), 80)}”" if title and title[1].strip() else ""
    return f"a web page{named}, not the API ({length} bytes)"


def _xml(start: str) -> str:
    """Code and message of an XML error, found by name. Not parsed, because entities could expand without limit."""
    found: dict[str, str] = {}
    for name, text in re.findall(r"<(?:[\w.-]{1,40}:)?([\w.-]{1,40})>([^<]{1,2000})</", start):
        found.setdefault(name.lower(), html.unescape(" ".join(text.split())))
    code = next((found[name] for name in _XML_CODE if found.get(name)), "")
    said = [found[name] for name in _XML_WORDS if found.get(name)]
    return ": ".join(filter(None, (code, ", ".join(dict.fromkeys(said)))))


def parse_quietly(body: bytes) -> Json:
    """The body as JSON, or None if it is not JSON."""
    try:
        return parse(body)
    except ValueError:
        return None


def parse(body: bytes) -> Json:
    """Parse JSON strictly: UTF-8, finite numbers, bounded depth. Raises ValueError with what is wrong."""
    text = text_of(body)
    whole = _whole if has_long_number(text) else None
    try:
        parsed: Json = json.loads(text, parse_constant=_no_constant, parse_float=_finite, parse_int=whole)
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error
    check_depth(parsed)
    return parsed


def text_of(body: bytes) -> str:
    """The text of a body. Raises ValueError if it is not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8: byte {error.start} is {body[error.start]:#04x}") from error


def scan(text: str, at: int) -> tuple[Json, str]:
    """The JSON value that begins at `at`, parsed as strictly except for its depth, and its text.

    Raises ValueError and RecursionError.
    """
    value, end = _DECODER.raw_decode(text, at)
    own = text[at:end]
    if has_long_number(own):
        value, _ = _DIGIT_COUNTER.raw_decode(text, at)
    return value, own


def has_long_number(text: str) -> bool:
    """Whether so many digits follow each other that a number may be longer than in any API."""
    return _TRACE.search(text[::_EVERY]) is not None and _LONG_NUMBER.search(text) is not None


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> int:
    """No API has numbers that long, and Python refuses those of 4,300 digits with an unhelpful message."""
    length = len(digits.lstrip("-"))
    if length > _MOST_DIGITS:
        raise ValueError(f"a number has {length} digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)
_DIGIT_COUNTER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, parse_int=_whole)


def check_depth(parsed: Json, deepest: int = DEEPEST) -> None:
    """Raise ValueError if lists and objects are nested more deeply than that."""
    level: list[Any] = [parsed] if type(parsed) in _NESTING else []
    for _ in range(deepest):
        inside = (entry.values() if type(entry) is dict else entry for entry in level)
        level = [child for entries in inside for child in entries if type(child) in _NESTING]
        if not level:
            return
    if level:
        raise ValueError("it nests too deeply")
