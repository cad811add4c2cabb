"""What went over the lines, in figures that a person reads."""

from __future__ import annotations

import pytest

from gputui.core.traffic import DrawnFrames, Traffic
from gputui.ui.inspect.network import network_lines, size


def text(traffic: dict[str, Traffic]) -> str:
    lines = network_lines(traffic, DrawnFrames(frames=1234, bytes=56_789, skipped=7))
    return "\n".join("".join(part for part, _ in line) for line in lines)


def test_each_api_of_each_profile_has_a_line() -> None:
    traffic = Traffic()
    for host, seconds in (("api.example.com", 0.1), ("vpc.example.com", 0.2), ("api.example.com", 0.3)):
        api = traffic.to(host)
        api.requests += 1
        api.received += 1500
        api.answer(seconds)
    traffic.to("api.example.com").requests += 1  # on its way
    shown = text({"samsung": traffic, "quiet": Traffic()})
    for figures in ("samsung api.example.com 3 3.0 kB 300 ms 300 ms", "samsung vpc.example.com 1 1.5 kB 200 ms 200 ms"):
        assert figures in [" ".join(line.split()) for line in shown.splitlines()]
    assert "56.8 kB in 1,234 frames" in shown
    assert "7 frames, as the terminal" in shown


def test_before_the_first_request_it_says_so() -> None:
    assert "nothing has been asked yet" in text({})


def test_only_the_latest_round_trips_count() -> None:
    api = Traffic().to("h")
    assert api.usual is None
    for _ in range(60):
        api.answer(9.0)
    for _ in range(50):
        api.answer(0.1)
    assert (api.usual, api.answered, len(api.seconds)) == (0.1, 110, 50)


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (2_500_000, "2.5 MB")]
)
def test_bytes_for_people(count: int, words: str) -> None:
    assert size(count) == words
