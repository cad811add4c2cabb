"""What is offered for the rows at hand, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gputui.core.actions import Answer, Query
from gputui.core.health import Health
from gputui.core.prechecks import UNREADABLE, unseen
from gputui.core.rows import Ref, Row
from gputui.providers.runai.views import PROVIDER
from gputui.ui.list.action_items import offers


async def _read(*_: Any) -> Answer:
    raise AssertionError("nothing is read to offer it")


LOOK = Query[Any]("logs", "Logs", _read, lambda item: "it is off" if item == "off" else None)


def _row(item: object) -> Row:
    return Row(Ref("p", "nodes", str(item)), str(item), "RUNNING", Health.OK, (), item=item)


def test_a_look_is_at_one_row_that_can_be_read_and_has_something_to_show() -> None:
    assert unseen(LOOK, [_row("on")]) == ""
    assert unseen(LOOK, [_row("off")]) == "it is off"
    assert unseen(LOOK, [_row(None)]) == UNREADABLE
    assert unseen(LOOK, []) == "no row is selected"
    assert unseen(LOOK, [_row("on"), _row("on")]) == "of one row at a time"


def test_what_an_api_lacks_is_named_as_people_write_it() -> None:
    view = PROVIDER.view("inferences")
    assert view is not None
    lacking = [offer.label for offer in offers(PROVIDER, view, (), {}) if offer.verb is None]
    assert {"SSH", "Logs", "Stop"} <= set(lacking)


def test_where_ssh_leads_to_the_gpus_the_panels_metrics_have_no_key() -> None:
    pods = PROVIDER.view("pods")
    assert pods is not None and pods.ssh is None
    assert [offer.key for offer in offers(PROVIDER, pods, (), {}) if offer.label == "Metrics"] == ["m"]
    entered = replace(pods, ssh=lambda pod: "not now")
    assert [offer.key for offer in offers(PROVIDER, entered, (), {}) if offer.label == "Metrics"] == [""]
    wanted = {"runai.pods.metrics": "ctrl+g"}
    assert [offer.key for offer in offers(PROVIDER, entered, (), wanted) if offer.label == "Metrics"] == ["ctrl+g"]
