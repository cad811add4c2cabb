"""What a person, a terminal and a bad day may send a console: seeded, in steps that can be kept and replayed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.promises.input_words import (
    BYTES,
    CLOUDS,
    COMMANDS,
    CONSOLE_KEYS,
    FAULTS,
    FILTERS,
    LATER_KEYS,
    MANY_LINES,
    NAMES,
    REPLIES,
    SHELL_LINES,
    SIZES,
    TABLE_KEYS,
    TEXTS,
    VERB_KEYS,
)

KINDS = ("keys", "forms", "ssh", "faults", "resize", "pastes", "replies", "signals", "stalls", "ends", "marks")


@dataclass(frozen=True, slots=True)
class Step:
    """One input: what is done (`send`, `resize`, `signal`, `fault`, `unread`, `probe`, `start`, `end`), with what."""

    do: str
    what: Any = None
    pause: float = 0.0

    def plain(self) -> list[Any]:
        """As JSON holds it."""
        return [self.do, self.what, self.pause]


Scene = Callable[[random.Random], Iterator[Step]]


def press(*keys: str, pause: float = 0.02) -> Iterator[Step]:
    """Keys by name, one after the other."""
    for key in keys:
        yield Step("send", BYTES.get(key, key), 0.12 if key == "escape" else pause)


def typed(text: str, pause: float = 0.0) -> Iterator[Step]:
    """Text as fingers bring it: in one step, character after character."""
    yield Step("type", text, pause)


# ---------------------------------------------------------------------- keys


def any_keys(rng: random.Random) -> Iterator[Step]:
    """A few keys, whatever they mean where we are."""
    pools = ((CONSOLE_KEYS, 5), (TABLE_KEYS, 4), (VERB_KEYS, 2), (LATER_KEYS, 1), (("y", "n", "escape", "enter"), 3))
    for _ in range(rng.randint(1, 6)):
        pool = rng.choices([keys for keys, _ in pools], [weight for _, weight in pools])[0]
        yield from press(rng.choice(pool), pause=rng.choice((0.0, 0.01, 0.05, 0.3)))


def go_somewhere(rng: random.Random) -> Iterator[Step]:
    """A tab, perhaps another view, a row."""
    yield from press(str(rng.randint(0, 5)), pause=0.1)
    yield from press(*["tab"] * rng.randint(0, 4), pause=0.05)
    yield from press(*[rng.choice(("down", "j", "G", "ctrl+f"))] * rng.randint(0, 5))


def look(rng: random.Random) -> Iterator[Step]:
    """Something to read about the row, read a little and left."""
    yield from go_somewhere(rng)
    yield from press(rng.choice(("d", "y", "m", "l", "enter", "c", "b", "a", "?", "x", "t", "o")), pause=0.2)
    keys = ("j", "k", "G", "g", "ctrl+f", "tab", "space", "z", "r", "w", "p", "e", "enter", "right", "/")
    yield from press(*(rng.choice(keys) for _ in range(rng.randint(0, 6))))
    yield from press("escape")


def marks(rng: random.Random) -> Iterator[Step]:
    """Marks, often over several clouds, and what is done with all of them."""
    if rng.random() < 0.6:
        yield from press("0", pause=0.1)
    for _ in range(rng.randint(1, 4)):
        yield from press(rng.choice(("space", "*", "space", "down", "G", "g")), pause=0.02)
        yield from press(*["down"] * rng.randint(0, 8), pause=0.0)
    yield from press(rng.choice(("a", "!", "c", "m", *VERB_KEYS, "b", "l", "y")), pause=0.3)
    yield from answer(rng)
    yield from press("escape", "ctrl+backslash")


def change(rng: random.Random) -> Iterator[Step]:
    """A verb on a row, and some answer to its question."""
    yield from go_somewhere(rng)
    yield from press(rng.choice(VERB_KEYS), pause=0.4)
    yield from answer(rng)


def menu(rng: random.Random) -> Iterator[Step]:
    """A verb out of the menu."""
    yield from go_somewhere(rng)
    yield from press("a", pause=0.4)
    yield from press(*[rng.choice(("down", "j"))] * rng.randint(0, 9), pause=0.0)
    yield from press(rng.choice(("enter", *VERB_KEYS)), pause=0.4)
    yield from answer(rng)


def answer(rng: random.Random) -> Iterator[Step]:
    """What may be said to a question: yes, no, a name, nothing."""
    how = rng.randint(0, 6)
    if how <= 1:
        yield from press("y", pause=0.3)
    elif how == 2:
        yield from press(rng.choice(("n", "q", "enter", "escape")))
    elif how == 3:
        yield from typed(rng.choice(NAMES), 0.1)
        yield from press("enter", pause=0.2)
    elif how == 4:
        yield from press("e", pause=0.3)
        yield from fill(rng)
    elif how == 5:
        yield from press("ctrl+e", pause=0.6)
        yield from press(rng.choice(("e", "escape", "y")), pause=0.4)
    yield from press("escape")


def form(rng: random.Random) -> Iterator[Step]:
    """A form, filled with anything, reviewed, sent or left."""
    yield from go_somewhere(rng)
    yield from press(rng.choice("NEAFIM"), pause=0.5)
    yield from fill(rng)
    yield from answer(rng)


def fill(rng: random.Random) -> Iterator[Step]:
    """Type into some fields."""
    for _ in range(rng.randint(1, 7)):
        kind = rng.randint(0, 5)
        if kind <= 2:
            yield from typed(rng.choice(TEXTS))
        elif kind == 3:
            yield from press("enter", "down", "enter", pause=0.15)
        elif kind == 4:
            yield from press(rng.choice(("space", "left", "right", "up", "backspace", "pagedown")))
        yield from press(rng.choice(("tab", "down", "shift+tab", "enter")), pause=0.05)
    yield from press(rng.choice(("ctrl+s", "ctrl+s", "ctrl+e", "escape")), pause=0.5)


def palette(rng: random.Random) -> Iterator[Step]:
    """A command by its words."""
    yield from press("colon", pause=0.3)
    word = rng.choice(COMMANDS.split())
    rest = {"run": f" {rng.choice(MANY_LINES)}", "ssh": " gpu-node-001", "forward": " 8888", "theme": " gputui-light"}
    at = rng.choice((" @samsung", " @nsml", " /error", ""))
    yield from typed(word[: rng.choice((2, 99))] + rest.get(word, at), 0.3)
    yield from press(*["down"] * rng.choice((0, 0, 0, 1, 4)))
    yield from press(rng.choice(("enter", "enter", "enter", "escape")), pause=0.3)
    yield from press(*rng.choice((("enter",), ("k",), ("down", "enter"), ("r",), ())), pause=0.2)
    yield from press("escape")


def filtered(rng: random.Random) -> Iterator[Step]:
    """A filter, a good one or a bad one."""
    yield from press("/", pause=0.05)
    yield from typed(rng.choice(FILTERS), 0.05)
    yield from press(rng.choice(("enter", "escape", "ctrl+u")))
    yield from press(*rng.choice((("ctrl+u",), ("f",), ("f", "f"), ("*",), ())))


# ---------------------------------------------------------------------- machines


def session(rng: random.Random) -> Iterator[Step]:
    """Into a machine, something typed there, and out again, to come back or not."""
    yield from press(rng.choice("01235"), pause=0.1)
    yield from press("/")
    yield from typed("running")
    yield from press("enter", pause=0.1)
    yield from press(*["down"] * rng.randint(0, 4), "s", pause=rng.choice((0.0, 0.1)))
    yield Step("wait", None, rng.choice((0.05, 0.5, 1.5)))
    for _ in range(rng.randint(0, 3)):
        yield from typed(f"{rng.choice(SHELL_LINES)}\r", 0.2)
    yield from press("\x1d", rng.choice("ddk\x1dx"), pause=0.3)
    if rng.random() < 0.5:
        yield from press("colon", pause=0.3)
        yield from typed("sessions\r", 0.3)
        yield from press(rng.choice(("enter", "k", "down")), pause=0.4)
        yield from press("\x1d", "k", pause=0.2)
    yield from press("ctrl+u", pause=0.1)


def fan_out(rng: random.Random) -> Iterator[Step]:
    """A command on many machines, and what can be done with its answers."""
    yield from press(rng.choice("0123"), rng.choice(("*", "space", "down")), "!", pause=0.3)
    yield from typed(rng.choice(MANY_LINES), 0.1)
    yield from press("enter", pause=0.4)
    yield from press(rng.choice(("y", "enter", "escape")), pause=0.5)
    if rng.random() < 0.3:
        yield from typed(rng.choice(("5", "8", "12")))
        yield from press("enter", pause=0.5)
    keys = ("d", "m", "s", "r", "e", "space", "tab", "down", "z", "ctrl+c", "ctrl+s")
    yield from press(*(rng.choice(keys) for _ in range(rng.randint(0, 4))), pause=0.2)
    yield from press("escape", "escape", "ctrl+backslash")


# ---------------------------------------------------------------------- the world


def resize(rng: random.Random) -> Iterator[Step]:
    """Other sizes of the window, as when it is dragged."""
    for _ in range(rng.choice((1, 1, 6))):
        yield Step("resize", list(rng.choice(SIZES)), rng.choice((0.0, 0.05)))
    yield Step("resize", list(rng.choice(SIZES[:4])), 0.05)


def paste(rng: random.Random) -> Iterator[Step]:
    """A paste: whole, cut off, huge; and keys in one burst, which is how a terminal without the mode pastes."""
    texts = ("y", "some text", "sX\ny\n" * 20, "\x1b[A\x1b[B", "z" * 100_000, "ctrl\x03\x04", "漢" * 500)
    whole = f"\x1b[200~{rng.choice(texts)}\x1b[201~"
    cut = whole[: -rng.randint(1, 6)] if rng.random() < 0.3 else whole
    yield Step("send", rng.choice((whole, whole, cut, "y" * 30, "ls -l\r", "nope nope")), 0.2)


def reply(rng: random.Random) -> Iterator[Step]:
    """An answer of the terminal that comes late, now and then in two pieces."""
    text = rng.choice(REPLIES)
    at = rng.randint(1, len(text)) if rng.random() < 0.3 else len(text)
    yield Step("send", text[:at], 0.01)
    if text[at:]:
        yield Step("send", text[at:], 0.05)


def signals(rng: random.Random) -> Iterator[Step]:
    """Signals that stop, continue or only say something."""
    for _ in range(rng.choice((1, 1, 2))):
        yield Step("signal", rng.choice(("WINCH", "CONT", "STOP", "TSTP", "CONT")), rng.choice((0.0, 0.1)))


def fault(rng: random.Random) -> Iterator[Step]:
    """The clouds fail in some way, or work again."""
    for cloud in rng.sample(CLOUDS, rng.choice((1, 1, 2, 6))):
        match = rng.choice((None, None, "GET", "POST"))
        yield Step("fault", {"cloud": cloud, "fault": rng.choice(FAULTS), "match": match})
    yield from press(rng.choice(("r", "0", "j")), pause=0.2)


def unread(rng: random.Random) -> Iterator[Step]:
    """Nobody reads what the console writes, while keys go on."""
    keys = "".join(rng.choice(("j", "k", "1", "2", "0", "\t", "?", "q", "w")) for _ in range(rng.randint(1, 12)))
    yield Step("unread", {"seconds": rng.choice((0.2, 1.0, 2.0)), "keys": keys})


def end(rng: random.Random) -> Iterator[Step]:
    """The console is ended and started anew, by itself or under a shell."""
    yield Step("end", rng.choice(("ctrl+c", ":q", "TERM", "HUP", "INT", "QUIT")))
    yield begin(rng)


def begin(rng: random.Random) -> Step:
    """A start: under a shell that has jobs, or as the only program of its terminal."""
    return Step("start", {"shell": rng.random() < 0.5, "size": list(rng.choice(SIZES[:4]))})


SCENES: Sequence[tuple[str, Scene, int]] = (
    ("keys", any_keys, 30),
    ("keys", look, 14),
    ("keys", palette, 10),
    ("keys", filtered, 8),
    ("marks", marks, 10),
    ("forms", change, 8),
    ("forms", menu, 6),
    ("forms", form, 8),
    ("ssh", session, 5),
    ("ssh", fan_out, 5),
    ("faults", fault, 6),
    ("resize", resize, 4),
    ("pastes", paste, 3),
    ("replies", reply, 4),
    ("signals", signals, 4),
    ("stalls", unread, 3),
    ("ends", end, 1),
)


def steps(seed: int, without: Sequence[str] = (), unpressed: str = "") -> Iterator[Step]:
    """Inputs without end, the same for the same seed; now and then a probe: does it answer, how fast?

    `without` names kinds of scenes, `unpressed` are keys that are left out.
    """
    rng = random.Random(seed)
    scenes = [(scene, weight) for kind, scene, weight in SCENES if kind not in without]
    yield begin(rng)
    while True:
        (scene,) = rng.choices([scene for scene, _ in scenes], [weight for _, weight in scenes])
        yield from (step for step in scene(rng) if step.do != "send" or step.what not in tuple(unpressed))
        if rng.random() < 0.4:
            yield Step("probe")
