"""What is wrong with a configuration, at the start of a real console: the same words as `gputui config check`."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.conftest import Start
from tests.e2e.steps import leave

WRONG = """
[profiles.p]
provider = "runai"
url = "https://acme.run.ai"
client_id = "c"
client_secret = "$SECRET"

[keys]
"row.shh" = "ctrl+s"
"""


def test_the_console_says_what_config_check_says(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir(mode=0o700)
    (folder / "config.toml").write_text(WRONG)
    (folder / "config.toml").chmod(0o600)
    with start(size=(200, 50)) as console:
        console.wait_for(r'keys\."row\.shh"')  # a notice, in lines as narrow as it is
        console.press("1")
        console.wait_for("is missing")  # at this width, in whole words
        for words in ('write "env:NAME"', "url: is not a key", "gputui config check says all"):
            assert words in " ".join(console.screen.split())
        assert leave(console) == 0
    with start("config", "check", size=(200, 50)) as check:
        assert check.wait_exit() == 2
        for words in ("did you mean row.ssh", "did you mean base_url", 'write "env:NAME"'):
            assert words in check.screen.replace("\n", "")  # a line may be longer than the terminal is wide
