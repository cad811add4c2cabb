"""`b`: the links of a row: opened or copied; a port that only the machine can reach is forwarded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.links import Link, Port, flaw
from gputui.core.problem import Failed
from gputui.core.rows import Ref, Row
from gputui.core.text import clean
from gputui.ui.ssh.forwards import forward, ports_of
from gputui.ui.terminal.browser import open_url
from gputui.ui.terminal.clipboard import copy
from gputui.ui.widgets.picker import Pick, PickAction, Picker

if TYPE_CHECKING:
    from gputui.ui.host import Host

OPEN, COPY, FORWARD = PickAction("o", "open"), PickAction("c", "copy"), PickAction("f", "forward")


def links_of(host: Host, row: Row) -> tuple[Link, ...]:
    """Return the links that the API gives for a row, unchanged."""
    view = host.store.view(row.ref)
    return view.links(row.item) if view is not None and view.links is not None and row.item is not None else ()


async def links_menu(host: Host, ref: Ref) -> None:
    """Show the links of the row under the key press, and open or copy one. Must run in a worker."""
    row = host.store.find(ref)
    if row is None:
        host.notify("that row is gone", severity="warning", markup=False)
        return
    links, ports = links_of(host, row), ports_of(host, row)
    if not links and not ports:
        reaches = " · :forward PORT reaches what it serves" if _has_ssh(host, ref) else ""
        host.notify(f"{row.name}: the API names no links{reaches}", severity="warning", markup=False)
        return
    ways = (OPEN, COPY) if host.ssh.opener() else (COPY,)
    picks = [_link(link, ways) for link in links] + [_port(host, ref, port) for port in ports]
    picked = await host.push_screen_wait(Picker(f"Links of {row.name}", picks, whole=True, patient=True))
    if picked is None:
        return
    if picked.index >= len(links):
        port = ports[picked.index - len(links)]
        if picked.way == FORWARD.key:
            await forward(host, ref, str(port.number))
        else:
            await copy(host, _place(host, ref, port), f"{clean(port.name)} of {row.name}")
        return
    await _follow(host, links[picked.index], row.name, picked.way)


def _link(link: Link, ways: tuple[PickAction, ...]) -> Pick:
    wrong = flaw(link.url)
    # Everybody on this computer can read a program's arguments: they must not contain a token.
    possible = (COPY,) if link.is_secret else ways
    return Pick(clean(link.name), clean(link.shown), possible, f"{clean(link.shown)[:200]}: {wrong}" if wrong else "")


def _port(host: Host, ref: Ref, port: Port) -> Pick:
    label = clean(port.name)
    return Pick(f"{label} {port.number}", f"{_place(host, ref, port)}, or through SSH", (FORWARD, COPY))


def _place(host: Host, ref: Ref, port: Port) -> str:
    """Return the port with the host from the API, which does not say whether it is reachable from outside."""
    try:
        where = host.ssh.machine(ref).address.host
    except Failed:
        where = "localhost"
    return f"[{where}]:{port.number}" if ":" in where else f"{where}:{port.number}"


def _has_ssh(host: Host, ref: Ref) -> bool:
    try:
        host.ssh.machine(ref)
    except Failed:
        return False
    return True


async def _follow(host: Host, link: Link, name: str, way: str) -> None:
    if way == OPEN.key and await open_url(host.ssh.opener(), link.url):
        host.notify(f"{clean(link.name)} of {name} opens in the browser", markup=False)
        return
    note = "its token is in it" if link.is_secret else "no browser could be started" if way == OPEN.key else ""
    await copy(host, link.url, f"the {clean(link.name)} link of {name}", note)
