"""Lists read by what has changed: the same as read anew, with nothing made twice and the loop never held for long."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.raw import Hide, RawText, unhidden
from gputui.core.slices import Slices
from gputui.core.text import Json, clean_tree
from gputui.net import bodies
from gputui.net.lists import ListReader, ListReply


@dataclass(frozen=True)
class Made:
    """What the rule below makes of an entry."""

    entry: Json
    raw: RawText


@dataclass(eq=False)
class Counting:
    """A rule that counts what it is asked to make."""

    hide: Hide = unhidden
    made: list[Json] = field(default_factory=list)

    def make(self, entry: Json, raw: RawText) -> Made:
        self.made.append(entry)
        return Made(entry, raw)


def reader(rule: Counting | None = None) -> ListReader[Made]:
    return ListReader(rule or Counting(), ("nodes", "items"))


def read(one: ListReader[Made], body: bytes) -> ListReply[Made]:
    return asyncio.run(one.read(bodies.text_of(body)))


def whole(reply: ListReply[Made]) -> Json:
    """The reply put together again."""
    bare = reply.bare()
    if bare is not None:
        return [made.entry for made in bare]
    if not isinstance(reply.rest, dict):
        return reply.rest
    return {**reply.rest, **{key: [made.entry for made in entries] for key, entries in reply.lists.items()}}


def nodes(count: int, **changed: int) -> bytes:
    entries = [{"id": f"n-{number}", "state": "UP", "at": changed.get(f"n{number}", 0)} for number in range(count)]
    return json.dumps({"count": count, "nodes": entries}).encode()


def test_the_same_body_gives_the_same_reply() -> None:
    rule = Counting()
    one = reader(rule)
    first = read(one, nodes(50))
    assert read(one, nodes(50)) is first
    assert len(rule.made) == 50


@pytest.mark.parametrize("changed", [(0,), (49,), (3, 4, 5), (0, 10, 11, 49)])
def test_only_what_has_changed_is_made(changed: tuple[int, ...]) -> None:
    rule = Counting()
    one = reader(rule)
    before = read(one, nodes(50)).lists["nodes"]
    rule.made.clear()
    after = read(one, nodes(50, **{f"n{number}": 1 for number in changed})).lists["nodes"]
    assert [entry["id"] for entry in rule.made] == [f"n-{number}" for number in changed]  # type: ignore[index,call-overload]
    assert [place for place in range(50) if after[place] is not before[place]] == list(changed)


def test_what_moves_comes_or_goes_leaves_the_others_as_they_are() -> None:
    rule = Counting()
    one = reader(rule)
    entries = [{"id": str(number)} for number in range(20)]
    by_id = {made.entry["id"]: made for made in read(one, json.dumps(entries).encode()).bare() or ()}  # type: ignore[index,call-overload]
    rule.made.clear()
    moved: list[dict[str, str]] = [{"id": "new"}, *reversed(entries[:7]), *entries[9:], {"id": "last"}]
    after = read(one, json.dumps(moved).encode()).bare() or ()
    assert rule.made == [{"id": "new"}, {"id": "last"}]
    assert all(made is by_id[made.entry["id"]] for made in after if made.entry not in rule.made)  # type: ignore[index,call-overload]


def test_texts_are_cleaned_in_what_is_made_and_in_what_is_shown_later() -> None:
    body = b'{"nodes": [{"na\\u202eme": "\\u001b[31mred"}, {"name": "caf\xc3\xa9 \xe2\x80\xae"}, {"name": "\x7f"}]}'
    made = read(reader(), body).lists["nodes"]
    assert [one.entry for one in made] == clean_tree(json.loads(body)["nodes"])
    assert [one.raw.json() for one in made] == [one.entry for one in made]


def test_what_is_hidden_is_not_in_what_is_shown_later() -> None:
    def hide(value: Json) -> Json:
        return {**value, "password": "*"} if isinstance(value, dict) else value

    (made,) = read(reader(Counting(hide)), b'[{"id": 1, "password": "x"}]').bare() or ()
    assert made.raw.json() == {"id": 1, "password": "*"}


def test_a_longer_number_is_not_the_shorter_one_that_it_begins_with() -> None:
    one = reader()
    read(one, b"[1, 2]")
    assert whole(read(one, b"[12, 2]")) == [12, 2]


DIGITS = "1" * 41
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(["\x1b[0m", "‮", DIGITS, "a\\b", ""])
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
LISTS = st.lists(VALUES, max_size=6)
REPLIES = VALUES | LISTS | st.fixed_dictionaries({"nodes": LISTS}, optional={"count": VALUES, "items": LISTS | VALUES})


@st.composite
def bodies_in_a_row(draw: st.DrawFn) -> list[bytes]:
    """Replies of which one resembles the next, written in one of several ways, some of them broken."""
    found: list[bytes] = []
    entries = draw(LISTS)
    for _ in range(draw(st.integers(1, 5))):
        entries = draw(st.permutations(entries + draw(LISTS)).map(lambda mixed: mixed[:6]) | st.just(entries))
        reply = draw(st.sampled_from([{"count": len(entries), "nodes": entries}, entries]) | REPLIES)
        indent, ascii_only = draw(st.sampled_from([None, None, 1])), draw(st.booleans())
        body = json.dumps(reply, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
        cut = draw(st.integers(0, len(body))) if draw(st.integers(0, 9)) == 0 else len(body)
        found.append(body[:cut] + draw(st.sampled_from([b"", b"", b"", b"]", b" \n", b"1"])))
    return found


@given(bodies_in_a_row())
def test_any_run_of_replies_is_read_as_if_each_were_the_first(run: list[bytes]) -> None:
    one = reader()
    for body in run:
        try:
            parsed = clean_tree(bodies.parse(body))
        except ValueError as error:
            with pytest.raises(ValueError) as raised:
                read(one, body)
            assert str(raised.value) == str(error)
        else:
            reply = read(one, body)
            assert json.dumps(whole(reply)) == json.dumps(
                {key: parsed[key] for key in whole(reply)} if isinstance(parsed, dict) else parsed  # type: ignore[union-attr]
            )
            assert not isinstance(parsed, dict) or parsed.keys() == whole(reply).keys()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"[1,",
        b"[1 2]",
        b'{"nodes": [1], "nodes"}',
        b"{1: 2}",
        b'{"nodes" [1]}',
        b"[NaN]",
        b"[1e999]",
        b"[\xff]",
        b'{"nodes": [' + b"9" * 41 + b"]}",
        b'{"nodes": [' + b"9" * 5000 + b"]}",
        b'{"nodes": [' + b"[" * 63 + b"]" * 63 + b"]}",
        b"[" * 65 + b"]" * 65,
        b"[" * 100_000,
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_any_reply(body: bytes) -> None:
    with pytest.raises(ValueError) as strictly:
        bodies.parse(body)
    with pytest.raises(ValueError) as found:
        read(reader(), body)
    assert str(found.value) == str(strictly.value)


@pytest.mark.parametrize("body", [b'{"nodes": [' + b"[" * 62 + b"]" * 62 + b"]}", b"[" * 64 + b"]" * 64])
def test_it_may_nest_as_deeply_as_any_reply(body: bytes) -> None:
    assert whole(read(reader(), body)) == bodies.parse(body)


async def test_the_loop_has_its_turn_between_slices() -> None:
    clock = 0.0
    turns: list[int] = []
    rule = Counting()

    class Slow(Counting):
        def make(self, entry: Json, raw: RawText) -> Made:
            nonlocal clock
            clock += 0.003
            return rule.make(entry, raw)

    async def others() -> None:
        while True:
            turns.append(len(rule.made))
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    await ListReader(Slow(), ("nodes",)).read(nodes(40).decode(), Slices(0.004, lambda: clock))
    beside.cancel()
    between = [after - before for before, after in itertools.pairwise(turns)]
    assert len(turns) >= 19
    assert max(between) <= 2, "no more than what one slice holds"
