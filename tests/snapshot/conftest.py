"""Holding pictures of running consoles against stored ones, with the plugin's own files, flag and report."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
from pytest_textual_snapshot import (  # type: ignore[import-untyped]
    PseudoApp,
    PseudoConsole,
    SVGImageExtension,
    node_to_report_path,
)
from rich.console import ConsoleDimensions
from syrupy.assertion import SnapshotAssertion

from tests.snapshot.pictures import difference
from tests.snapshot.scenes import Size

Compare = Callable[[str, Size], None]


@pytest.fixture
def looks_as_before(snapshot: SnapshotAssertion, request: pytest.FixtureRequest) -> Compare:
    """What `snap_compare` does, for an app that already runs: `--snapshot-update` stores what is seen.

    The plugin starts apps itself, in a loop of its own; ours needs its clouds, its clock and its data first.
    """
    stored = snapshot.use_extension(SVGImageExtension)

    def compare(svg: str, size: Size) -> None:
        same = stored == svg
        found = stored.executions[stored.num_executions - 1].final_data
        before = "" if found is None else str(found)
        path, line, name = request.node.reportinfo()
        app = PseudoApp(PseudoConsole(False, ConsoleDimensions(*size)))
        data = (same, before, svg, app, path, line, name, "", "", found is not None)
        node_to_report_path(request.node).write_bytes(pickle.dumps(data))
        if found is None:
            pytest.fail("no picture is stored: look at it and run pytest with --snapshot-update", pytrace=False)
        if not same:
            pytest.fail(f"it does not look as stored:\n{difference(before, svg)}", pytrace=False)

    return compare
