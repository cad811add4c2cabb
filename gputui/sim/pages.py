"""The web pages that a simulated machine serves on its own localhost, reachable only by a forwarded port."""

from __future__ import annotations

import asyncio
import html
from typing import Any

from gputui.sim.machine import Machine

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
NOTEBOOK, BOARD = 8888, 6006
LONGEST_REQUEST = 16384


def served(machine: Machine, host: str, port: int) -> str:
    """Return what listens at that address as seen from the machine; empty if nothing does."""
    if host not in LOCAL | {machine.name}:
        return ""
    return {NOTEBOOK: "JupyterLab", BOARD: "TensorBoard"}.get(port, "a service" if port in machine.ports else "")


async def serve(machine: Machine, port: int, reader: Any, writer: Any) -> None:
    """Answer one request on a stream of bytes, then close; errors of the caller are ignored."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, OSError):
        writer.close()
        return
    method = head[:LONGEST_REQUEST].split(b" ", 1)[0]
    body = _page(machine, port).encode()
    lines = (
        "HTTP/1.1 200 OK" if method in (b"GET", b"HEAD") else "HTTP/1.1 405 Method Not Allowed",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Connection: close",
        "",
        "",
    )
    writer.write("\r\n".join(lines).encode() + (b"" if method == b"HEAD" else body))
    writer.write_eof()
    writer.close()


def _page(machine: Machine, port: int) -> str:
    title = html.escape(f"{served(machine, 'localhost', port)} on {machine.name}")
    return (
        f"<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n"
        f"<p>Port {port} of a simulated machine: you came through a forwarded port.</p>\n"
    )
