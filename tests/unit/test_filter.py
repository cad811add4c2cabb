"""The filter: words, without, regex, typed terms, either-or; a bad expression never hides everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.cells import EMPTY, Cell, Column, Role, age, at_least, flag, gpus, moment, number, verdict, words
from gputui.core.filter import joined_lines, parse, tokens, without_hits
from gputui.core.filter_terms import FIELDS, OPERATORS
from gputui.core.health import Health
from gputui.core.quantities import amount_of, seconds_of
from gputui.core.row_schema import RowSchema
from gputui.core.rows import Ref, Row
from gputui.engine.fleet import FLEET_COLUMNS

NOW = 1_800_000_000.0


def column(title: str, role: Role | None = None, unit: str = "") -> Column[Row]:
    return Column(title, lambda _: Cell(""), role=role, unit=unit)


COLUMNS: dict[Column[Row], Cell] = {
    column("NAME", Role.NAME): words("gpu-node-007"),
    column("HEALTH", Role.HEALTH): verdict(Health.BAD),
    column("STATE", Role.STATE): words("ERROR"),
    column("GPU", Role.GPU): gpus(8, "H100"),
    column("LOCK", Role.LOCK): flag(True),
    column("VRAM", unit="GB"): number(640, " GB"),
    column("MEMORY"): words("768Gi"),
    column("CREATED", Role.AGE): moment(datetime.fromtimestamp(NOW - 3 * 3_600, UTC)),
    column("NAT", Role.OTHER_ADDRESS): words("203.0.113.4"),
    column("OWNER", Role.OWNER): words("Kim Dana"),
    column("TAINTS"): number(0),
}
ROW = Row(
    Ref("samsung", "nodes", "id-77"),
    "gpu-node-007",
    "ERROR",
    Health.BAD,
    tuple(COLUMNS.values()),
    item="one",
    schema=RowSchema.of(tuple(COLUMNS), "scp"),
)
IDS = tuple(one.id for one in COLUMNS)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", True),
        ("NODE-007", True),
        ("node error", True),
        ("node running", False),
        ("!running", True),
        ("!error", False),
        (r"/gpu-node-00\d/", True),
        ("/^nothing$/", False),
        ("samsung", True),
        ("id-77", True),
    ],
)
def test_keeps(text: str, kept: bool) -> None:
    assert parse(text).keeps(ROW, 0.0) is kept


def test_a_bad_regex_is_said_and_taken_literally() -> None:
    wanted = parse("/gpu(/")
    assert wanted.complaint
    assert not wanted.keeps(ROW, 0.0)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        *(
            ("state:error", True),
            ("state:err", True),
            ("state=err", False),
            ("state=error", True),
            ("STATE:ERROR", True),
        ),
        *(("!state:error", False), ("state!=error", False), ("state!=running", True), ("status:error", True)),
        *(("state:running|error", True), ("state:running|stopped", False)),
        *(("health:bad", True), ("health:faulty", True), ("health:ok", False), ("health:degraded|bad", True)),
        *(("gpu>=8", True), ("gpu>8", False), ("gpu<9", True), ("gpu:8", True), ("gpu:h100", True), ("gpu=4", False)),
        *(("gpu!=8", False), ("gpus<=8", True)),
        *(("locked:yes", True), ("lock:no", False), ("locked:true", True), ("!locked:yes", False)),
        *(("vram>=640", True), ("vram>=640GB", True), ("vram>1TB", False), ("vram<0.7TB", True)),
        *(("memory>=768GB", True), ("memory>1tb", False), ("memory<1TiB", True)),
        *(("age>2h", True), ("age>4h", False), ("age<1d", True), ("age>=2h59m", True), ("age:3h", True)),
        *(("address:203.0.113", True), ("ip:203.0.113.4", True), ("owner:kim", True), ("owner~dana$", True)),
        *(("name~^gpu-0", False), ("name~^gpu-node-0", True), ("name!~^gpu", False), ("name:007", True)),
        *(("provider:scp", True), ("profile:samsung", True), ("view:nodes", True), ("kind:nodes", True)),
        *(("id:id-77", True), ("id=id-7", False), ("taints:0", True), ("taints=0", True), ("taints>0", False)),
        *(("created>2h", True), ("nat:203", True), ("region:x", False), ("!region:x", True), ("cost>1", False)),
        *(("error | running", True), ("stopped | running", False), ("stopped | state:error gpu>=8", True)),
        *(("gpu-node-001|gpu-node-007", True), ("gpu-node-001|gpu-node-002", False)),
        *(('"Kim Dana"', True), ('"Dana Kim"', False), ('!"Kim Dana"', False), (r"/kim dana/", True)),
        *((r"/gpu node/", False), ("!/gpu node/", True), ("node gpu>=8 age>2h !locked:no", True)),
    ],
)
def test_typed_terms_compare_as_what_they_are(text: str, kept: bool) -> None:
    wanted = parse(text, IDS)
    assert not wanted.complaint
    assert wanted.keeps(ROW, NOW) is kept


@pytest.mark.parametrize(("text", "kept"), [("gpu>=8", True), ("owner:kim", True), ("vram>1TB", False)])
def test_in_the_fleet_the_row_s_own_columns_count(text: str, kept: bool) -> None:
    in_fleet = replace(ROW, cells=ROW.cells[:3], own=ROW.cells)
    assert parse(text, IDS).keeps(in_fleet, NOW) is kept


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("health:fine", "health is one of bad, degraded"),
        ("gpu>=many", "compares numbers"),
        ("age>soon", "age> takes an age: 90s, 10m, 2h, 3d, 1w"),
        ("since<10", "since< takes an age"),
        ("age>2x", "age> takes an age"),
        ("gpu>=8x", "compares numbers (8, 80GB) and ages (2h, 3d)"),
        ("memory>512QB", "compares numbers"),
        ("gpu >=", "one word, as gpu>=8"),
        ("gpu >=8", "one word, as gpu>=8"),
        ('image:"Ubuntu', "the quote is not closed"),
        ("state:", "needs a value"),
        ("state:|", "needs a value"),
        ("sate:error", "did you mean state:?"),
        ("vrm>2", "no list has a field vrm: did you mean vram?"),
        ("colour>2", "no list has a field colour"),
        ("name~(", "missing ), unterminated subpattern"),
        ("error |", "has nothing on one side"),
    ],
)
def test_what_is_wrong_is_said_with_the_term(text: str, says: str) -> None:
    wanted = parse(text, IDS)
    assert says in wanted.complaint
    assert wanted.complaint.startswith(text.split()[-1])


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("field", FIELDS)
def test_no_bad_term_means_all_there_are(field: str, operator: str) -> None:
    term = f"{field}{operator}(nonsense"
    for text in (term, f"!{term}"):
        wanted = parse(text)
        assert wanted.complaint or wanted.keeps(ROW, NOW) is not parse(f"!{text}" if text is term else term).keeps(
            ROW, NOW
        )


def test_a_pasted_list_of_names_means_any_of_them() -> None:
    assert joined_lines("gpu-node-001\n gpu-node-007 \r\n\n") == "gpu-node-001 | gpu-node-007"
    assert parse(joined_lines("gpu-node-001\ngpu-node-007")).keeps(ROW, NOW)
    assert joined_lines("one line") == "one line"


def test_lines_are_either_or_wherever_they_come_from() -> None:
    assert parse("gpu-node-001\n gpu-node-007 \r\n").keeps(ROW, NOW)
    assert not parse("gpu-node-001\ngpu-node-002").keeps(ROW, NOW)


@pytest.mark.parametrize(
    "text", ["nothing| error", "nothing |error", "nothing|| error", "!gpu| state:error", '"no"|error']
)
def test_a_bar_may_touch_a_word(text: str) -> None:
    wanted = parse(text)
    assert not wanted.complaint
    assert wanted.keeps(ROW, NOW)
    assert not parse("nothing| naught").keeps(ROW, NOW)


@pytest.mark.parametrize("text", ["/nothing|/", '"nothing|"'])
def test_a_bar_within_a_regex_or_quotes_is_theirs(text: str) -> None:
    assert tokens(text) == [text]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('owner:"kim dana"', True),
        ('!owner:"kim dana"', False),
        ('owner="Kim Dana"', True),
        ('owner="Kim"', False),
        ('owner~"^kim d"', True),
        ('owner:"kim dana" state:error', True),
        ('owner:"kim dana"| nothing', True),
        ('owner:"a|kim"', False),
        ("owner:kim|nobody", True),
    ],
)
def test_a_value_in_quotes_is_one_value(text: str, kept: bool) -> None:
    wanted = parse(text, IDS)
    assert not wanted.complaint
    assert wanted.keeps(ROW, NOW) is kept


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("2h", 7_200),
        ("3h20m", 12_000),
        ("1w", 604_800),
        ("1.5h", 5_400),
        ("2", None),
        ("h", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [
        ("80GB", "", 80 * 2**30),
        ("80 GiB", "", 80 * 2**30),
        ("80", "GB", 80 * 2**30),
        ("768Gi", "", 768 * 2**30),
        ("500m", "", 500),
        ("8", "", 8),
        ("-1.5", "", -1.5),
        ("many", "", None),
        ("20 s", "", 20),
    ],
)
def test_amounts(text: str, unit: str, amount: float | None) -> None:
    assert amount_of(text, unit) == amount


@pytest.mark.parametrize(
    "term",
    [
        *("sate:error", "helth:bad", "prise>2", "kost<=3", "imagination~^x", "!helth:bad"),
    ],
)
def test_what_was_meant_as_more_than_text_is_said(term: str) -> None:
    assert parse(term).complaint


@pytest.mark.parametrize(
    "name",
    [
        "fe80::1",
        "[fe80::1]:22",
        "2001:db8::7",
        "dead:beef::1",
        "10.0.0.1:22",
        "nvcr.io/nvidia/pytorch:24.01",
        "aa:bb:cc:00:11:22",
        "node:7",
        "team=ml",
        "00000000:1B:00.0",
        "/data",
        "/",
        "12:30",
        "a::b",
        "it's",
        '15"',
        '"',
        ":",
        "~",
        ">",
    ],
)
def test_names_with_colons_and_addresses_are_found(name: str) -> None:
    named = replace(ROW, name=f"x-{name}-y")
    wanted = parse(name)
    assert not wanted.complaint
    assert wanted.keeps(named, 0.0)
    assert not wanted.keeps(ROW, 0.0) or name in ("/", ":", "~", ">")


@pytest.mark.parametrize("text", ["/state:error/", '"state:error"'])
def test_a_name_that_looks_like_a_field_is_found_by_a_regex_or_in_quotes(text: str) -> None:
    wanted = parse(text)
    assert not wanted.complaint
    assert wanted.keeps(replace(ROW, name="state:error"), 0.0)


@given(st.text())
def test_no_expression_fails(text: str) -> None:
    parse(text).keeps(ROW, 0.0)


@pytest.mark.parametrize("text", ["5m", "12s", "3h20m", "h20m", "h2", "41d", "m", "7", "!5m", "gpu /x/", "0M"])
def test_what_may_match_an_age_changes_by_the_clock_alone(text: str) -> None:
    assert parse(text).on_ages


@pytest.mark.parametrize("text", ["", "gpu-0", "h100", "a100", "node-001", "!running", "dm", "ms"])
def test_what_cannot_match_an_age_does_not(text: str) -> None:
    assert not parse(text).on_ages


@given(st.integers(0, 10**9), st.data())
def test_every_part_of_an_age_may_match_it(seconds: int, data: st.DataObject) -> None:
    shown = age(datetime.fromtimestamp(0, UTC), seconds)
    start = data.draw(st.integers(0, len(shown) - 1))
    end = data.draw(st.integers(start + 1, len(shown)))
    assert parse(shown[start:end]).on_ages


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("gpu sate:error x", "sate:error"),
        ("gpu>=many", "many"),
        ("a !health:fine", "fine"),
        ("name~(", "("),
        ("a /b(/ c", "(/"),
        ("a | b |", "|"),
        ("| b", "|"),
        ('x "two words', '"two'),
        ("one\ntwo colour>2", "colour>2"),
    ],
)
def test_what_is_wrong_has_its_place(text: str, wrong: str) -> None:
    wanted = parse(text, IDS)
    start, end = wanted.place
    assert joined_lines(text)[start:end] == wrong
    assert wanted.complaint


def test_names_of_a_list_that_nothing_has_are_named() -> None:
    pasted = parse("gpu-node-007\ngpu-node-008\nnode 009\nstate:running\n!gpu\n/y/")
    assert without_hits(pasted, [ROW], NOW) == ("gpu-node-008", "node 009")
    assert without_hits(parse("gpu-node-008"), [ROW], NOW) == (), "of one word an empty list says it"


SINCE = moment(datetime.fromtimestamp(NOW - 600, UTC))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        *(("since<1h", True), ("since>1h", False), ("why:memory", True), ("where:seoul", True), ("!why:memory", False)),
        *(("operation:stop", False), ("owner:kim why:memory", True)),
    ],
)
def test_what_only_the_fleet_tells_is_a_field_too(text: str, kept: bool) -> None:
    told = {"since": SINCE, "why": words("out of memory likely"), "where": words("seoul"), "operation": EMPTY}
    places = {name: at for at, name in enumerate(told)}
    in_fleet = replace(
        ROW, cells=tuple(told.values()), own=ROW.cells, schema=replace(ROW.schema, fleet=places), item="one"
    )
    wanted = parse(text)
    assert wanted.of_fleet and not wanted.complaint
    assert wanted.keeps(in_fleet, NOW) is kept
    assert not parse("gpu>=8 state:error").of_fleet


def test_at_least_so_old_is_never_known_to_be_younger() -> None:
    seen = at_least(datetime.fromtimestamp(NOW - 600, UTC))
    in_fleet = replace(ROW, cells=(seen,), own=ROW.cells, schema=replace(ROW.schema, fleet={"since": 0}))
    assert parse("since>5m").keeps(in_fleet, NOW)
    assert not parse("since<1h").keeps(in_fleet, NOW)


def test_the_fleet_s_own_columns_are_fields() -> None:
    assert {column.id for column in FLEET_COLUMNS} <= {*FIELDS, "kind"}
