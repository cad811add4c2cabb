"""The framework alone, which all ratios refer to: header, table of thirty rows, footer."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header


class BareApp(App[None]):
    """Nothing of ours."""

    TITLE = "bare"
    BINDINGS = [("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable[str](cursor_type="row", zebra_stripes=False)
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("id", "name", "gpu", "state", "price", "region")
        table.add_rows([(f"i-{n:06d}", f"node-{n}", "H100", "running", f"{n * 0.01:.2f}", "eu-1") for n in range(30)])
        table.focus()


if __name__ == "__main__":
    BareApp().run()
