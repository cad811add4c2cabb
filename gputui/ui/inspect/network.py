"""`:net`: what has been asked of each API and what came back, and what was sent to this terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gputui.core.traffic import ApiTraffic, DrawnFrames, Traffic
from gputui.ui.widgets.reader import Line, Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gputui.ui.host import Host

LOOK_SECONDS = 1.0
_KILO = 1000


def show_network(host: Host) -> None:
    """Open the view."""
    host.push_screen(Network(host))


class Network(Reader):
    """Looks once a second. What is sent to the terminal for that is told with the next answer of an API."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._told = self._traffic()
        super().__init__("requests and bytes since the start", self._lines())

    def on_mount(self) -> None:
        """Begin to look."""
        self.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        now = self._traffic()
        if now != self._told:
            self._told = now
            self.pages.show(self._lines())

    def _traffic(self) -> dict[str, tuple[tuple[int, int], ...]]:
        clouds = self._host.store.clouds.items()
        return {
            name: tuple((one.requests, one.received) for one in cloud.traffic.hosts.values()) for name, cloud in clouds
        }

    def _lines(self) -> list[Line]:
        clouds = self._host.store.clouds
        return network_lines({name: cloud.traffic for name, cloud in clouds.items()}, self._host.frames_drawn)


def network_lines(traffic: Mapping[str, Traffic], drawn: DrawnFrames) -> list[Line]:
    """Return the figures of every API by profile, then those of the terminal."""
    return [*_apis(traffic), (), *_terminal(drawn)]


def _apis(traffic: Mapping[str, Traffic]) -> Iterator[Line]:
    hosts = [(name, host, api) for name, of_profile in traffic.items() for host, api in of_profile.hosts.items()]
    names, places = max([7, *(len(one[0]) for one in hosts)]), max([3, *(len(one[1]) for one in hosts)])
    figures = f"{'requests':>9} {'received':>10} {'round trip':>11} {'latest':>9}"
    yield ((f"{'profile':<{names}}  {'API':<{places}} {figures}", "head"),)
    for name, host, api in hosts:
        yield ((f"{name:<{names}}  {host:<{places}} {_figures(api)}", ""),)
    if not hosts:
        yield (("  nothing has been asked yet", "dim"),)


def _figures(api: ApiTraffic) -> str:
    latest = api.seconds[-1] if api.seconds else None
    return f"{api.requests:>9,} {size(api.received):>10} {_milliseconds(api.usual):>11} {_milliseconds(latest):>9}"


def _terminal(drawn: DrawnFrames) -> Iterator[Line]:
    yield (("this terminal", "head"),)
    yield ((f"  {'sent':<16}", "dim"), (f"{size(drawn.bytes)} in {drawn.frames:,} frames", ""))
    yield (
        (f"  {'not sent':<16}", "dim"),
        (f"{drawn.skipped:,} frames, as the terminal had not taken the one before", ""),
    )


def size(count: int) -> str:
    """Return a number of bytes for people."""
    if count < _KILO:
        return f"{count} B"
    return f"{count / _KILO:,.1f} kB" if count < _KILO**2 else f"{count / _KILO**2:,.1f} MB"


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:,.0f} ms"
