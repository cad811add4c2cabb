"""The body of a new inference as a file: what is wrong with it, in words, on the right line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.actions import Complaint
from gputui.providers.runai.creation import amount
from gputui.providers.runai.document import complaints
from gputui.providers.runai.places import places, spelled
from tests.contract.test_sim_runai import INFERENCE

BROKEN = """{
  "name": "Chat",
  "projectId": 1,
  "spec": {
    "image": "a",
    "image": "b",
    "compute": {"gpuDevicesRequest": 2.0,
                "gpuMemoryRequest": "10 M", "gpus": 1},
    "ports": [
      {"container": 1}, {
        "container": 70000
      }
    ],
    "servingPort": {},
    "security": {"capabilities": ["KILL",
                                  "FLY"]},
    "autoscaling": {"metric": "speed"}
  }
}"""


def test_every_complaint_names_its_line_and_its_field() -> None:
    found = complaints(BROKEN)
    assert [(one.line, one.where) for one in found] == [
        (1, "clusterId"),
        (2, "name"),
        (3, "projectId"),
        (6, "spec.image"),
        (7, "spec.compute.gpuDevicesRequest"),
        (8, "spec.compute.gpuMemoryRequest"),
        (8, "spec.compute.gpus"),
        (11, "spec.ports[1].container"),
        (14, "spec.servingPort.container"),
        (16, "spec.security.capabilities[1]"),
        (17, "spec.autoscaling.metric"),
    ]
    words = {one.where: one.text for one in found}
    assert words["clusterId"] == "is required"
    assert words["spec.image"] == "stands here a second time"
    assert words["spec.compute.gpus"] == "the API has no such field"
    assert words["spec.ports[1].container"] == "should be less than or equal to 65535"


def test_rules_between_fields_are_told_where_they_are_broken() -> None:
    spec = {
        "compute": {"gpuDevicesRequest": 2, "gpuRequestType": "memory", "migProfile": "1g.5gb"},
        "autoscaling": {"minReplicas": 1, "maxReplicas": 4, "scaleToZeroRetentionSeconds": 60},
    }
    body = {"name": "a", "projectId": "1", "clusterId": "71f69d83-ba66-4822-adf5-55ce55efd210", "spec": spec}
    assert {one.where: one.text for one in complaints(json.dumps(body))} == {
        "spec.compute.gpuRequestType": "should be portion where more than one device is asked for",
        "spec.compute.migProfile": "only goes with gpuRequestType migProfile",
        "spec.autoscaling.metric": "is required where it scales from 1 to 4",
        "spec.autoscaling.scaleToZeroRetentionSeconds": "only goes with minReplicas 0",
    }


def test_the_example_of_the_document_contradicts_only_its_own_schema() -> None:
    example = json.loads(INFERENCE)
    body = {name: example[name] for name in ("name", "projectId", "clusterId", "spec")}
    assert [one.where for one in complaints(json.dumps(body))] == [
        "projectId",
        "spec.compute.extendedResources[0].quantity",
    ]
    body["projectId"] = "1"
    body["spec"]["compute"]["extendedResources"][0]["quantity"] = "2"
    assert [one.where for one in complaints(json.dumps(body))] == ["spec.compute.migProfile"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("{", 1),
        ('{\n"a": 1,\n}', 3),
        ('{"a":\n"b\n"}', 2),
        ("[" * 100_000, 1),
        ('{"a": ' + "9" * 5000 + "}", 1),
    ],
)
def test_what_is_no_json_is_told_by_its_line(text: str, line: int) -> None:
    (complaint,) = complaints(text)
    assert (complaint.line, complaint.where) == (line, "")
    assert complaint.text


@pytest.mark.parametrize("text", ["null", "3", '"a"', "[]", "true"])
def test_a_body_is_an_object(text: str) -> None:
    assert complaints(text) == [Complaint(1, "", "should be an object")]


NAMES = st.text(max_size=5) | st.sampled_from(['"', "\\", "a\nb", "{", "],", ":", "\u2028", ""])
TREES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(tree=TREES, indent=st.integers(0, 3), plain=st.booleans())
def test_every_place_is_found_on_its_line(tree: Any, indent: int, plain: bool) -> None:
    """With a line for each value, the nth value in the order of the text stands on the line that it was printed on."""
    text = json.dumps(tree, indent=indent, ensure_ascii=plain)
    lines = text.split("\n")
    found = places(text)
    assert found.repeated == []
    expected = list(walked(tree))
    assert set(found.lines) == {(), *(path for path, _ in expected)}
    assert [found.lines[path] for path, _ in expected] == sorted({found.lines[path] for path, _ in expected})
    for path, value in expected:
        shown = lines[found.lines[path] - 1].strip()
        key = "" if isinstance(path[-1], int) else json.dumps(path[-1], ensure_ascii=plain) + ": "
        opened = ("{" if isinstance(value, dict) else "[") if isinstance(value, dict | list) else ""
        assert shown.startswith(key + (opened or json.dumps(value, ensure_ascii=plain)))


def walked(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Everything in a tree with its path, in the order in which it is printed."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [one for key, entry in inner for one in [((*path, key), entry), *walked(entry, (*path, key))]]


def test_a_path_is_spelled_without_unseen_characters() -> None:
    assert spelled(("spec", "ports", 0, "container")) == "spec.ports[0].container"
    assert "\u202e" not in spelled(("spec", "\u202e"))


@pytest.mark.parametrize(
    ("less", "more"),
    [("500m", "1"), ("1", "1k"), ("999k", "1M"), ("1G", "1Gi"), ("1.5G", "2G"), ("1e3", "2k"), ("1Gi", "1T"), (0.5, 2)],
)
def test_amounts_compare_by_what_they_mean(less: object, more: object) -> None:
    first, second = amount(less), amount(more)
    assert first is not None
    assert second is not None
    assert first < second


@pytest.mark.parametrize("odd", [None, "", "M", "1..5", "1Q", "1e999999999", "NaN", "1-3"])
def test_what_is_no_amount_compares_with_nothing(odd: object) -> None:
    assert amount(odd) is None
