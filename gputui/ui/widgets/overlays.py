"""The style of Textual's own overlays: small notices at the edge, a compact command line."""

from __future__ import annotations

OVERLAYS_CSS = """
App ToastRack { max-height: 9; margin-bottom: 2; overflow: hidden; }
App Toast {
    width: auto; max-width: 60vw; max-height: 3; margin: 0; padding: 0 1; background: $panel; color: $foreground;
}
App Input:focus, App TextArea:focus, App OptionList:focus { background-tint: transparent; }
App Button.-style-default:focus { background-tint: transparent; }
App CommandPalette { background: transparent; }
App CommandPalette > Vertical { margin-top: 2; background: $panel; }
App CommandPalette #--input { border: none; padding: 1 0; }
App CommandPalette SearchIcon { display: none; }
App CommandPalette CommandInput, App CommandPalette CommandInput:focus { border: none; height: 1; padding: 0 1; }
App CommandPalette CommandList {
    border: none; max-height: 60vh; background: $panel; text-wrap: nowrap; text-overflow: ellipsis;
}
App CommandPalette CommandList > .option-list--option { text-style: none; padding: 0 1; }
"""
"""`App` before each selector overrides Textual's own rules for the same widgets."""
