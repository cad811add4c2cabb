"""The style of Textual's own overlays: notices in lines at the lower edge, a compact command line."""

from __future__ import annotations

NOTICE_PERCENT = 30
"""How much of the window's height notices may take; the application drops the oldest."""
OVERLAYS_CSS = """
App ToastRack { max-height: 100%; margin-bottom: 1; overflow: hidden; align: left bottom; }
App OverlayScreen ToastRack { layer: default; margin-bottom: 0; }
App ToastHolder { align-horizontal: left; }
App Toast {
    width: 1fr; max-width: 100%; max-height: 3; margin: 0; padding: 0 1; background: $panel; color: $foreground;
}
App Input:focus, App TextArea:focus, App OptionList:focus { background-tint: transparent; }
App Button.-style-default:focus { background-tint: transparent; }
App TextArea .text-area--matching-bracket { background: $block-cursor-background; }
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
