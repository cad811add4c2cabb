"""Exit codes in words."""

from __future__ import annotations

import pytest

from gputui.core.exit_codes import exit_in_words, with_exit_codes_in_words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended without an error"),
        (1, "an error of its own"),
        (127, "not found"),
        (137, "killed (SIGKILL): out of memory likely"),
        (139, "segmentation fault"),
        (143, "terminated (SIGTERM)"),
    ],
)
def test_it_says_what_is_meant(code: int, words: str) -> None:
    assert exit_in_words(code).startswith(f"exit code {code}: ")
    assert words in exit_in_words(code)


def test_a_code_of_the_program_itself_has_no_meaning_of_ours() -> None:
    assert exit_in_words(42) == "exit code 42"


@pytest.mark.parametrize(
    "message", ["container exited with code 137", "exit code: 137", "exitCode=137", "exit status 137, restarted"]
)
def test_the_code_in_a_message_is_explained(message: str) -> None:
    assert " (killed (SIGKILL): out of memory likely)" in with_exit_codes_in_words(message)


@pytest.mark.parametrize(
    "message", ["exited 3 times", "exit code 77", "exit code 137: killed (SIGKILL): out of memory likely", "code 137"]
)
def test_what_is_no_code_or_explained_already_stays(message: str) -> None:
    assert with_exit_codes_in_words(message) == message
