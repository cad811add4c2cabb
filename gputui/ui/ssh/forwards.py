"""`:forward`: forward a port of the chosen machine to this computer's loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.links import Port
from gputui.core.problem import Failed
from gputui.core.rows import Ref, Row
from gputui.core.text import clean
from gputui.ui.ssh.no_way_in import say_why_not
from gputui.ui.ssh.prompter import ConsolePrompter
from gputui.ui.widgets.picker import Pick, PickAction, Picker

if TYPE_CHECKING:
    from gputui.ssh.forward import Forward
    from gputui.ui.host import Host

USUAL = (Port("Jupyter", 8888), Port("TensorBoard", 6006))
"""Their default ports."""
_FORWARD, _LIST = PickAction("f", "forward"), PickAction("l", "list")


def ports_of(host: Host, row: Row) -> tuple[Port, ...]:
    """Return the ports that the API gives for a row."""
    view = host.store.view(row.ref)
    return view.ports(row.item) if view is not None and view.ports is not None and row.item is not None else ()


async def forward(host: Host, ref: Ref, words: str) -> bool:
    """Forward the port that `words` describe on the machine behind a row, and report its address; False on failure.

    Must run in a worker, as it may ask questions.
    """
    row = host.store.find(ref)
    name = row.name if row else ref.id
    person = ConsolePrompter(host, name)
    try:
        found = await _forwarded(host, ref, name, words, person)
    except Failed as failed:
        host.clear_notifications()
        say_why_not(host, "forwarded port", name, failed, person.declined)
        return False
    host.clear_notifications()  # remove `connecting…`
    host.notify(told(found), markup=False, timeout=12, severity="warning" if found.trouble else "information")
    return True


async def _forwarded(host: Host, ref: Ref, name: str, words: str, person: ConsolePrompter) -> Forward:
    from gputui.ssh.forward import Wanted

    wanted = Wanted.of(words)
    by_hand = f"in a shell: its ssh line (c copies it) with -L {wanted.here or wanted.port}:{wanted}"
    machine = host.ssh.machine(ref).connectable(by_hand)
    if not host.ssh.pool.live(ref):
        host.notify(f"connecting to {name}…", markup=False, timeout=60)
    return await host.ssh.forwards.start(machine, wanted, person)


async def forward_again(host: Host, one: Forward) -> None:
    """Open an ended forward again on the same local port. Must run in a worker."""
    if await forward(host, one.machine.ref, f"{one.here}:{one.wanted}"):
        host.ssh.forwards.forget(one)


def told(one: Forward) -> str:
    """Return the address of a forward, why its port differs from the requested one, and its problem."""
    moved = f" ({one.wanted.port} is not to be had here)" if one.moved else ""
    trouble = f": {one.trouble}" if one.trouble else ""
    return f"{one.url}{moved} leads to {one.wanted} on {one.machine.name}{trouble}"


async def forward_menu(host: Host, ref: Ref) -> bool:
    """Show the ports of a row to forward; True if the list of forwards is wanted instead. Must run in a worker."""
    row = host.store.find(ref)
    try:
        host.ssh.machine(ref)
    except Failed as failed:
        host.notify(f"{row.name if row else ref.id}: {failed.problem.text}", severity="warning", markup=False)
        return False
    assert row is not None, "it leads to a machine"
    named = ports_of(host, row)
    picks = [Pick(clean(port.name), f"{port.number}, named by the API", (_FORWARD,)) for port in named]
    picks += [Pick(port.name, f"{port.number}, its usual port", (_FORWARD,)) for port in USUAL]
    count = host.ssh.forward_count
    picks += [Pick("Forwarded", f"{count} of all machines", (_LIST,))] if count else []
    title = f"Forward which port of {row.name}? (or :forward PORT)"
    picked = await host.push_screen_wait(Picker(title, picks, patient=True))
    if picked is None or picked.way == _LIST.key:
        return picked is not None
    await forward(host, ref, str((*named, *USUAL)[picked.index].number))
    return False
