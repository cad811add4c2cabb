"""A run as a whole: cheaper (compiled modules shared, garbage seldom looked for), bounded, the same under `nohup`."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tests.examples  # noqa: F401 - the profiles
from tests.bounds import bounded
from tests.heard import hear_signals
from tests.loopback import stay_here
from tests.style_sheets import share_style_sheets

TESTS = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Keep what is compiled, in programs that tests start, too: else each of them compiles all of it anew."""
    hear_signals()
    stay_here()
    os.umask(0o022)  # files that tests make have the same modes for everybody
    share_style_sheets()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """For `-n auto`: more than there are cores, as most tests wait half of the time, for a screen or a server."""
    return 2 + 2 * len(os.sched_getaffinity(0))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Let no fixture hang."""
    with bounded(f"the set-up of {item.name}"):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Let no test hang."""
    with bounded(item.name):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Let no fixture hang at its end."""
    with bounded(f"the end of {item.name}"):
        yield


def pytest_collection(session: pytest.Session) -> None:
    """Import the test modules, of many workers each beginning at another: what one has rewritten the others find."""
    worker, workers = os.environ.get("PYTEST_XDIST_WORKER", ""), os.environ.get("PYTEST_XDIST_WORKER_COUNT", "")
    if not worker or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    names = sorted(".".join(path.relative_to(TESTS.parent).with_suffix("").parts) for path in TESTS.rglob("test_*.py"))
    first = len(names) * int(worker.removeprefix("gw")) // int(workers)
    for name in names[first:] + names[:first]:
        with contextlib.suppress(Exception, pytest.skip.Exception):  # it is told where it is collected
            importlib.import_module(name)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look for garbage more seldom, and never through what the imports have left: that took a fifth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)
