"""The README's table of the fields of `gputui get`, made from the declarations of the providers."""

from __future__ import annotations

from collections.abc import Iterator

from gputui.config import providers
from gputui.core.provider import Provider
from gputui.core.reading import AnyView
from gputui.core.records import STANDARD, field_names

ORDER = ("scp", "nsml", "hostedai", "runai", "datenfab")


def field_table() -> str:
    """One table of all views: the fields of their columns, and those that only `get` has."""
    return "\n".join(["| view | its fields |", "|---|---|", *_lines()])


def names(view: AnyView) -> list[str]:
    """The names of the fields of a view that come after the standard ones."""
    return [*(column.id for column in view.columns if column.id not in STANDARD), *field_names(view)]


def _lines() -> Iterator[str]:
    for name in ORDER:
        provider = providers.load(name)
        assert isinstance(provider, Provider)
        for view in provider.views:
            yield f"| `{name}` {view.name} | {' '.join(f'`{field}`' for field in names(view))} |"


if __name__ == "__main__":
    print(field_table())
