"""Answers a server's questions at the login, with an API's password or by asking a person, a few times at most."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from gputui.core.secret import Secret
from gputui.core.text import clean, lines_of, shorten
from gputui.ssh.prompter import LoginQuestion, Prompt, Prompter

_TRIES = 3
_CHALLENGES = 20
_PROMPTS = 8
_LINES = 12
_LONGEST = 200
_PASSWORD, _INTERACTIVE = "password", "keyboard-interactive"
_ASKS_PASSWORD = re.compile(r"\bpassword\b", re.IGNORECASE)
_ASKS_MORE = re.compile(
    r"\b(new|retype|repeat|again|confirm|one[- ]?time|otp|token|code|verification|second)\b", re.IGNORECASE
)


@dataclass(slots=True)
class Login:
    """One login at one host. If an API gave a password, only that is sent, once, when a password is requested.

    All other questions go to the person; `held` pauses the time limit meanwhile. `takes` are the methods that the
    server named, `gave_up` tells that a question was not answered.
    """

    host: str
    port: int
    user: str
    person: Prompter
    given: Secret | None = None
    jump: bool = False
    held: Callable[[], AbstractContextManager[None]] = nullcontext
    takes: tuple[str, ...] = ()
    gave_up: bool = False
    must_change: bool = False
    said: list[str] = field(default_factory=list)
    _unspent: Secret | None = None
    _asks: int = 0
    _challenges: int = 0
    _begun: int = -1
    _answered: str = ""
    _again: bool = False

    def __post_init__(self) -> None:
        self._unspent = self.given

    @property
    def spent(self) -> bool:
        """Whether the API's password was sent."""
        return self.given is not None and self._unspent is None

    async def password(self) -> str | None:
        """Answer the method `password`: called again after every refusal; None ends it."""
        if self.given is not None:
            return self._spend()
        if self.gave_up or self._asks >= _TRIES:
            return None
        self._again = self._answered == _PASSWORD
        user = f"{self.user}@" if self.user else ""
        prompt = Prompt(f"{user}{self.host}'s password:", echo=False)
        answers = await self._asked(_PASSWORD, "", (), (prompt,))
        return answers[0] if answers else None

    def interactive(self) -> bool:
        """Whether to try `keyboard-interactive`: asked again after every refusal that followed an answer."""
        answered = self._asks + int(self.spent)
        if self.gave_up or self._asks >= _TRIES or self._begun == answered:
            return False
        self._begun = answered
        self._again = self._answered == _INTERACTIVE
        return True

    async def challenged(
        self, title: str, instructions: str, prompts: Sequence[tuple[str, bool]]
    ) -> Sequence[str] | None:
        """Answer one round of keyboard-interactive; None gives up the login."""
        self._challenges += 1
        if self._challenges > _CHALLENGES or len(prompts) > _PROMPTS:
            self.gave_up = True
            return None
        words = tuple(_short(line) for line in lines_of(instructions)[:_LINES] if line.strip())
        if not prompts:
            self.said += [line for line in (_short(clean(title)), *words) if line][: _LINES - len(self.said)]
            return []
        answers: dict[int, str] = {}
        asked: dict[int, Prompt] = {}
        for number, (text, echo) in enumerate(prompts):
            if self.given is not None and not echo and asks_password(text):
                if (password := self._spend()) is None:
                    self.gave_up = True
                    return None
                answers[number] = password
            else:
                asked[number] = Prompt(_short(clean(text.strip())) or "answer:", echo)
        if asked:
            given = await self._asked(_INTERACTIVE, _short(clean(title.strip())), words, tuple(asked.values()))
            if given is None:
                return None
            answers |= dict(zip(asked, given, strict=True))
        return [answers[number] for number in range(len(prompts))]

    def _spend(self) -> str | None:
        password, self._unspent = self._unspent, None
        return password.reveal() if password else None

    async def _asked(
        self, method: str, title: str, instructions: tuple[str, ...], prompts: tuple[Prompt, ...]
    ) -> tuple[str, ...] | None:
        self._asks += 1
        question = LoginQuestion(self.host, self.port, title, instructions, prompts, self.jump, self._again)
        # Only the first question of a retry is marked as one: the later ones follow because earlier answers were right.
        self._answered, self._again = method, False
        with self.held():
            answers = await self.person.answers(question)
        if answers is None or len(answers) != len(prompts):
            self.gave_up = True
            return None
        return tuple(answer.reveal() for answer in answers)


def asks_password(prompt: str) -> bool:
    """Whether a prompt asks for the account's password, not for a new one, a code or another secret."""
    return bool(_ASKS_PASSWORD.search(prompt)) and not _ASKS_MORE.search(prompt)


def _short(text: str) -> str:
    return shorten(text, _LONGEST)
