"""What the columns say of their values holds for every row of the embedded clouds."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from tests.contract.test_narrow_reads import NAMES, connected

KINDS = {str: "text", int: "number", float: "number", bool: "flag", datetime: "moment"}


@pytest.mark.parametrize("name", NAMES)
async def test_values_are_of_the_kind_and_unit_that_their_column_tells(name: str) -> None:
    async with connected(name) as (provider, client, _):
        for view in provider.views:
            items = (await view.fetch(client)).items
            for column in view.columns:
                cells = [column.cell(item.value) for item in items]
                kinds = Counter(KINDS[type(cell.value)] for cell in cells if cell.value is not None)
                if column.kind != "text":
                    kinds.pop("text", None)  # the API's own words, where they cannot be read
                assert kinds.keys() <= {column.kind}, f"{view.name} {column.id}"
                numbers = [cell.text for cell in cells if type(cell.value) in (int, float)]
                assert all(text.endswith(column.unit) for text in numbers), f"{view.name} {column.id}"
